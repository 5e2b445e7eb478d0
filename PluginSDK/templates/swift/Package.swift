// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "TEMPLATENAME",
    products: [.library(name: "gotapi-plugin-TEMPLATENAME", type: .dynamic, targets: ["TEMPLATETYPE"])],
    targets: [
        .target(
            name: "TEMPLATETYPE", dependencies: ["GotAPIPlugin", "CGotAPIPlugin"],
            // Swift on Linux has no stable ABI, so its libraries go into the file; and nothing is seen from outside but
            // gotapi_plugin_entry.
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-Xlinker", "--version-script=\(Context.packageDirectory)/sdk/exports.map",
                ])
            ]),
        // What it is compiled with: the interface and the Swift layer, as `gotapi plugin new` had them.
        .systemLibrary(name: "CGotAPIPlugin", path: "sdk/CGotAPIPlugin"),
        .target(
            name: "GotAPIPlugin", dependencies: ["CGotAPIPlugin"], path: "sdk/GotAPIPlugin",
            swiftSettings: [
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
