// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import Testing

/// README.md is what a newcomer types: each of its listings compiles, each of its commands runs as printed.
@Suite struct ReadmeTests {
    private static func readme() async throws -> [PageBlock] { try await PageBlock.all(of: "README.md") }

    /// The two commands that start everything. CI runs the second, and the first's parts: script/build, and the gateway.
    private static let startingCommands = ["script/server", "script/test"]

    @Test(.timeLimit(.minutes(10)))
    func itsPluginsAreBuiltAndAnswerAsItsCommandsSay() async throws {
        let blocks = try await Self.readme()
        let folder = try TestFolder()
        func shell(_ command: String) async throws -> TestProcess.Outcome {
            try await TestProcess.run("/bin/sh", ["-euc", command], in: folder.path)
        }
        _ = try await shell("mkdir -p plugins")
        try folder.write(
            """
            {"gotapi_if_ssl_port": 0, "http_server_document_root": "\(TestBuild.root)/html"}
            """, to: "config.json")

        var gateway: TestProcess?
        var port = ""
        var greeting = "Hello"
        for line in blocks.filter({ $0.language == "sh" }).flatMap({ $0.text.split(separator: "\n") }) {
            let command = String(line).replacing(".build/release/gotapi", with: "\(TestBuild.products)/gotapi")
            switch command {
            case _ where Self.startingCommands.contains(command): continue
            case "script/server --enable-debug --disable-auth":
                let process = try TestProcess(
                    TestBuild.products + "/gotapi", ["serve", "--enable-debug", "--disable-auth"], in: folder.path)
                gateway = process
                let output = try await process.waitForOutput { $0.contains("https://localhost:") }
                port = output.split(separator: "https://localhost:").last?.prefix { $0.isNumber }.description ?? ""
            default:
                let outcome = try await shell(command.replacing("localhost:4036", with: "localhost:\(port)"))
                #expect(outcome.status == 0, "\(command)\n\(outcome.output)")
                if command.hasPrefix("curl") { #expect(outcome.output.contains("\(greeting) from thermo.")) }
                if command.hasSuffix("gotapi reload") {
                    greeting = "Good day"
                    #expect(outcome.output.contains("replaced: com.example.thermo"), "\(outcome.output)")
                    #expect(outcome.output.contains("kept: com.example.swift-thermo"), "\(outcome.output)")
                }
                if command.hasSuffix("plugin list") {
                    #expect(outcome.output.contains("com.example.thermo"))
                    #expect(outcome.output.contains("com.example.swift-thermo"))
                }
            }
        }
        // What it shows of the projects is what is in them.
        for (language, file) in [
            ("c", "thermo/thermo.c"), ("swift", "swift-thermo/Sources/SwiftThermoDevice/SwiftThermoDevice.swift"),
        ] {
            let listing = try #require(blocks.first { $0.language == language }).text
            let source = try await shell("cat \(file)").output.replacing(greeting, with: "Hello")
            #expect(source.contains(listing), "\(file)")
        }
        let process = try #require(gateway, "README.md no longer starts the gateway for a try")
        process.signal(SIGINT)
        #expect(await process.waitForExit() == 0)
    }

    @Test func itsCommandsAreThere() async throws {
        for command in Self.startingCommands {
            #expect(access("\(TestBuild.root)/\(command)", X_OK) == 0)
            #expect(try await Self.readme().contains { $0.language == "sh" && $0.text == command + "\n" })
        }
    }

    /// A row for each key that the configuration's reader knows would be the reader's own table; what must not happen is
    /// that the page promises a key which is refused.
    @Test func everyKeyOfItsTableIsAccepted() async throws {
        let page = try await TestProcess.run("/bin/cat", ["\(TestBuild.root)/README.md"]).output
        let table = try #require(page.split(separator: "## Configuration").last?.split(separator: "## More").first)
        let keys = table.split(separator: "\n").filter { $0.hasPrefix("| `") }
            .flatMap { $0.split(separator: "|")[0].split(separator: "`") }
            .filter { $0.allSatisfy { $0.isLetter || $0 == "_" || $0 == "." || $0 == "<" || $0 == ">" } }
        #expect(keys.count > 15)
        let folder = try TestFolder()
        for key in keys {
            let path = key.replacing("<id>", with: "com_example").split(separator: ".")
            let text = path.reversed().reduce("[[[]]]") { "{\"\($1)\": \($0)}" }
            try folder.write(text, to: "config.json")
            let outcome = try await TestProcess.run(TestBuild.products + "/gotapi", ["check"], in: folder.path)
            // The value is wrong for every key, so each is refused for its value, and none because nobody knows it.
            #expect(outcome.status == 78 && !outcome.output.contains("unknown"), "\(key): \(outcome.output)")
        }
    }
}
