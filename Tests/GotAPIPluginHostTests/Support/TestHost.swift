// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import GotAPIPluginHost

/// A plug-in host over a temporary folder, with all that it needs.
final class TestHost: Sendable {
    let folder = TemporaryFolder()
    let sink = RecordingSink()
    let lines = RecordingLog.Lines()
    let tables: AsyncStream<[any PluginEndpoint]>
    let changes = NIOLockedValueBox<[EndpointChange]>([])
    let endpoints = NIOLockedValueBox<[any PluginEndpoint]>([])
    private let continuation: AsyncStream<[any PluginEndpoint]>.Continuation
    private let lastMessage = NIOLockedValueBox<UInt64>(0)

    init() {
        (tables, continuation) = AsyncStream.makeStream()
        _ = folder.folder("plugins")
        _ = folder.folder("state")
    }

    var group: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }

    var logger: Logger {
        let lines = lines
        return Logger(label: "test") { _ in RecordingLog(lines) }
    }

    var plugins: String { folder.path + "/plugins" }

    /// A pause before the first restart, in nanoseconds, that no test waits for.
    static let never: UInt64 = 3_600_000_000_000

    func settings(
        _ isolation: PluginIsolation = .process, runner: String? = nil, items: [String: PluginSettings] = [:],
        responseTimeout: Duration = .seconds(60), restartPause: UInt64 = TestHost.never
    ) -> PluginHostSettings {
        var settings = PluginHostSettings(
            rootPath: plugins, statePath: folder.path + "/state", runnerPath: runner, defaultIsolation: isolation,
            items: items, responseTimeout: responseTimeout)
        settings.restartPolicy = RestartPolicy(shortestPause: restartPause)
        return settings
    }

    func makeHost(_ settings: PluginHostSettings) throws -> PluginHost {
        try #require(
            access(settings.runnerPath, X_OK) == 0,
            "there is no \(settings.runnerPath): build the product gotapi-plugin-runner first")
        return PluginHost(settings: settings, group: group, sink: sink, logger: logger) {
            [endpoints, changes, continuation] change in
            endpoints.withLockedValue { $0 = change.endpoints }
            changes.withLockedValue { $0.append(change) }
            continuation.yield(change.endpoints)
        }
    }

    /// Runs a host for the length of a closure.
    func withHost<Result>(
        _ settings: PluginHostSettings, _ body: (PluginHost, [PluginStatus]) async throws -> Result
    ) async throws -> Result {
        let host = try makeHost(settings)
        let status = await host.start()
        do {
            let result = try await body(host, status)
            await host.shutDown()
            return result
        } catch {
            await host.shutDown()
            throw error
        }
    }

    func endpoint(_ id: String = "com.example.fixture") throws -> any PluginEndpoint {
        try #require(endpoints.withLockedValue { $0 }.first { $0.id == id })
    }

    func makeMessage(
        _ attribute: String, client: UInt64 = 1, within time: Duration = .seconds(20),
        parameters: [PluginMessage.Parameter] = []
    ) -> PluginMessage {
        let id = lastMessage.withLockedValue {
            $0 += 1
            return $0
        }
        let deadline =
            monotonicNow() + UInt64(time.components.seconds) * 1_000_000_000
            + UInt64(time.components.attoseconds / 1_000_000_000)
        return PluginMessage(
            id: id, kind: .request, client: client, serviceID: "fixture", profile: "t", attribute: attribute,
            parameters: parameters, deadline: deadline)
    }

    /// Sends a request and waits for its reply.
    func request(
        _ attribute: String, to id: String = "com.example.fixture", client: UInt64 = 1,
        within time: Duration = .seconds(20)
    ) async throws -> PluginReply {
        let endpoint = try endpoint(id)
        let message = makeMessage(attribute, client: client, within: time)
        return await endpoint.reply(to: message)
    }
}

/// A reply that somebody will wait for.
struct ExpectedReply {
    fileprivate let stream: AsyncStream<PluginReply>

    var value: PluginReply? {
        get async { await stream.first { _ in true } }
    }
}

extension PluginEndpoint {
    /// Hands a message over now; its reply is waited for later.
    func begin(_ message: PluginMessage) -> ExpectedReply {
        let (stream, continuation) = AsyncStream<PluginReply>.makeStream()
        deliver(message) {
            continuation.yield($0)
            continuation.finish()
        }
        return ExpectedReply(stream: stream)
    }

    func reply(to message: PluginMessage) async -> PluginReply {
        await withCheckedContinuation { continuation in
            deliver(message) { continuation.resume(returning: $0) }
        }
    }
}

extension PluginReply {
    /// An answer's members as text, other replies as they are described.
    var text: String {
        if case .members(let members) = self { String(decoding: members, as: UTF8.self) } else { "\(self)" }
    }
}

func monotonicNow() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
