// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOCore
import NIOPosix
import Testing

/// A gateway process with one of the fixtures `versions-…` (Tests/Fixtures/Plugins/README.md), whose file its owner replaces.
struct UpdatedPlugin: Sendable {
    /// The fixture, which is its service too.
    let name: String
    let gateway: RunningGateway
    private let plugins: String
    private let more: String

    /// Starts a gateway with version 1 for the length of `body`. It must end in order, and leave nothing behind.
    ///
    /// - Parameters:
    ///   - isolation: of the plug-in, which is alone.
    ///   - prefix: the words of a command that runs the gateway in its own place.
    ///   - endsByItself: whether `body` ends the gateway.
    static func run(
        _ name: String = "versions-c", isolation: String = "process", prefix: [String] = [],
        in folder: TestFolder? = nil,
        endsByItself: Bool = false, _ body: (UpdatedPlugin) async throws -> Void
    ) async throws {
        let folder = try folder ?? TestFolder()
        let plugins = try await folder.install([])
        try await folder.copy(library(name, 1), over: file(name, in: plugins))
        let more = ", \"plugin_response_timeout\": 2, \"plugins\": {\"isolation\": \"\(isolation)\""
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: plugins, more: more + "}", prefix: prefix)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let gateway = RunningGateway(folder: folder, process: process, port: port, group: group)
        do {
            try await body(UpdatedPlugin(name: name, gateway: gateway, plugins: plugins, more: more))
        } catch {
            process.signal(SIGKILL)
            try await group.shutdownGracefully()
            throw error
        }
        if !endsByItself { process.signal(SIGTERM) }
        #expect(await process.waitForExit() == 0, "\(process.output.suffix(2_000))")
        let runners = try await TestProcess.run(
            "/bin/sh",
            [
                "-c",
                """
                for process in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$process; echo; done 2>/dev/null |
                    grep 'gotapi-plugin-runner .* \(process.pid) $'
                """,
            ])
        #expect(runners.output.isEmpty)
        let copies = try await TestProcess.run("/usr/bin/find", ["\(folder.path)/state/libraries", "-name", "*.so"])
        if isolation == "process" { #expect(copies.output.isEmpty) }
        try await group.shutdownGracefully()
    }

    /// The library of a version.
    static func library(_ name: String, _ version: Int) throws -> String {
        "\(try TestBuild.fixtures)/libgotapi-plugin-\(name)-\(version).so"
    }

    private static func file(_ name: String, in plugins: String) -> String {
        "\(plugins)/libgotapi-plugin-\(name).so"
    }

    // MARK: - What its owner does

    /// As `mv` does.
    func move(_ version: Int) async throws {
        try await gateway.folder.move(Self.library(name, version), onto: Self.file(name, in: plugins))
    }

    /// As `cp` does.
    func copy(_ version: Int) async throws {
        try await gateway.folder.copy(Self.library(name, version), over: Self.file(name, in: plugins))
    }

    /// Drops another fixture beside it.
    func add(_ fixture: String) async throws {
        _ = try await gateway.folder.install(["\(try TestBuild.fixtures)/libgotapi-plugin-\(fixture).so"])
    }

    /// Gives it another configuration, in words that its source knows.
    func configure(_ words: String) throws {
        try GatewayProcess.configure(
            in: gateway.folder, plugins: plugins,
            more: more + ", \"items\": {\"com.example.\(name)\": {\"config\": {\"words\": \"\(words)\"}}}}")
    }

    /// What `gotapi reload --json` says.
    func reload() async throws -> (status: Int32, report: JSONNode) {
        try await GatewayProcess.reload(in: gateway.folder)
    }

    /// Expects that the plug-in is refused with a code, and that what ran before goes on.
    func expectRefusal(_ code: String, _ outcome: (status: Int32, report: JSONNode), served version: Int) async throws {
        #expect(outcome.status == 1)
        let refusal = outcome.report["refused"]?.array?.first
        #expect(refusal?["code"]?.text == code, "\(outcome.report)")
        #expect(refusal?["served"]?.boolean == true)
        #expect(try await self.version() == version)
    }

    /// How many reloads are in the log.
    var reloads: Int { gateway.process.output.split(separator: "\n").count { $0.contains("] reloaded in ") } }

    // MARK: - What applications see

    /// The version that answers.
    func version() async throws -> Int? {
        let application = try await gateway.connect()
        defer { Task { await application.close() } }
        return try await version(application)
    }

    func version(_ application: TestApplication) async throws -> Int? {
        let answer = try await application.request("GET", "t/version", service: name)
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.json["data"]?.integer
    }
}
