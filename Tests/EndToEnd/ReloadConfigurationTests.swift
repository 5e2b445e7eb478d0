// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import Testing

/// What a running gateway takes from a changed config.json, and from new certificate files: configuration.md, "at run time".
@Suite(.serialized, .timeLimit(.minutes(1)))
struct ReloadConfigurationTests {
    /// A running gateway with the samples, whose configuration a test writes anew.
    private struct Stage {
        let folder: TestFolder
        let process: TestProcess
        let port: Int
        let tls: Bool

        func write(_ more: String, tls: Bool? = nil, port: Int = 0) throws {
            try folder.write(
                """
                {"ssl_engine": \(tls ?? self.tls), "gotapi_if_port": \(port), "gotapi_if_ssl_port": 0,
                 "http_server_document_root": "\(TestBuild.root)/html",
                 "plugin_root_path": "\(try TestBuild.plugins)"\(more)}
                """, to: "config.json")
        }

        func reload(_ options: [String] = []) async throws -> TestProcess.Outcome {
            try await TestProcess.run(
                GatewayProcess.program, ["reload", "--config", folder.path + "/config.json"] + options)
        }

        func shell(_ command: String) async throws -> TestProcess.Outcome {
            try await TestProcess.run("/bin/sh", ["-euc", command], in: folder.path)
        }
    }

    private func withStage(
        tls: Bool = false, more: String = "", prepare: (TestFolder) async throws -> Void = { _ in },
        _ body: (Stage) async throws -> Void
    ) async throws {
        let folder = try TestFolder()
        try await prepare(folder)
        let (process, port) = try await GatewayProcess.start(in: folder, tls: tls, more: more)
        do {
            try await body(Stage(folder: folder, process: process, port: port, tls: tls))
        } catch {
            process.signal(SIGKILL)
            throw error
        }
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
    }

    @Test func aConfigurationThatCannotBeReadChangesNothing() async throws {
        try await withStage { stage async throws in
            try stage.folder.write("{\n  \"log_level\": \"debug\"\n  \"oops\": 1}\n", to: "config.json")
            stage.process.signal(SIGHUP)
            let log = try await stage.process.waitForOutput { $0.contains("config.json:3:") }
            #expect(log.contains("nothing was changed: the configuration cannot be used"))
            let outcome = try await stage.reload()
            #expect(outcome.status == 78)
            #expect(outcome.output.contains("config.json:3:"), "\(outcome.output)")
            let page = try await stage.shell("curl -s http://localhost:\(stage.port)/gotapi-client.js")
            #expect(page.output.contains("class GotapiClient"))
            // Mended, it is taken.
            try stage.write(", \"log_level\": \"debug\"")
            let mended = try await stage.reload()
            #expect(mended.status == 0 && mended.output.contains("in force: log_level"), "\(mended.output)")
        }
    }

    @Test func whatCanChangeAtRunTimeIsInForceAndTheRestIsNamed() async throws {
        try await withStage { stage async throws in
            try stage.write(
                """
                , "allowed_origin_list": ["https://other.example"], "ws_connection_limit": 7,
                 "log_level": "warning"
                """, port: 4_999)
            let outcome = try await stage.reload(["--json"])
            #expect(outcome.status == 0, "\(outcome.output)")
            let report = try JSONNode(parsing: Array(outcome.output.utf8))
            func texts(_ name: String) -> [String]? { report["configuration"]?[name]?.array?.compactMap(\.text) }
            #expect(texts("applied") == ["allowed_origin_list", "ws_connection_limit", "log_level"])
            #expect(texts("restart") == ["gotapi_if_port"])
            #expect(report["kept"]?.array?.count == 3)
            let origin = try await stage.shell(
                "curl -s -H 'Origin: https://other.example' http://localhost:\(stage.port)/gotapi/authorization/grant")
            #expect(!origin.output.contains("INVALID_ORIGIN"), "\(origin.output)")

        }
    }

    @Test func thePagesFolderAndTheLogLevelChange() async throws {
        try await withStage { stage async throws in
            let outcome = try await stage.shell(
                "mkdir pages; echo 'other pages' >pages/index.html; sed -i 's#\"http_server_document_root\": \"[^\"]*\"#\"http_server_document_root\": \"pages\"#' config.json"
            )
            #expect(outcome.status == 0)
            #expect(try await stage.reload().output.contains("in force: http_server_document_root"))
            let page = try await stage.shell("curl -s http://localhost:\(stage.port)/")
            #expect(page.output.contains("other pages"))
        }
    }

    // MARK: - Certificates

    private static let makeKeys = """
        for name in one two; do
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=$name \
                -addext subjectAltName=DNS:localhost -keyout $name.key -out $name.crt 2>/dev/null
        done
        cp one.key server.key; cp one.crt server.crt
        """

    private func subject(_ stage: Stage) async throws -> String {
        try await stage.shell(
            "openssl s_client -connect localhost:\(stage.port) </dev/null 2>/dev/null | openssl x509 -noout -subject"
        ).output
    }

    @Test func newCertificateFilesArePickedUpAndBrokenOnesAreNot() async throws {
        let more = ", \"ssl_key_file\": \"server.key\", \"ssl_crt_file\": \"server.crt\""
        try await withStage(tls: true, more: more) { folder async throws in
            let made = try await TestProcess.run("/bin/sh", ["-euc", Self.makeKeys], in: folder.path)
            try #require(made.status == 0, "\(made.output)")
        } _: { stage async throws in
            #expect(try await subject(stage).contains("CN = one"))
            #expect(try await !stage.reload().output.contains("certificate"))
            _ = try await stage.shell("cp two.key server.key; cp two.crt server.crt")
            let replaced = try await stage.reload()
            #expect(replaced.status == 0 && replaced.output.contains("replaced: the certificate"), "\(replaced.output)")
            #expect(try await subject(stage).contains("CN = two"))
            // A certificate without its key, as it is between two copies.
            _ = try await stage.shell("cp one.crt server.crt")
            let refused = try await stage.reload()
            #expect(refused.status == 1 && refused.output.contains("refused: the certificate:"), "\(refused.output)")
            #expect(try await subject(stage).contains("CN = two"))
            _ = try await stage.shell("cp one.key server.key")
            #expect(try await stage.reload().status == 0)
            #expect(try await subject(stage).contains("CN = one"))
        }
    }
}
