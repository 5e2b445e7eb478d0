// swift-tools-version: 6.2
// Swift GotAPI · SPDX-License-Identifier: MIT

import PackageDescription

// A package as a vendor has it, outside the gateway's own.
let package = Package(
    name: "swiftlayer",
    products: [.library(name: "gotapi-plugin-swiftlayer", type: .dynamic, targets: ["SwiftLayer"])],
    dependencies: [.package(path: "../../../../PluginSDK")],
    targets: [
        .target(
            name: "SwiftLayer", dependencies: [.product(name: "GotAPIPlugin", package: "PluginSDK")],
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/../../../../PluginSDK/c/exports.map",
                ])
            ])
    ]
)
