// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPIPluginRuntime
import Testing

/// Runs a library in the gateway's own runtime, with nothing of the gateway around it.
final class PluginDriver {
    private let runtime: PluginRuntime
    private let signals: AsyncStream<Void>
    private var buffer = FrameBuffer()
    private var waiting: [PluginFrame] = []
    private var number: UInt64 = 0
    /// The lines of the log so far.
    private(set) var log: [String] = []

    init() {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.signals = signals
        runtime = PluginRuntime(name: "sdk-test") { continuation.yield() }
    }

    /// Loads and starts a library.
    ///
    /// - Throws: LoadFailure, also where `start` fails.
    static func start(_ library: String, id: String, config: String = "{}") async throws -> PluginDriver {
        // A copy, as the gateway makes one: the same file loaded twice is one library with one set of variables.
        let copy = "\(Project.scratch)/copy-\(await Project.number()).so"
        let copying = await Shell.run(["cp", library, copy])
        try #require(copying.status == 0, "\(copying.output)")
        let driver = PluginDriver()
        try driver.send(
            .load(
                LoadInstruction(
                    library: copy, id: id, config: config, dataDirectory: "/tmp", resourceDirectory: "")))
        switch await driver.next() {
        case .loaded: break
        case .refused(let failure): throw failure
        case let other: throw LoadFailure(.crashed, "\(other) instead of loaded")
        }
        try driver.send(.start)
        switch await driver.next() {
        case .started: return driver
        case .startFailed(let reason): throw LoadFailure(.startFailed, reason)
        case let other: throw LoadFailure(.crashed, "\(other) instead of started")
        }
    }

    func send(_ frame: HostFrame) throws {
        var bytes: [UInt8] = []
        frame.append(to: &bytes)
        try runtime.deliver(bytes[4...])
    }

    /// The next frame that is no line of the log.
    func next() async -> PluginFrame {
        while waiting.isEmpty {
            buffer.append(runtime.takeOutgoing())
            do {
                while let payload = try buffer.next() {
                    let frame = try PluginFrame(payload)
                    if case .log(_, let text) = frame { log.append(text) } else { waiting.append(frame) }
                }
            } catch { Issue.record("a malformed frame: \(error)") }
            guard waiting.isEmpty else { break }
            // The stream of signals ends with the task; whoever waits for a frame would ask for ever.
            if Task.isCancelled { fatalError("the test's time was up while it waited for a frame") }
            // One signal may wait from before; a needless round does no harm.
            for await _ in signals { break }
        }
        return waiting.removeFirst()
    }

    /// The next frame that is neither a line of the log nor a push.
    func nextThatIsNoPush() async -> PluginFrame {
        while true {
            let frame = await next()
            if case .push = frame { continue }
            return frame
        }
    }

    /// Sends a message and returns its number.
    @discardableResult
    func send(
        _ kind: PluginMessage.Kind = .request, _ method: String = "get", service: String = "", profile: String = "t",
        attribute: String = "", origin: String = "https://app.example", client: String = "client 1",
        isReplay: Bool = false, _ parameters: [String: String] = [:]
    ) throws -> UInt64 {
        number += 1
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        try send(
            .message(
                PluginMessage(
                    id: number, kind: kind, client: 1, method: method, serviceID: service, profile: profile,
                    attribute: attribute, package: origin, clientID: client,
                    parameters: parameters.map { PluginMessage.Parameter(name: $0, value: $1) },
                    deadline: UInt64(now.tv_sec + 30) * 1_000_000_000, isReplay: isReplay)))
        return number
    }

    /// The members of the answer to a message, which is the next frame. `nil` where it was let go of unanswered.
    func answer(to message: UInt64) async throws -> JSONNode? {
        switch await next() {
        case .answer(message, let members): return try JSONNode(parsing: members)
        case .unanswered(message): return nil
        case let other:
            Issue.record("\(other) instead of an answer to \(message)")
            return nil
        }
    }

    /// Sends a request and returns its answer's members.
    func request(
        _ method: String = "get", service: String = "", profile: String = "t", attribute: String = "",
        client: String = "client 1", _ parameters: [String: String] = [:]
    ) async throws -> JSONNode? {
        try await answer(
            to: send(
                .request, method, service: service, profile: profile, attribute: attribute, client: client, parameters))
    }

    /// Stops the plug-in and returns the frames before `stopped`.
    @discardableResult
    func stop() async throws -> [PluginFrame] {
        try send(.stop)
        var frames: [PluginFrame] = []
        while true {
            let frame = await next()
            if frame == .stopped { return frames }
            frames.append(frame)
        }
    }
}

extension JSONNode {
    /// What a test expects, ``sorted``.
    static func json(_ text: String) throws -> JSONNode { try JSONNode(parsing: Array(text.utf8)).sorted }

    /// The members in the order of their names, to be compared.
    var sorted: JSONNode {
        switch content {
        case .object(let members):
            JSONNode(
                .object(
                    members.map { Member(name: $0.name, value: $0.value.sorted) }
                        .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }))
        case .array(let elements): JSONNode(.array(elements.map(\.sorted)))
        default: JSONNode(content)
        }
    }
}
