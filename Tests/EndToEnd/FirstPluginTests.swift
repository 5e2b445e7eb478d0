// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPITesting
import Testing

/// The manual's first chapter (PluginSDK/README.md), typed as it is printed, once for each language: outside the project's
/// tree, with what `script/install` installs and nothing else of it.
@Suite(.serialized) struct FirstPluginTests {
    private static let chapter = "Your first plug-in in five minutes"

    /// Installs the debug build below a folder.
    private func install(into folder: TestFolder) async throws {
        let outcome = try await TestProcess.run(
            "\(TestBuild.root)/script/install", ["--debug", "--no-build", "--prefix", "\(folder.path)/installed"])
        try #require(outcome.status == 0, "\(outcome.output)")
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["c", "cpp", "swift", "rust"])
    func theManualsCommandsLeadToAnAnswer(language: String) async throws {
        let folder = try TestFolder()
        try await install(into: folder)
        func shell(_ commands: String) async throws -> TestProcess.Outcome {
            let environment = """
                PATH='\(folder.path)/installed/bin':"$PATH"
                PKG_CONFIG_PATH='\(folder.path)/installed/lib/pkgconfig'
                export PATH PKG_CONFIG_PATH
                umask 002

                """
            return try await TestProcess.run("/bin/sh", ["-euc", environment + commands], in: folder.path)
        }

        let commands = try await PageBlock.all(of: "PluginSDK/README.md", chapter: Self.chapter)
            .filter { $0.language == "sh" }.map(\.text).joined()
            .replacing("--language c\n", with: "--language \(language)\n")
        try #require(commands.contains("--language \(language)\n"))
        let parts = commands.split(separator: "gotapi serve").map(String.init)
        try #require(parts.count == 2)

        let built = try await shell(parts[0] + "pwd\n")
        try #require(built.status == 0, "\(built.output)")
        #expect(built.output.contains("all is well\n"), "the project's own test: \(built.output)")
        let place = built.output.split(separator: "\n").last.map(String.init)
        #expect(place?.hasSuffix("/gateway") == true)

        let lines = parts[1].split(separator: "\n", maxSplits: 1).map(String.init)
        for isolation in ["process", "none"] {
            try folder.write(
                """
                {"gotapi_if_ssl_port": 0, "gotapi_if_port": 0, "plugins": {"isolation": "\(isolation)"}}
                """, to: "gateway/config.json")
            let process = try TestProcess(
                "\(folder.path)/installed/bin/gotapi",
                ["serve"] + lines[0].split(separator: " ").map(String.init), in: place)
            let output = try await process.waitForOutput { $0.contains("https://localhost:") }
            let port = output.split(separator: "https://localhost:").last?.prefix { $0.isNumber }.description ?? ""
            let answer = try await shell(lines[1].replacing("localhost:4036", with: "localhost:\(port)"))
            #expect(answer.status == 0 && answer.output.contains(#""result":0"#), "\(answer.output)\n\(output)")
            #expect(answer.output.contains(#""data":"Hello from thermo.""#), "\(answer.output)")
            process.signal(SIGTERM)
            #expect(await process.waitForExit() == 0)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func whatIsInstalledIsCompleteAndFoundByPkgConfig() async throws {
        let folder = try TestFolder()
        // Twice: what is there is replaced.
        for _ in 0..<2 {
            let outcome = try await TestProcess.run(
                "/usr/bin/env",
                [
                    "DESTDIR=\(folder.path)/image", "\(TestBuild.root)/script/install", "--debug", "--no-build",
                    "--prefix", "/opt/gotapi",
                ])
            try #require(outcome.status == 0, "\(outcome.output)")
        }
        let image = "\(folder.path)/image/opt/gotapi"
        for file in [
            "bin/gotapi", "libexec/gotapi/gotapi-plugin-runner", "lib/libgotapi-plugin-testing.so",
            "include/gotapi/gotapi_plugin.h", "include/gotapi/gotapi.h", "include/gotapi/gotapi_members.h",
            "include/gotapi/gotapi.hpp", "include/gotapi/gotapi_testing.h", "share/gotapi/exports.map",
            "share/gotapi/swift/Plugin.swift", "share/gotapi/html/index.html", "share/gotapi/html/tutorials/style.css",
        ] {
            #expect(access("\(image)/\(file)", R_OK) == 0, "\(file)")
        }
        let writable = try await TestProcess.run(
            "/usr/bin/find", [image, "-perm", "/022", "-o", "-name", ".*", "!", "-name", ".", "-type", "f"])
        #expect(writable.output == "", "left over, or writable by others: \(writable.output)")
        let variables = try await TestProcess.run(
            "/usr/bin/env",
            [
                "PKG_CONFIG_PATH=\(image)/lib/pkgconfig", "pkg-config", "--variable=exports_map", "gotapi-plugin",
            ])
        #expect(variables.output == "/opt/gotapi/share/gotapi/exports.map\n")
        let configuration = try await TestProcess.run("/bin/cat", ["\(image)/share/gotapi/config.json"])
        #expect(configuration.output.contains(#""http_server_document_root": "/opt/gotapi/share/gotapi/html""#))
        // The Swift layer is a package that can be read.
        let package = try await TestProcess.run(
            "/usr/bin/env", ["swift", "package", "--package-path", "\(image)/share/gotapi", "describe"])
        #expect(package.status == 0 && package.output.contains("GotAPIPlugin"), "\(package.output)")
    }

    @Test(.timeLimit(.minutes(1)))
    func aTestWithoutTheSDKSaysWhatItNeeds() async throws {
        let folder = try TestFolder()
        let gotapi = "\(TestBuild.products)/gotapi"
        let outcome = try await TestProcess.run(
            "/bin/sh",
            [
                "-c",
                "PATH=\(TestBuild.products):$PATH; gotapi plugin new thermo -l c; PKG_CONFIG_LIBDIR=/ make -C thermo test",
            ], in: folder.path)
        #expect(outcome.status != 0)
        #expect(outcome.output.contains("make test needs the GotAPI SDK"), "\(outcome.output)")
        // Nothing that is there is overwritten.
        let again = try await TestProcess.run(gotapi, ["plugin", "new", "thermo", "--language", "c"], in: folder.path)
        #expect(again.status == 1 && again.output.contains("thermo is there already"), "\(again.output)")
        let named = try await TestProcess.run(
            gotapi,
            ["plugin", "new", "thermo", "--language", "rust", "--id", "org.example.t", "--directory", "other"],
            in: folder.path)
        #expect(named.status == 0)
        let source = try await TestProcess.run("/bin/cat", ["\(folder.path)/other/src/lib.rs"])
        #expect(source.output.contains(#"["org.example.t", "thermo","#))
    }
}
