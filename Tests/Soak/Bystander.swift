// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPITesting
import NIOConcurrencyHelpers
import NIOCore

/// An application that does nothing wrong while others do: it gets a push every 10 ms, makes a request for every tenth of
/// them, and must miss none and be answered always. The soaks look at the gateway when it gets one.
final class Bystander: Sendable {
    /// What it has seen so far.
    struct Record: Sendable {
        var pushes = 0
        var requests = 0
        var slowestAnswer: Duration = .zero
    }

    private struct State {
        var record = Record()
        var failure: TestConnectionError?
        var isStopped = false
        var waiting: [(pushes: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let application: TestApplication
    private let socket: WebSocketTestConnection
    private let state = NIOLockedValueBox(State())

    /// The longest that an answer may take, on a machine that is busy with what the soak does.
    private static let patience: Duration = .seconds(10)

    private init(application: TestApplication, socket: WebSocketTestConnection) {
        self.application = application
        self.socket = socket
    }

    /// Connects and subscribes. The gateway has the plug-ins `helloworld` and `stream`.
    static func connect(port: Int, tls: Bool, group: any EventLoopGroup) async throws -> Bystander {
        let application = try await TestApplication.connect(port: port, tls: tls, group: group)
        let socket = try await application.openSocket()
        let answer = try await application.request("PUT", "t/stream", service: "stream")
        guard answer.status == 200 else { throw TestConnectionError(description: answer.text) }
        return Bystander(application: application, socket: socket)
    }

    var record: Record { state.withLockedValue { $0.record } }

    /// Reads and asks until ``stop()``, or until something is missing.
    func run() async {
        do {
            try await read()
        } catch {
            fail(error as? TestConnectionError ?? TestConnectionError(description: "\(error)"))
        }
    }

    private func read() async throws {
        var last: Int?
        while case .text(let text) = await socket.next() {
            guard let number = try JSONNode(parsing: Array(text.utf8))["data"]?.integer,
                last == nil || number == last.map({ $0 + 1 })
            else { throw TestConnectionError(description: "after push \(last ?? -1) came \(text)") }
            last = number
            if number % 10 == 0 { try await ask(number) }
            count()
        }
        throw TestConnectionError(description: "the bystander's socket was closed")
    }

    /// Ends it, and ``run()`` with it.
    func stop() async {
        state.withLockedValue { $0.isStopped = true }
        await socket.close()
        await application.close()
    }

    /// Waits for this many further pushes; there are a hundred a second, or fewer where answers take their time.
    ///
    /// - Throws: what went wrong for the bystander.
    func wait(pushes: Int) async throws {
        try Task.checkCancellation()
        try await withCheckedThrowingContinuation { continuation in
            let failure = state.withLockedValue { state in
                if state.failure == nil { state.waiting.append((state.record.pushes + pushes, continuation)) }
                return state.failure
            }
            if let failure { continuation.resume(throwing: failure) }
        }
    }

    /// Fails it where no push came, or no answer, between two calls.
    func watch(since previous: Int) -> Int {
        let pushes = record.pushes
        if pushes == previous { fail(TestConnectionError(description: "no push or no answer for a long time")) }
        return pushes
    }

    private func ask(_ number: Int) async throws {
        let began = ContinuousClock.now
        let answer = try await application.request(
            "GET", "echo", service: "com.github.futomi.hello-world.echo", parameters: [("msg", "\(number)")])
        let duration = ContinuousClock.now - began
        guard answer.status == 200, try answer.json["data"]?.text == "\(number)", duration < Self.patience else {
            throw TestConnectionError(description: "request \(number) took \(duration): \(answer.text)")
        }
        state.withLockedValue { state in
            state.record.requests += 1
            state.record.slowestAnswer = max(state.record.slowestAnswer, duration)
        }
    }

    private func count() {
        let ready = state.withLockedValue { state in
            state.record.pushes += 1
            let pushes = state.record.pushes
            let ready = state.waiting.filter { $0.pushes <= pushes }
            state.waiting.removeAll { $0.pushes <= pushes }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    private func fail(_ failure: TestConnectionError) {
        let waiting = state.withLockedValue { state in
            if !state.isStopped, state.failure == nil { state.failure = failure }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.continuation.resume(throwing: failure) }
    }

    /// What went wrong, if anything did.
    var failure: TestConnectionError? { state.withLockedValue { $0.failure } }
}
