// swift-tools-version: 6.2
// Swift GotAPI · SPDX-License-Identifier: MIT

import PackageDescription

// What a Swift plug-in depends on, alone: the gateway's own package would bring the gateway's dependencies with it.
let package = Package(
    name: "PluginSDK",
    products: [.library(name: "GotAPIPlugin", targets: ["GotAPIPlugin"])],
    targets: [
        .systemLibrary(name: "CGotAPIPlugin", path: "include"),
        .target(
            name: "GotAPIPlugin", dependencies: ["CGotAPIPlugin"], path: "swift",
            swiftSettings: [
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
