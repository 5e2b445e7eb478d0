// Swift GotAPI · SPDX-License-Identifier: MIT

import Foundation
import GotAPIPluginProject
import Testing

/// What the program carries is what lies in PluginSDK.
struct EmbeddedFileTests {
    private static let sdk = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("PluginSDK")

    private static let sdkFiles: [PluginLanguage: Set<String>] = [
        .c: ["include/gotapi_plugin.h", "c/gotapi.h", "c/gotapi_members.h", "c/exports.map"],
        .cpp: ["include/gotapi_plugin.h", "c/gotapi.h", "c/gotapi_members.h", "c/exports.map", "cpp/gotapi.hpp"],
        .swift: ["include/gotapi_plugin.h", "include/module.modulemap", "c/exports.map"],
        .rust: [],
    ]

    /// The paths of a folder's files below it, hidden ones too.
    private static func files(in folder: URL) throws -> Set<String> {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return Set(
            paths.filter {
                var isFolder: ObjCBool = false
                let path = folder.appendingPathComponent($0).path
                return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            })
    }

    @Test(arguments: PluginLanguage.allCases)
    func noFileIsForgottenOrStale(language: PluginLanguage) throws {
        let embedded = EmbeddedFile.all(for: language)
        for file in embedded {
            let text = try String(contentsOf: Self.sdk.appendingPathComponent(file.source), encoding: .utf8)
            #expect(file.text == text, "\(file.source) has changed since the program was compiled")
        }
        var expected = try #require(Self.sdkFiles[language])
        let templates = try Self.files(in: Self.sdk.appendingPathComponent("templates/\(language.rawValue)"))
        expected.formUnion(templates.map { "templates/\(language.rawValue)/\($0)" })
        if language == .swift {
            expected.formUnion(
                try Self.files(in: Self.sdk.appendingPathComponent("swift")).map { "swift/\($0)" })
        }
        #expect(Set(embedded.map(\.source)) == expected, "see Sources/CPluginTemplates/templates.c")
        #expect(Set(embedded.map(\.path)).count == embedded.count, "two files go to one place")
    }

    @Test(arguments: PluginLanguage.allCases)
    func whatIsNoTemplateHasNoPlaceholder(language: PluginLanguage) {
        for file in EmbeddedFile.all(for: language) where !file.isTemplate {
            #expect(!file.text.contains("TEMPLATENAME") && !file.path.contains("TEMPLATE"))
        }
    }
}
