// swift-tools-version: 6.2
// Swift GotAPI · SPDX-License-Identifier: MIT

import PackageDescription

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let lock: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

// A release holds the Swift runtime that it uses, so that 10 libraries are neither looked through at the start nor resident.
// It exports nothing: a plug-in in Swift brings a runtime of its own, and the two must not see each other's symbols.
let shipped: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-static-stdlib", "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker",
            "pack-relative-relocs",
        ], .when(configuration: .release))
]
// What Foundation consists of where it is an archive.
let foundationArchives = [
    "Foundation", "CoreFoundation", "_FoundationCShims", "_FoundationCollections", "FoundationInternationalization",
    "FoundationEssentials", "_FoundationICU", "swiftSynchronization",
]

let package = Package(
    name: "swift-gotapi",
    products: [
        .executable(name: "gotapi", targets: ["gotapi"]),
        .executable(name: "gotapi-plugin-runner", targets: ["gotapi-plugin-runner"]),
        .library(name: "GotAPIPlugin", targets: ["GotAPIPlugin"]),
        .library(name: "gotapi-plugin-simpleclock", type: .dynamic, targets: ["SimpleClock"]),
        .library(name: "gotapi-plugin-testing", type: .dynamic, targets: ["GotAPIPluginTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // SQLite: what the gateway keeps outlives kill -9.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // The gateway, from values to the command.
        .target(name: "GotAPICore"),
        .target(name: "GotAPIAuthorization", dependencies: ["GotAPICore", crypto]),
        .target(name: "GotAPIGateway", dependencies: ["GotAPICore", "GotAPIAuthorization", lock, log]),
        .target(name: "GotAPIPluginRuntime", dependencies: ["GotAPICore", "GotAPIDescribed", "CGotAPIPlugin"]),
        // Libraries without GotAPI code, called through libffi.
        .target(name: "GotAPIDescribed", dependencies: ["GotAPICore", "CGotAPIPlugin", "CFFI"]),
        .systemLibrary(name: "CFFI", pkgConfig: "libffi", providers: [.apt(["libffi-dev"])]),
        .target(
            name: "GotAPIPluginHost",
            dependencies: [
                "GotAPICore", "GotAPIPluginRuntime", "CGotAPISandbox", "COpenSSL", crypto, lock, log,
            ] + nio),
        // CMS, for plug-ins' signatures: the BoringSSL within swift-nio-ssl and swift-crypto has none.
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "GotAPIControl", dependencies: ["GotAPICore", lock] + nio),
        .target(
            name: "GotAPIStorage",
            dependencies: ["GotAPICore", crypto, lock, .product(name: "GRDB", package: "GRDB.swift")]),
        .target(name: "GotAPIDiscovery", dependencies: ["GotAPICore", "CAvahi", log]),
        .systemLibrary(name: "CAvahi"),
        .target(
            name: "GotAPINativeThing",
            dependencies: [
                "GotAPICore", "GotAPIStorage", crypto, lock, log, .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .target(
            name: "GotAPIWeb",
            dependencies: [
                "GotAPICore", crypto, lock, log,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ] + nio),
        .target(
            name: "GotAPIServer",
            dependencies: [
                "GotAPICore", "GotAPIAuthorization", "GotAPIGateway", "GotAPIPluginHost", "GotAPIControl", "GotAPIWeb",
                "GotAPINativeThing", "GotAPIStorage", "GotAPIDiscovery", "CMalloc", lifecycle, lock, log,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nio),
        .systemLibrary(name: "CMalloc"),
        .executableTarget(
            name: "gotapi",
            dependencies: [
                "GotAPIServer", "GotAPIControl", "GotAPIPluginChecker", "GotAPIPluginProbes", "GotAPIPluginProject",
                "GotAPICore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            linkerSettings: shipped
                + foundationArchives.map { .linkedLibrary($0, .when(configuration: .release)) }),

        // A plug-in's process: no Foundation, no NIO.
        .executableTarget(
            name: "gotapi-plugin-runner",
            dependencies: ["GotAPICore", "GotAPIPluginRuntime", "GotAPIPluginProbes", "CGotAPISandbox"],
            exclude: ["functions.order"],
            linkerSettings: shipped + [
                // The functions that a runner comes by, together (script/order): 1.4 MB less resident.
                .unsafeFlags(
                    [
                        "-Xlinker",
                        "--symbol-ordering-file=\(Context.packageDirectory)/Sources/gotapi-plugin-runner/functions.order",
                        "-Xlinker", "--no-warn-symbol-ordering",
                    ], .when(configuration: .release))
            ]),
        .target(name: "CGotAPISandbox"),
        // A plug-in without a gateway: for unit tests and for the checker.
        .target(name: "GotAPIPluginDriver", dependencies: ["GotAPICore", "GotAPIPluginRuntime"]),
        .target(
            name: "GotAPIPluginProbes",
            dependencies: ["GotAPICore", "GotAPIPluginRuntime", "GotAPIPluginDriver", "CGotAPIPlugin"]),
        .target(
            name: "GotAPIPluginChecker",
            dependencies: ["GotAPICore", "GotAPIPluginDriver", "GotAPIPluginHost", "GotAPIPluginProbes"]),

        // What `gotapi plugin new` writes. #embed is C23's; the files are below PluginSDK.
        .target(name: "CPluginTemplates", cSettings: [.unsafeFlags(["-std=gnu23"])]),
        .target(name: "GotAPIPluginProject", dependencies: ["CPluginTemplates"]),

        // What vendors build against.
        .systemLibrary(name: "CGotAPIPlugin", path: "PluginSDK/include"),
        .target(name: "GotAPIPlugin", dependencies: ["CGotAPIPlugin"], path: "PluginSDK/swift"),
        .target(
            name: "SimpleClock", dependencies: ["GotAPIPlugin", "CGotAPIPlugin"], path: "plugins/simpleclock",
            // The library exports its entry and nothing else, as those in C and C++ do.
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/PluginSDK/c/exports.map",
                ])
            ]),

        // What script/bench runs beside the gateway: the bare work, and the load. No other target knows them.
        .executableTarget(
            name: "floor",
            dependencies: [
                crypto, .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ] + nio, path: "Benchmarks/floor",
            // As the gateway that it is measured beside.
            linkerSettings: shipped + foundationArchives.map { .linkedLibrary($0, .when(configuration: .release)) }),
        .executableTarget(
            name: "load",
            dependencies: [
                "GotAPITesting", lock, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + nio, path: "Benchmarks/load"),
        .systemLibrary(name: "CGotAPITesting", path: "PluginSDK/testing"),
        .target(
            name: "GotAPIPluginTesting",
            dependencies: [
                "GotAPICore", "GotAPIPluginRuntime", "GotAPIPluginDriver", "CGotAPIPlugin", "CGotAPITesting",
            ],
            // Its header includes gotapi_plugin.h as a C program finds it.
            swiftSettings: [.unsafeFlags(["-Xcc", "-I\(Context.packageDirectory)/PluginSDK/include"])],
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/PluginSDK/testing/exports.map",
                    // gold exports protected symbols all the same.
                    "-use-ld=lld",
                ]),
                // Programs in C use it where there is no Swift.
                .unsafeFlags(["-static-stdlib"], .when(configuration: .release)),
            ]),

        .target(name: "GotAPITestHost", path: "PluginSDK/testing/swift"),

        // What tests share, and the tests, a folder per module.
        .target(
            name: "GotAPITesting",
            dependencies: ["GotAPICore", "GotAPIServer", "GotAPINativeThing", crypto, lifecycle, lock, log] + nio
                + [
                    .product(name: "NIOHTTP1", package: "swift-nio"),
                    .product(name: "NIOWebSocket", package: "swift-nio"),
                    .product(name: "NIOSSL", package: "swift-nio-ssl"),
                ]),
        .testTarget(name: "ArchitectureTests"),
        .testTarget(name: "GotAPICoreTests", dependencies: ["GotAPICore"]),
        .testTarget(name: "GotAPIAuthorizationTests", dependencies: ["GotAPIAuthorization", "GotAPICore", crypto]),
        .testTarget(
            name: "GotAPIGatewayTests",
            dependencies: ["GotAPIGateway", "GotAPIAuthorization", "GotAPICore", crypto, lock, log]),
        .testTarget(
            name: "GotAPIPluginRuntimeTests",
            dependencies: ["GotAPIPluginRuntime", "GotAPICore", "CGotAPIPlugin", "gotapi-plugin-runner"]),
        .testTarget(
            name: "GotAPIPluginHostTests",
            dependencies: ["GotAPIPluginHost", "GotAPICore", "gotapi-plugin-runner", crypto, lock, log] + nio),
        .testTarget(
            name: "GotAPIPluginCheckerTests",
            dependencies: ["GotAPIPluginChecker", "GotAPIPluginDriver", "GotAPIPluginProbes", "GotAPICore"]),
        .testTarget(
            name: "GotAPIStorageTests",
            dependencies: ["GotAPIStorage", "GotAPICore", lock, .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(name: "GotAPIPluginProjectTests", dependencies: ["GotAPIPluginProject"]),
        .testTarget(name: "GotAPIDiscoveryTests", dependencies: ["GotAPIDiscovery"]),
        .testTarget(
            name: "GotAPINativeThingTests",
            dependencies: [
                "GotAPINativeThing", "GotAPIStorage", "GotAPICore", "GotAPIServer", "GotAPITesting", crypto, lock, log,
            ] + nio),
        .testTarget(name: "GotAPIControlTests", dependencies: ["GotAPIControl", "GotAPICore", lock] + nio),
        .testTarget(
            name: "GotAPIWebTests",
            dependencies: [
                "GotAPIWeb", "GotAPICore", crypto, lock, log,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ] + nio),
        .testTarget(
            name: "GotAPIServerTests", dependencies: ["GotAPIServer", "GotAPICore", "GotAPITesting", lock, log] + nio),
        .testTarget(
            name: "PluginSDKTests",
            dependencies: ["GotAPIPluginRuntime", "GotAPICore", "GotAPITestHost", "CGotAPIPlugin"],
            exclude: ["Testing"]),
        .testTarget(
            name: "EndToEnd",
            dependencies: [
                "GotAPITesting", "GotAPICore", "GotAPIServer", "gotapi", "gotapi-plugin-runner", crypto, lock, log,
            ] + nio,
            exclude: ["browser"]),
        .testTarget(
            name: "Soak",
            dependencies: [
                "GotAPITesting", "GotAPICore", "GotAPIStorage", "gotapi", "gotapi-plugin-runner", lock,
            ] + nio),
    ],
    swiftLanguageModes: [.v6]
)

// Settings, said once: https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
// (MemberImportVisibility), 0335 (ExistentialAny), 0409 (InternalImportsByDefault), 0461 (NonisolatedNonsendingByDefault).
for target in package.targets {
    switch target.type {
    case .regular, .test, .executable:
        guard !["CGotAPISandbox", "CPluginTemplates"].contains(target.name) else { continue }
        var settings = target.swiftSettings ?? []
        settings += [
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        ]
        if Context.environment["CI"] != nil { settings.append(.treatAllWarnings(as: .error)) }
        target.swiftSettings = settings
    case .macro, .plugin, .system, .binary:
        ()  // not applicable
    @unknown default:
        ()
    }
}
