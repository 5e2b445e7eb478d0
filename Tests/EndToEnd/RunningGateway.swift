// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOCore
import NIOPosix
import Testing

/// A gateway process of a test, and what tests ask of it.
struct RunningGateway: Sendable {
    let folder: TestFolder
    let process: TestProcess
    let port: Int
    /// For the test's own connections.
    let group: any EventLoopGroup

    /// An application that has its token.
    func connect() async throws -> TestApplication {
        try await TestApplication.connect(port: port, tls: false, group: group)
    }

    /// The fixture's object in `gotapi plugin list --json`.
    func status(of fixture: String) async throws -> JSONNode? {
        try await GatewayProcess.list(in: folder).array?.first { $0["id"]?.text == "com.example.\(fixture)" }
    }

    /// Waits until the list says so.
    func wait(for fixture: String, _ condition: (JSONNode) -> Bool) async throws {
        try await waitUntil { try await status(of: fixture).map(condition) ?? false }
    }
}

/// Runs a gateway with the named fixtures, and what bystanders use, for the length of `body`. It must end in order.
func withGateway(
    of fixtures: [String], folder: TestFolder? = nil, more: String = "", _ body: (RunningGateway) async throws -> Void
) async throws {
    let folder = try folder ?? TestFolder()
    let plugins = try await folder.install(
        try fixtures.map { "\(try TestBuild.fixtures)/libgotapi-plugin-\($0).so" } + Bystanders.libraries)
    let (process, port) = try await GatewayProcess.start(
        in: folder, plugins: plugins, more: ", \"plugin_response_timeout\": 3" + more)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
        try await body(RunningGateway(folder: folder, process: process, port: port, group: group))
    } catch {
        process.signal(SIGKILL)
        try await group.shutdownGracefully()
        throw error
    }
    process.signal(SIGTERM)
    #expect(await process.waitForExit() == 0)
    try await group.shutdownGracefully()
}
