// swift-tools-version: 6.2
// Swift GotAPI · SPDX-License-Identifier: MIT

import PackageDescription

// Built twice, as two releases of a vendor: VERSION_2 makes the second.
let package = Package(
    name: "versions",
    products: [.library(name: "gotapi-plugin-versions-swift", type: .dynamic, targets: ["Versions"])],
    dependencies: [.package(path: "../../../../PluginSDK")],
    targets: [
        .target(
            name: "Versions", dependencies: [.product(name: "GotAPIPlugin", package: "PluginSDK")],
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/../../../../PluginSDK/c/exports.map",
                ])
            ])
    ]
)
