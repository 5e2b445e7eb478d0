// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOPosix
import Testing

/// The certificate as its owner and whoever has to trust it see it.
@Suite(.timeLimit(.minutes(1))) struct CertificateCommandTests {
    /// With pages on a port of their own, that port is the printed one.
    @Test(arguments: [false, true]) func fileLogCommandAndDownloadAgree(pagesHaveTheirPort: Bool) async throws {
        let folder = try TestFolder()
        let more = pagesHaveTheirPort ? ", \"https_server_port\": \(try freePort())" : ""
        let (process, port) = try await GatewayProcess.start(in: folder, tls: true, more: more)
        let configuration = ["--config", folder.path + "/config.json"]
        let json = try await run(["certificate", "--json"] + configuration)
        let report = try JSONNode(parsing: Array(json.utf8))
        let fingerprint = try #require(report["keySHA256"]?.text)
        #expect(fingerprint.utf8.count == 64)
        #expect(process.output.contains("key_sha256=\(fingerprint)"))
        #expect(report["file"]?.text == folder.path + "/ssl/server.crt")
        #expect(report["names"]?.array?.contains { $0.text == "localhost" } == true)
        let words = try await run(["certificate"] + configuration)
        #expect(words.contains(fingerprint) && words.contains("UTC to 20"))
        let pem = try await run(["certificate", "--pem"] + configuration)
        #expect(pem.hasPrefix("-----BEGIN CERTIFICATE-----\n") && !pem.contains("KEY"))

        let connection = try await HTTPTestConnection.connect(
            port: port, tls: true, group: MultiThreadedEventLoopGroup.singleton)
        let answer = try await connection.send("GET", "/server.crt")
        #expect(answer.status == 200)
        #expect(answer.body == Array(pem.utf8))
        #expect(answer.header("Content-Type") == "application/x-pem-file")
        #expect(try await connection.send("HEAD", "/server.crt?x").status == 200)
        #expect(try await connection.send("POST", "/server.crt").status == 405)
        #expect(try await connection.send("GET", "/server.crt/").status == 404)
        #expect(try await connection.send("GET", "/server.key").status == 404)
        await connection.close()
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
    }

    @Test func withoutTLSOrBeforeTheFirstStartTheCommandSaysWhy() async throws {
        let folder = try TestFolder()
        let none = try await TestProcess.run(GatewayProcess.program, ["certificate"], in: folder.path)
        #expect(none.status == 1)
        #expect(none.output.contains("the gateway makes it on its first start"))
        try folder.write("{\"ssl_engine\": false}", to: "config.json")
        let off = try await TestProcess.run(GatewayProcess.program, ["certificate"], in: folder.path)
        #expect(off.status == 1)
        #expect(off.output.contains("ssl_engine"))
        let both = try await TestProcess.run(GatewayProcess.program, ["certificate", "--pem", "--json"])
        #expect(both.status == 64)
    }

    private func run(_ words: [String]) async throws -> String {
        let outcome = try await TestProcess.run(GatewayProcess.program, words)
        #expect(outcome.status == 0, "\(outcome.output)")
        return outcome.output
    }

    /// A port that is free just now: the second listener's cannot be left to the system.
    private func freePort() throws -> Int {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
            }
        }
        try #require(code == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
