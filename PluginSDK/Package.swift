// swift-tools-version: 6.2
// Swift GotAPI · SPDX-License-Identifier: MIT

import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// What a Swift plug-in depends on, alone: the gateway's own package would bring the gateway's dependencies with it.
let package = Package(
    name: "PluginSDK",
    products: [
        .library(name: "GotAPIPlugin", targets: ["GotAPIPlugin"]),
        .library(name: "GotAPITestHost", targets: ["GotAPITestHost"]),
    ],
    targets: [
        .systemLibrary(name: "CGotAPIPlugin", path: "include"),
        .target(
            name: "GotAPIPlugin", dependencies: ["CGotAPIPlugin"], path: "swift",
            swiftSettings: settings),
        // For the tests of Swift plug-ins.
        .target(name: "GotAPITestHost", path: "testing/swift", swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
