// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import Testing

/// PluginSDK/descriptions/README.md is what a vendor types: its listings and commands as they are printed, in a gateway.
@Suite struct DescriptionTests {
    private static let page = "PluginSDK/descriptions"

    @Test(.timeLimit(.minutes(3)), arguments: ["process", "none"])
    func thePagesLibrariesAnswerAsItSays(isolation: String) async throws {
        let blocks = try await PageBlock.all(of: Self.page + "/README.md")
        let folder = try TestFolder()
        func shell(_ command: String) async throws -> TestProcess.Outcome {
            try await TestProcess.run("/bin/sh", ["-euc", "umask 022; " + command], in: folder.path)
        }
        _ = try await shell("ln -s '\(TestBuild.root)/PluginSDK' PluginSDK; mkdir plugins")
        try folder.write(
            """
            {"gotapi_if_ssl_port": 0, "http_server_document_root": "\(TestBuild.root)/html",
             "plugins": {"isolation": "\(isolation)"}}
            """, to: "config.json")
        var gateway: TestProcess?
        var port = ""
        var answer: JSONNode?
        var answers = 0
        for block in blocks {
            switch block.language {
            case "c": try folder.write(block.text, to: "lamp.c")
            case "json":
                let expected = try JSONNode(parsing: Array(block.text.utf8))
                switch expected["id"]?.text {
                case "com.example.libm":
                    let sample = TestBuild.root + "/" + Self.page + "/libgotapi-plugin-libm.json"
                    #expect(try await TestProcess.run("/bin/cat", [sample]).output == block.text)
                case "com.example.lamp": try folder.write(block.text, to: "plugins/libgotapi-plugin-lamp.json")
                default:
                    answers += 1
                    for member in try #require(expected.object) {
                        #expect(answer?[member.name]?.bytes == member.value.bytes, "\(member.name): \(answer as Any)")
                    }
                }
            case "sh":
                for line in block.text.split(separator: "\n") {
                    if line == "script/server --enable-debug --disable-auth" {
                        let process = try TestProcess(
                            GatewayProcess.program, ["serve", "--enable-debug", "--disable-auth"], in: folder.path)
                        gateway = process
                        let output = try await process.waitForOutput { $0.contains("https://localhost:") }
                        port =
                            output.split(separator: "https://localhost:").last?.prefix { $0.isNumber }.description ?? ""
                        continue
                    }
                    let outcome = try await shell(
                        String(line).replacing(".build/release/gotapi", with: GatewayProcess.program)
                            .replacing("localhost:4036", with: "localhost:\(port)").replacing("curl ", with: "curl -s ")
                    )
                    try #require(outcome.status == 0, "\(line)\n\(outcome.output)")
                    if line.hasPrefix("curl") {
                        answer = try JSONNode(parsing: Array(outcome.output.utf8))
                        #expect(answer?["product"]?.text == "swift-gotapi")
                    } else if line.hasSuffix("reload") {
                        #expect(outcome.output.contains("added: com.example.lamp"), "\(outcome.output)")
                    }
                }
            default: continue
            }
        }
        #expect(answers == 4)
        let plugins = try await GatewayProcess.list(in: folder).array ?? []
        #expect(plugins.map { $0["id"]?.text } == ["com.example.lamp", "com.example.libm"])
        #expect(plugins.map { $0["state"]?.text } == ["running", "running"])
        #expect(plugins.allSatisfy { $0["isolation"]?.text == isolation })
        let process = try #require(gateway, "the page no longer starts the gateway")
        process.signal(SIGINT)
        #expect(await process.waitForExit() == 0)
    }

    @Test(.timeLimit(.minutes(1)))
    func aDescriptionWithAMistakeIsNamedWithTheMistakesPlace() async throws {
        let folder = try TestFolder()
        mkdir(folder.path + "/plugins", 0o755)
        let sample = TestBuild.root + "/" + Self.page + "/libgotapi-plugin-libm.json"
        let mistakes = [
            ("(x: f64)", "(x: double)", "line 11, functions[0].signature, column 5"),
            ("\"frexp\"", "\"frexq\"", "functions[2].symbol"),
        ]
        for (right, wrong, place) in mistakes {
            let text = try await TestProcess.run("/bin/cat", [sample]).output
            try folder.write(text.replacing(right, with: wrong), to: "plugins/libgotapi-plugin-libm.json")
            try GatewayProcess.configure(in: folder, plugins: folder.path + "/plugins")
            let outcome = try await TestProcess.run(GatewayProcess.program, ["check"], in: folder.path)
            #expect(outcome.status == 1)
            #expect(
                outcome.output.contains("libgotapi-plugin-libm.json: refused: BAD_DESCRIPTION: \(place)"),
                "\(outcome.output)")
        }
    }
}
