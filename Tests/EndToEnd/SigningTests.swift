// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOPosix
import Testing

/// The manual's chapter on signatures (PluginSDK/README.md, "Signing"): its commands as they are printed, with the
/// system's `openssl`, and a gateway that asks for signatures.
@Suite(.timeLimit(.minutes(3))) struct SigningTests {
    @Test(arguments: ["EC", "RSA"])
    func theManualsCommandsSignALibraryThatTheGatewayThenLoads(algorithm: String) async throws {
        let folder = try TestFolder()
        let blocks = try await PageBlock.all(of: "PluginSDK/README.md", chapter: "Signing")
        let library = try TestBuild.plugins + "/libgotapi-plugin-helloworld.so"
        func shell(_ command: String) async throws -> TestProcess.Outcome {
            let words = "umask 022; gotapi() { '\(GatewayProcess.program)' \"$@\"; }\n"
            return try await TestProcess.run("/bin/sh", ["-euc", words + command], in: folder.path)
        }
        let copying = try await shell("cp '\(library)' libgotapi-plugin-thermo.so && mkdir plugins")
        try #require(copying.status == 0, "\(copying.output)")
        let configuration = try #require(blocks.first { $0.language == "json" }).text.split(separator: "\n").joined()
        try folder.write(configuration, to: "config.json")

        var outputs: [String] = []
        for block in blocks where block.language == "sh" {
            // The manual makes a key of one kind and says how to make the other.
            if block.text.contains("genpkey"), !block.text.contains("-algorithm \(algorithm) ") { continue }
            let outcome = try await shell(block.text)
            try #require(outcome.status == 0, "\(block.text)\n\(outcome.output)")
            outputs.append(outcome.output)
        }
        #expect(outputs.contains { $0.hasSuffix("CMS Verification successful\n") })
        #expect(outputs.contains { $0.contains("subject=CN=Example Ltd. plug-ins,O=Example Ltd.\n") })
        let signer = "CN=Example Ltd. plug-ins,O=Example Ltd."
        #expect(outputs.last?.contains("libgotapi-plugin-thermo.so: OK (") == true)
        #expect(outputs.last?.contains("), signed by \(signer)\n") == true)

        let members = configuration.dropFirst().dropLast()
        // TLS is BoringSSL's, signatures are libcrypto's: both in one process.
        let (gateway, port) = try await GatewayProcess.start(
            in: folder, plugins: folder.path + "/plugins", tls: true, more: ", " + members)
        let application = try await TestApplication.connect(
            port: port, tls: true, group: MultiThreadedEventLoopGroup.singleton)
        await application.close()
        let plugin = try #require(try await GatewayProcess.list(in: folder).array?.first)
        #expect(plugin["state"]?.text == "running")
        #expect(plugin["signer"]?["subject"]?.text == signer)
        #expect(plugin["signer"]?["certificateSHA256"]?.text?.utf8.count == 64)
        let list = try await shell("gotapi plugin list --verbose").output
        #expect(list.contains("SIGNER") && list.contains("signed by: \(signer), certificate SHA-256 "))
        gateway.signal(SIGTERM)
        #expect(await gateway.waitForExit() == 0)

        // The file changes and its signature does not.
        let changed = try await shell("printf x >>plugins/libgotapi-plugin-thermo.so; gotapi check")
        #expect(changed.status == 1)
        #expect(changed.output.contains("UNTRUSTED: libgotapi-plugin-thermo.so.p7s (signer: \(signer)) does not fit"))
    }

    @Test func withoutASignatureNothingIsLoadedAndTheReasonIsShown() async throws {
        let folder = try TestFolder()
        mkdir(folder.path + "/trust", 0o755)
        let plugins = try await folder.install([try TestBuild.plugins + "/libgotapi-plugin-helloworld.so"])
        let (gateway, _) = try await GatewayProcess.start(
            in: folder, plugins: plugins, more: ", \"plugins\": {\"signatures\": \"required\"}")
        let plugin = try #require(try await GatewayProcess.list(in: folder).array?.first)
        #expect(plugin["state"]?.text == "refused")
        #expect(plugin["failure"]?["code"]?.text == "UNTRUSTED")
        let reason = plugin["failure"]?["reason"]?.text
        #expect(reason?.hasPrefix("libgotapi-plugin-helloworld.so has no signature beside it") == true)
        #expect(plugin["signer"]?.content == .null)
        let list = try await TestProcess.run(GatewayProcess.program, ["plugin", "list"], in: folder.path).output
        #expect(!list.contains("SIGNER") && list.contains("UNTRUSTED: "))
        gateway.signal(SIGTERM)
        #expect(await gateway.waitForExit() == 0)
    }

    @Test func aCertificateThatHasEndedCountsUnlessTimeIsAskedFor() async throws {
        let folder = try TestFolder()
        _ = try await folder.install([try TestBuild.plugins + "/libgotapi-plugin-helloworld.so"])
        func shell(_ command: String) async throws -> TestProcess.Outcome {
            try await TestProcess.run("/bin/sh", ["-euc", "umask 022; " + command], in: folder.path)
        }
        let signing = try await shell(
            """
            mkdir trust
            openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key
            openssl req -new -key key -subj /CN=old -out request
            openssl x509 -req -in request -signkey key -days -1 -out trust/old.pem
            library=plugins/libgotapi-plugin-helloworld.so
            openssl cms -sign -binary -in $library -signer trust/old.pem -inkey key -md sha256 -outform DER -out $library.p7s
            """)
        try #require(signing.status == 0, "\(signing.output)")
        for (time, words) in [("ignore", ": OK ("), ("now", "the time of a certificate is over (CN=old)")] {
            try folder.write(
                "{\"plugins\": {\"signatures\": \"required\", \"signature_time\": \"\(time)\"}}", to: "config.json")
            let check = try await shell("'\(GatewayProcess.program)' check")
            #expect(check.status == (time == "now" ? 1 : 0) && check.output.contains(words), "\(check.output)")
        }
    }
}
