// Swift GotAPI · SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import GotAPIPluginProject

struct PluginProjectTests {
    @Test(arguments: [
        ("thermo", "thermo ThermoDevice com.example.thermo"),
        ("my-thermo_2", "my-thermo_2 MyThermo2Device com.example.my-thermo_2"),
        ("x--y", "x--y XYDevice com.example.x--y"),
        // What takes a placeholder's place is not looked at again.
        ("TEMPLATEID", "TEMPLATEID TEMPLATEIDDevice com.example.TEMPLATEID"),
    ])
    func placeholdersAreReplacedOnce(name: String, expected: String) throws {
        let project = try PluginProject(name: name, language: .c)
        #expect(project.filled("TEMPLATENAME TEMPLATETYPE TEMPLATEID") == expected)
        #expect(project.filled("TEMPLATE TEMPLATENAM TEMPLATES") == "TEMPLATE TEMPLATENAM TEMPLATES")
        #expect(project.filled("") == "")
    }

    @Test(arguments: ["x", String(repeating: "i", count: 63)])
    func theNotesBytesAreTheIDAndZeros(id: String) throws {
        let text = try PluginProject(name: "x", id: id, language: .swift).filled("TEMPLATEBYTES")
        let numbers = text.split { $0 == "," || $0 == " " || $0 == "\n" }
        let bytes = numbers.map { $0.hasPrefix("0x") ? UInt8($0.dropFirst(2), radix: 16) : UInt8($0) }
        #expect(bytes == Array(id.utf8) + Array(repeating: 0, count: 64 - id.utf8.count))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 112 })
    }

    @Test(arguments: [
        ("", nil), ("1a", nil), ("-a", nil), ("a.b", nil), ("a b", nil), ("a/b", nil), ("ä", nil), ("..", nil),
        (String(repeating: "a", count: 65), "com.example.a"),
        // com.example. and the name are too long together
        (String(repeating: "a", count: 52), nil),
        ("a", ""), ("a", "1.b"), ("a", "a\"b"), ("a", "a/b"), ("a", String(repeating: "a", count: 64)),
        ("authorization", nil), ("serviceDiscovery", nil),
    ])
    func whatIsNoNameOrIDIsRefused(name: String, id: String?) {
        #expect(throws: PluginProject.Failure.self) { _ = try PluginProject(name: name, id: id, language: .c) }
    }

    @Test(arguments: PluginLanguage.allCases)
    func noPlaceholderIsLeftInAProject(language: PluginLanguage) throws {
        let project = try PluginProject(name: "thermo", language: language)
        let paths = Set(project.files.map(\.path))
        #expect(paths.isSuperset(of: ["Makefile", "README.md", ".gitignore"]))
        for file in project.files {
            #expect(!file.path.contains("TEMPLATE") && !file.text.contains("TEMPLATE"), "\(file.path)")
        }
    }

    // MARK: - Writing

    /// A new folder, removed with the value.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("gotapi-\(UUID().uuidString)").path

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }

        deinit {
            // What cannot be removed stays in /tmp; no test depends on it.
            try? FileManager.default.removeItem(atPath: path)
        }

        var content: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
    }

    @Test(arguments: ["project", "project/"])
    func aProjectIsWrittenWhole(name: String) throws {
        let folder = try Folder()
        let project = try PluginProject(name: "thermo", language: .swift)
        try project.write(to: "\(folder.path)/\(name)")
        for file in project.files {
            #expect(try String(contentsOfFile: "\(folder.path)/project/\(file.path)", encoding: .utf8) == file.text)
        }
        #expect(try folder.content == ["project"])
    }

    @Test func whatIsThereIsNotOverwrittenAndNamed() throws {
        let folder = try Folder()
        let project = try PluginProject(name: "thermo", language: .c)
        for path in ["\(folder.path)/file", "\(folder.path)/link"] {
            if path.hasSuffix("file") {
                try "mine".write(toFile: path, atomically: false, encoding: .utf8)
            } else {
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
            }
            let failure = #expect(throws: PluginProject.Failure.self) { try project.write(to: path) }
            #expect(failure?.description.contains(path) == true)
        }
        #expect(try String(contentsOfFile: "\(folder.path)/file", encoding: .utf8) == "mine")
        #expect(try folder.content == ["file", "link"])
    }

    @Test func nothingStaysOfAProjectThatCannotBeWritten() throws {
        let folder = try Folder()
        let project = try PluginProject(name: "thermo", language: .c)
        let failure = #expect(throws: PluginProject.Failure.self) {
            try project.write(to: "\(folder.path)/missing/thermo")
        }
        #expect(failure?.description.contains("\(folder.path)/missing") == true)
        // The folder beside would have too long a name.
        #expect(throws: PluginProject.Failure.self) {
            try project.write(to: "\(folder.path)/" + String(repeating: "x", count: 250))
        }
        #expect(try folder.content == [])
    }
}
