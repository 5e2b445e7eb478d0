// swift-tools-version: 6.2
// Swift GotAPI · SPDX-License-Identifier: MIT

import PackageDescription

// A package as a vendor has it, outside the gateway's own.
let package = Package(
    name: "traps",
    products: [.library(name: "gotapi-plugin-traps", type: .dynamic, targets: ["Traps"])],
    dependencies: [.package(path: "../../../../PluginSDK")],
    targets: [
        .target(
            name: "Traps", dependencies: [.product(name: "GotAPIPlugin", package: "PluginSDK")],
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/../../../../PluginSDK/c/exports.map",
                ])
            ])
    ]
)
