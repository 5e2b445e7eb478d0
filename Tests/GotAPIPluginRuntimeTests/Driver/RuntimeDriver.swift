// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPIPluginRuntime

/// Plays the gateway: frames in, frames out, in the order in which the runtime made them.
final class RuntimeDriver: Sendable {
    struct Unexpected: Error { let text: String }

    private struct Incoming {
        var runtime: PluginRuntime?
        var buffer = FrameBuffer()
        var announcements = 0
    }

    private let incoming = Monitor(Incoming())
    private let taking = Monitor(())
    private let frames: AsyncStream<PluginFrame>
    private let continuation: AsyncStream<PluginFrame>.Continuation

    init() {
        (frames, continuation) = AsyncStream.makeStream()
        let runtime = PluginRuntime(name: "driver-of-a-plug-in") { [weak self] in self?.take() }
        incoming.withLock { $0.runtime = runtime }
    }

    /// A runtime with a library that was loaded and started.
    static func running(
        _ library: FixtureLibrary, id: String = "com.example.puppet", config: String = "{}"
    ) async throws -> RuntimeDriver {
        let driver = RuntimeDriver()
        try driver.deliver(Fixtures.load(library, id: id, config: config))
        guard case .loaded = try await driver.next() else { throw Unexpected(text: "not loaded") }
        try driver.deliver(.start)
        let frames = try await driver.frames { frame in
            if case .startFailed = frame { true } else { frame == .started }
        }
        guard frames.last == .started else { throw Unexpected(text: "not started") }
        return driver
    }

    var runtime: PluginRuntime? { incoming.withLock { $0.runtime } }
    /// How often the runtime said that frames wait.
    var announcements: Int { incoming.withLock { $0.announcements } }

    /// Lets the runtime go.
    func drop() {
        let runtime = incoming.withLock { $0.runtime.take() }
        withExtendedLifetime(runtime) {}
    }

    func deliver(_ frame: HostFrame) throws {
        var bytes: [UInt8] = []
        frame.append(to: &bytes)
        try runtime?.deliver(bytes[4...])
    }

    private func take() {
        // One at a time from the taking to the handing on, so that the order stays.
        taking.withLock { _ in
            let bytes = runtime?.takeOutgoing() ?? []
            let frames = incoming.withLock { incoming -> [PluginFrame] in
                incoming.announcements += 1
                incoming.buffer.append(bytes)
                var frames: [PluginFrame] = []
                // What the runtime makes is well-formed, or the test fails for want of frames.
                while let payload = try? incoming.buffer.next(), let frame = try? PluginFrame(payload) {
                    frames.append(frame)
                }
                return frames
            }
            for frame in frames { continuation.yield(frame) }
        }
    }

    // MARK: - Waiting

    func next() async throws -> PluginFrame {
        var iterator = frames.makeAsyncIterator()
        guard let frame = await iterator.next() else { throw Unexpected(text: "no more frames") }
        return frame
    }

    /// The next frame that is no log line; logs are left out.
    func nextButLog() async throws -> PluginFrame {
        while true {
            let frame = try await next()
            if case .log = frame { continue }
            return frame
        }
    }

    /// The next log line.
    func nextLog() async throws -> String {
        while true {
            if case .log(_, let text) = try await next() { return text }
        }
    }

    /// All frames up to and with the one that `isLast` says.
    func frames(until isLast: (PluginFrame) -> Bool) async throws -> [PluginFrame] {
        var collected: [PluginFrame] = []
        while true {
            let frame = try await next()
            collected.append(frame)
            if isLast(frame) { return collected }
        }
    }

    /// Sends a request and returns the members of its answer.
    func request(_ attribute: String, id: UInt64, _ parameters: [(String, String)] = []) async throws -> String {
        try deliver(.message(.request(attribute, id: id, parameters)))
        while true {
            switch try await next() {
            case .answer(id, let members): return String(decoding: members, as: UTF8.self)
            case .unanswered(id): return "unanswered"
            default: continue
            }
        }
    }

    /// Sends a request in whose callback the plug-in waits at a gate; returns when it does.
    func block(_ name: String, id: UInt64, attribute: String = "block") async throws -> Gate {
        let gate = try Gate(name)
        try deliver(.message(.request(attribute, id: id, [("fifo", gate.path)])))
        while try await nextLog() != "waiting" {}
        return gate
    }

    /// Stops the plug-in and returns what came until then.
    @discardableResult
    func stop() async throws -> [PluginFrame] {
        try deliver(.stop)
        return try await frames { $0 == .stopped }
    }
}

extension PluginMessage {
    /// Half a minute, or `seconds`, for a request with this attribute.
    static func request(
        _ attribute: String, id: UInt64, _ parameters: [(String, String)] = [], kind: Kind = .request,
        seconds: Int64 = 30
    ) -> PluginMessage {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        return PluginMessage(
            id: id, kind: kind, method: "put", serviceID: "p", profile: "t", attribute: attribute,
            package: "https://localhost:4036", clientID: "client", accessToken: "token", receiver: "gateway",
            parameters: parameters.map { Parameter(name: $0.0, value: $0.1) },
            deadline: UInt64(now + seconds * 1_000_000_000))
    }
}

/// A FIFO on which a plug-in waits, in the middle of a callback, until ``open()``.
struct Gate {
    let path: String

    init(_ name: String) throws {
        path = "\(try FixtureLibrary.folder.get())/\(name).fifo"
        guard mkfifo(path, 0o600) == 0 else { throw RuntimeDriver.Unexpected(text: "mkfifo \(path)") }
    }

    /// Waits until the plug-in is there, then lets it go on.
    func open() { close(Glibc.open(path, O_WRONLY | O_CLOEXEC)) }
}
