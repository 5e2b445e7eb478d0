// Swift GotAPI · SPDX-License-Identifier: MIT

import Foundation
import Testing

/// Keeps the arrows of the architecture: a module imports what its row names and nothing else.
@Suite struct ModuleImportTests {
    /// Modules of the system and of Swift itself that need no permission.
    private static let always: Set<String> = ["Glibc", "Swift"]

    private static let nio: Set<String> = ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers"]

    private static let allowed: [String: Set<String>] = [
        "GotAPICore": [],
        "GotAPIAuthorization": ["GotAPICore", "Crypto"],
        "GotAPIGateway": ["GotAPICore", "GotAPIAuthorization", "NIOConcurrencyHelpers", "Logging"],
        "GotAPIPluginRuntime": ["GotAPICore", "GotAPIDescribed", "CGotAPIPlugin"],
        "GotAPIDescribed": ["GotAPICore", "CGotAPIPlugin", "CFFI"],
        "GotAPIPluginDriver": ["GotAPICore", "GotAPIPluginRuntime"],
        "GotAPIPluginProbes": ["GotAPICore", "GotAPIPluginRuntime", "GotAPIPluginDriver", "CGotAPIPlugin"],
        "GotAPIPluginChecker": ["GotAPICore", "GotAPIPluginDriver", "GotAPIPluginHost", "GotAPIPluginProbes"],
        "GotAPIPluginTesting": ["GotAPICore", "GotAPIPluginRuntime", "GotAPIPluginDriver", "CGotAPITesting"],
        "GotAPIPluginHost": nio.union([
            "GotAPICore", "GotAPIPluginRuntime", "CGotAPISandbox", "COpenSSL", "Crypto", "Logging", "Synchronization",
        ]),
        "gotapi-plugin-runner": ["GotAPICore", "GotAPIPluginRuntime", "GotAPIPluginProbes", "CGotAPISandbox"],
        "GotAPIStorage": ["GotAPICore", "GRDB", "Crypto", "Dispatch", "NIOConcurrencyHelpers"],
        "GotAPIDiscovery": ["GotAPICore", "CAvahi", "Dispatch", "Logging"],
        "GotAPIControl": nio.union(["GotAPICore"]),
        "GotAPINativeThing": [
            "GotAPICore", "GotAPIStorage", "NIOCore", "NIOConcurrencyHelpers", "Crypto", "Logging",
        ],
        "GotAPIWeb": nio.union([
            "GotAPICore", "NIOHTTP1", "NIOWebSocket", "NIOSSL", "X509", "SwiftASN1", "Crypto", "Logging",
            "FoundationEssentials",
        ]),
        "GotAPIServer": nio.union([
            "GotAPICore", "GotAPIAuthorization", "GotAPIGateway", "GotAPIPluginHost", "GotAPIControl", "GotAPIWeb",
            "GotAPIDiscovery", "GotAPINativeThing", "GotAPIStorage", "CMalloc", "Logging", "ServiceLifecycle",
            "UnixSignals",
        ]),
        "GotAPIPluginProject": ["CPluginTemplates"],
        "gotapi": [
            "GotAPICore", "GotAPIServer", "GotAPIControl", "GotAPIPluginChecker", "GotAPIPluginProbes",
            "GotAPIPluginProject", "ArgumentParser",
        ],
        "GotAPITesting": nio.union([
            "GotAPICore", "GotAPIServer", "GotAPINativeThing", "NIOHTTP1", "NIOWebSocket", "NIOSSL", "Logging",
            "Crypto", "ServiceLifecycle",
        ]),
    ]

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The modules that a Swift file imports, whatever stands before or behind the word.
    private static func imports(in source: String) -> [String] {
        source.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard let index = words.firstIndex(of: "import"),
                words[..<index].allSatisfy({
                    ["public", "package", "internal", "private", "fileprivate", "@preconcurrency", "@testable"]
                        .contains($0)
                })
            else { return nil }
            let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let rest = words[(index + 1)...].filter { !kinds.contains($0) }
            return rest.first?.split(separator: ".").first.map(String.init)
        }
    }

    @Test func everyModuleImportsOnlyWhatItMay() throws {
        let sources = Self.root.appendingPathComponent("Sources")
        let modules = try FileManager.default.contentsOfDirectory(atPath: sources.path)
        var seen = 0
        for module in modules where !module.hasPrefix("C") && !module.hasPrefix(".") {
            let allowed = try #require(Self.allowed[module], "\(module) has no row in this table")
            let files = FileManager.default.enumerator(
                at: sources.appendingPathComponent(module), includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift" else { continue }
                for name in Self.imports(in: try String(contentsOf: file, encoding: .utf8)) {
                    seen += 1
                    #expect(
                        allowed.contains(name) || Self.always.contains(name),
                        "\(file.lastPathComponent) of \(module) imports \(name)")
                }
            }
        }
        #expect(seen > 50, "the scan found too few imports to be right")
    }

    /// What is unsafe stays together, with the argument why it is right.
    @Test func onlyOneFolderUsesLibcrypto() throws {
        let sources = Self.root.appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        var seen = 0
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift",
                Self.imports(in: try String(contentsOf: file, encoding: .utf8)).contains("COpenSSL")
            else { continue }
            seen += 1
            #expect(file.path.contains("/GotAPIPluginHost/Signatures/OpenSSL/"), "\(file.path) imports COpenSSL")
        }
        #expect(seen > 0)
    }

    @Test func aForbiddenImportWouldBeSeen() {
        #expect(
            Self.imports(in: "package import struct NIOHTTP1.HTTPHeaders\n@testable import Foundation") == [
                "NIOHTTP1", "Foundation",
            ])
    }
}
