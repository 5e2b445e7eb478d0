// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
package import GotAPICore

/// The gateway as its owner runs it: a process of its own.
package enum GatewayProcess {
    /// The one that was built with the tests, or `GOTAPI_TEST_GATEWAY`.
    package static var program: String {
        getenv("GOTAPI_TEST_GATEWAY").map { String(cString: $0) } ?? TestBuild.products + "/gotapi"
    }

    /// Starts a gateway with the samples, and waits until it is ready.
    ///
    /// - Parameters:
    ///   - port: the port, or 0 for a free one.
    ///   - plugins: the folder with the plug-ins' libraries.
    ///   - documents: the folder that is served.
    ///   - more: further members of config.json, each with a comma before it.
    ///   - prefix: the words of a command that runs the gateway in its own place.
    package static func start(
        in folder: TestFolder, plugins: String? = nil, documents: String = TestBuild.root + "/html",
        tls: Bool = false, port: Int = 0, more: String = "", prefix: [String] = [], program: String = program
    ) async throws -> (process: TestProcess, port: Int) {
        try configure(in: folder, plugins: plugins, documents: documents, tls: tls, port: port, more: more)
        let words = prefix + [program, "serve"]
        let process = try TestProcess(words[0], Array(words.dropFirst()), in: folder.path)
        let beginning = "Your web application can be accessed at \(tls ? "https" : "http")://"
        let output = try await process.waitForOutput { $0.contains(beginning) }
        guard let url = output.split(separator: "\n").last(where: { $0.hasPrefix(beginning) }),
            let port = url.split(separator: ":").last.flatMap({ Int($0) })
        else { throw TestConnectionError(description: "no port is printed:\n\(output)") }
        return (process, port)
    }

    /// Writes config.json; the parameters are those of `start`.
    package static func configure(
        in folder: TestFolder, plugins: String? = nil, documents: String = TestBuild.root + "/html",
        tls: Bool = false, port: Int = 0, more: String = ""
    ) throws {
        let plugins = try plugins ?? TestBuild.plugins
        try folder.write(
            """
            {"ssl_engine": \(tls), "gotapi_if_port": \(port), "gotapi_if_ssl_port": \(port),
             "http_server_document_root": "\(documents)", "plugin_root_path": "\(plugins)"\(more)}
            """, to: "config.json")
    }

    /// The processes whose parent is `pid`: proc_pid_task(5), `children`.
    package static func children(of pid: Int32) async throws -> [Int32] {
        let outcome = try await TestProcess.run("/bin/sh", ["-c", "cat /proc/\(pid)/task/*/children"])
        return outcome.output.split { $0 == " " || $0 == "\n" }.compactMap { Int32($0) }
    }

    /// Whether there is such a process and it has not ended: one that nobody has reaped yet has no program.
    package static func isRunning(_ pid: Int32) -> Bool {
        var buffer: [CChar] = [0]
        return readlink("/proc/\(pid)/exe", &buffer, 1) > 0
    }

    /// What `gotapi plugin list --json` prints.
    package static func list(in folder: TestFolder) async throws -> JSONNode {
        let outcome = try await TestProcess.run(
            program, ["plugin", "list", "--json", "--config", folder.path + "/config.json"])
        guard outcome.status == 0 else {
            throw TestConnectionError(description: "gotapi plugin list: \(outcome.status) \(outcome.output)")
        }
        return try JSONNode(parsing: Array(outcome.output.utf8))
    }

    /// What `gotapi reload --json` prints, and its exit status.
    package static func reload(in folder: TestFolder) async throws -> (status: Int32, report: JSONNode) {
        let outcome = try await TestProcess.run(
            program, ["reload", "--json", "--config", folder.path + "/config.json"])
        do { return (outcome.status, try JSONNode(parsing: Array(outcome.output.utf8))) } catch {
            throw TestConnectionError(description: "gotapi reload: \(outcome.status) \(outcome.output)")
        }
    }
}
