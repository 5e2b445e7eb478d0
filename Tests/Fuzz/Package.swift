// swift-tools-version: 6.2
// Swift GotAPI · SPDX-License-Identifier: MIT

import PackageDescription

// A package of its own: libFuzzer's instrumentation is for the code under test alone, whose sources are linked in here.
// libFuzzer brings its own `main`, and lld is the linker that puts up with two.
let features: [SwiftSetting] = [
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"]),
]

let package = Package(
    name: "fuzz",
    dependencies: [.package(url: "https://github.com/apple/swift-nio", from: "2.101.2")],
    targets: [
        .target(name: "GotAPICore", swiftSettings: features),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto"),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "GotAPICore", "COpenSSL",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: features,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
    ],
    swiftLanguageModes: [.v6]
)
