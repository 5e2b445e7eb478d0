// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPITesting
import Testing

/// The gateway as its owner runs it: a process of its own.
enum GatewayProcess {
    static var program: String { TestBuild.products + "/gotapi" }

    /// Starts a gateway on free ports with the samples, and waits until it is ready.
    static func start(
        in folder: TestFolder, plugins: String? = nil, more: String = ""
    ) async throws -> (process: TestProcess, port: Int) {
        let plugins = try plugins ?? TestBuild.plugins
        try folder.write(
            """
            {"ssl_engine": false, "gotapi_if_port": 0, "http_server_document_root": "\(TestBuild.root)/html",
             "plugin_root_path": "\(plugins)"\(more)}
            """, to: "config.json")
        let process = try TestProcess(program, ["serve"], in: folder.path)
        let output = try await process.waitForOutput { $0.contains("Your web application can be accessed at http://") }
        let url = try #require(output.split(separator: "\n").last { $0.hasPrefix("Your web application") })
        return (process, try #require(url.split(separator: ":").last.flatMap { Int($0) }))
    }

    /// The processes whose parent is `pid`: proc_pid_task(5), `children`.
    static func children(of pid: Int32) async throws -> [Int32] {
        let outcome = try await TestProcess.run("/bin/sh", ["-c", "cat /proc/\(pid)/task/*/children"])
        return outcome.output.split { $0 == " " || $0 == "\n" }.compactMap { Int32($0) }
    }

    /// What `gotapi plugin list --json` prints.
    static func list(in folder: TestFolder) async throws -> JSONNode {
        let outcome = try await TestProcess.run(
            program, ["plugin", "list", "--json", "--config", folder.path + "/config.json"])
        #expect(outcome.status == 0, "\(outcome.output)")
        return try JSONNode(parsing: Array(outcome.output.utf8))
    }
}
