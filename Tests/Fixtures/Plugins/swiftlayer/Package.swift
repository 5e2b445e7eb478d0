// swift-tools-version: 6.2
// Swift GotAPI · SPDX-License-Identifier: MIT

import PackageDescription

// A package as a vendor has it, outside the gateway's own.
let package = Package(
    name: "swiftlayer",
    products: [
        .library(name: "gotapi-plugin-swiftlayer", type: .dynamic, targets: ["SwiftLayer"]),
        .library(name: "gotapi-plugin-asynclayer", type: .dynamic, targets: ["AsyncLayer"]),
    ],
    dependencies: [.package(path: "../../../../PluginSDK")],
    targets: ["SwiftLayer", "AsyncLayer"].map {
        .target(
            name: $0, dependencies: [.product(name: "GotAPIPlugin", package: "PluginSDK")],
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/../../../../PluginSDK/c/exports.map",
                ])
            ])
    }
)
