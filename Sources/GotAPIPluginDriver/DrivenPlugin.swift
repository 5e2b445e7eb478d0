// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
package import GotAPICore
package import GotAPIPluginRuntime

/// A plug-in in the gateway's own runtime with nothing of a gateway around it: messages go in, answers and pushes come out,
/// and time passes when ``advance(milliseconds:)`` is called. It is what the host for unit tests and `gotapi plugin check`
/// stand on.
///
/// One thread at a time. No function waits longer than ``limit``.
package final class DrivenPlugin {
    /// What became of a message.
    package enum Outcome: Sendable, Equatable {
        case members([UInt8])
        /// The plug-in let go of it without a valid answer.
        case unanswered
        /// Its deadline passed, or it was cancelled.
        case expired
    }

    package struct Push: Sendable, Equatable {
        package let subscription: UInt64
        /// The message that began the subscription.
        package let message: UInt64
        package let members: [UInt8]
    }

    package struct LogLine: Sendable, Equatable {
        package let level: UInt32
        package let text: String
    }

    private struct Pending {
        let client: String
        let deadline: UInt64
    }

    private struct Listening {
        let client: String
        let message: UInt64
    }

    /// How long a message may wait for its answer, in nanoseconds of the plug-in's time.
    package static let messageTime: UInt64 = 60_000_000_000
    private static let subscriptionPush = 13

    /// How long a function waits at most, in nanoseconds of real time.
    package var limit: UInt64 = 10_000_000_000

    /// Pushes are read as they come, and dropped, as by a gateway with a fast client: they wait for no ``takePush()``.
    package var dropsPushes = false
    /// Those of them that came while time stood still: no timer has sent them.
    package private(set) var untimedPushes = 0

    private var isMovingTime = false
    private let control: TestControl
    private let runtime: PluginRuntime
    private var buffer = FrameBuffer()
    private var lastMessage: UInt64 = 0
    private var pending: [UInt64: Pending] = [:]
    private var outcomes: [UInt64: Outcome] = [:]
    private var listeners: [UInt64: Listening] = [:]
    private var unreachable: Set<String> = []
    private var pushes: [Push] = []
    /// How many of ``pushes`` were taken.
    private var takenPushes = 0
    private var lines: [LogLine] = []
    /// Frames of the life cycle that nobody waited for yet.
    private var events: [PluginFrame] = []
    package private(set) var servicesChanged = 0
    /// What the frames were that no runtime should send; `nil`: all were well-formed.
    package private(set) var malformed: String?

    package init(control: TestControl = TestControl()) {
        self.control = control
        runtime = PluginRuntime(name: "tested-plug-in", test: control) {}
    }

    // MARK: - Life cycle

    /// Loads a library, or the entry of the ``TestControl``.
    package func load(_ instruction: LoadInstruction) throws(LoadFailure) -> PluginDescriptor {
        deliver(.load(instruction))
        switch nextEvent() {
        case .loaded(let descriptor): return descriptor
        case .refused(let failure): throw failure
        default: throw LoadFailure(.startTimeout, "loading takes longer than \(limit / 1_000_000) ms")
        }
    }

    package func start() throws(LoadFailure) {
        deliver(.start)
        switch nextEvent() {
        case .started: settle()
        case .startFailed(let reason): throw LoadFailure(.startFailed, reason)
        default: throw LoadFailure(.startTimeout, "start does not return within \(limit / 1_000_000) ms")
        }
    }

    /// Stops the plug-in; false where `stop` does not return in time. It can be started again.
    @discardableResult
    package func stop() -> Bool {
        deliver(.stop)
        let stopped = nextEvent() == .stopped
        pending = [:]
        listeners = [:]
        return stopped
    }

    // MARK: - Messages

    /// Sends a message, of which the number and the deadline are put in here; returns the number.
    package func send(_ message: PluginMessage) -> UInt64 {
        defer { settle() }
        return post(message)
    }

    /// The same without waiting for anything.
    @discardableResult
    package func post(_ message: PluginMessage) -> UInt64 {
        lastMessage += 1
        var message = message
        message.id = lastMessage
        message.client = 1
        message.deadline = control.time.now + Self.messageTime
        pending[message.id] = Pending(client: message.clientID, deadline: message.deadline)
        deliver(.message(message))
        return message.id
    }

    /// Takes what became of a message; `nil` where that is open.
    package func takeOutcome(of message: UInt64) -> Outcome? {
        take()
        return outcomes.removeValue(forKey: message)
    }

    /// Drops the outcomes that were not taken.
    package func forgetOutcomes() {
        take()
        outcomes = [:]
    }

    /// Waits for a message's outcome, also where a thread of the plug-in's own makes it; `nil`: none until `limit`, on
    /// CLOCK_MONOTONIC in nanoseconds.
    package func waitForOutcome(of message: UInt64, until limit: UInt64) -> Outcome? {
        while true {
            if let outcome = takeOutcome(of: message) { return outcome }
            guard waitForFrames(until: limit) else { return nil }
        }
    }

    package func cancel(_ message: UInt64) {
        expire(message)
        settle()
    }

    private func expire(_ message: UInt64) {
        take()
        guard pending.removeValue(forKey: message) != nil else { return }
        outcomes[message] = .expired
        deliver(.expire(message: message))
    }

    // MARK: - Time

    /// Waits until the plug-in's thread has done all that is due; false where it takes too long.
    @discardableResult
    package func settle() -> Bool {
        defer { take() }
        return runtime.waitUntilIdle(until: PluginRuntime.moment(after: limit))
    }

    /// Moves time, each timer and deadline having its own moment on the way. False where the plug-in's thread takes too long.
    @discardableResult
    package func advance(milliseconds: Int64) -> Bool {
        take()
        isMovingTime = true
        defer { isMovingTime = false }
        let (distance, overflow) = UInt64(max(0, milliseconds)).multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = control.time.now.addingReportingOverflow(distance)
        let target = overflow || carry ? UInt64.max - 1 : sum
        guard settle() else { return false }
        while true {
            let moments = [runtime.nextTimer, pending.values.map(\.deadline).min()].compactMap(\.self)
            guard let next = moments.min(), next <= target else { break }
            runtime.move(to: next)
            // At one moment timers come first: they were begun by a plug-in that could not know what is asked of it.
            guard settle() else { return false }
            for (message, state) in pending.sorted(by: { $0.key < $1.key }) where state.deadline <= next {
                expire(message)
            }
            guard settle() else { return false }
        }
        runtime.move(to: target)
        return settle()
    }

    /// Waits until there is an outcome, a push or a line that was not taken, until `limit` on CLOCK_MONOTONIC.
    package func waitForNews(until limit: UInt64) -> Bool {
        repeat {
            take()
            if !outcomes.isEmpty || takenPushes < pushes.count || !lines.isEmpty { return true }
        } while waitForFrames(until: limit)
        return false
    }

    // MARK: - Subscriptions

    package var subscriptionCount: Int {
        take()
        return listeners.count
    }

    /// The oldest push that was not taken. The plug-in gets `FULL` where 1 MiB of them wait.
    package func takePush() -> Push? {
        take()
        guard takenPushes < pushes.count else { return nil }
        let push = pushes[takenPushes]
        takenPushes += 1
        if takenPushes == pushes.count {
            pushes.removeAll(keepingCapacity: true)
            takenPushes = 0
        }
        deliver(.pushesRead(bytes: UInt64(Self.subscriptionPush + push.members.count)))
        return push
    }

    /// Ends the subscriptions of a client, or all; returns how many.
    @discardableResult
    package func unsubscribe(client: String?, reason: UnsubscribeReason) -> Int {
        settle()
        let ended = listeners.filter { client == nil || $0.value.client == client }.keys.sorted()
        for subscription in ended {
            listeners[subscription] = nil
            deliver(.unsubscribe(subscription: subscription, reason: reason))
        }
        settle()
        return ended.count
    }

    /// Whether a client has a socket, from now on.
    package func setReachable(_ isReachable: Bool, client: String) {
        if isReachable { unreachable.remove(client) } else { unreachable.insert(client) }
        take()
        for (subscription, listening) in listeners where listening.client == client {
            deliver(.reachable(subscription: subscription, isReachable))
        }
    }

    // MARK: - Around

    package func takeLine() -> LogLine? {
        take()
        return lines.isEmpty ? nil : lines.removeFirst()
    }

    package var misdeeds: Misdeeds { runtime.misdeeds }

    /// What the plug-in's calls of host functions returned, but for OK.
    package var refusedCalls: [CallTally.Call: Int] { control.tally.refused }

    // MARK: - Frames

    private func deliver(_ frame: HostFrame) {
        var bytes: [UInt8] = []
        frame.append(to: &bytes)
        do throws(FrameError) { try runtime.deliver(bytes[4...]) } catch { malformed = "\(error)" }
    }

    /// False from `limit` on, also where a plug-in that floods has always something to say.
    private func waitForFrames(until limit: UInt64) -> Bool {
        PluginRuntime.moment(after: 0) < limit && runtime.waitForFrames(until: limit)
    }

    private func nextEvent() -> PluginFrame? {
        let limit = PluginRuntime.moment(after: limit)
        while true {
            take()
            if !events.isEmpty { return events.removeFirst() }
            guard waitForFrames(until: limit) else { return nil }
        }
    }

    private func take() {
        buffer.append(runtime.takeOutgoing())
        do throws(FrameError) {
            while let payload = try buffer.next() { receive(try PluginFrame(payload)) }
        } catch { malformed = "\(error)" }
    }

    private func receive(_ frame: PluginFrame) {
        switch frame {
        case .answer(let message, let members): finish(message, .members(members))
        case .unanswered(let message): finish(message, .unanswered)
        case .subscribed(let message, let subscription):
            guard let client = pending[message]?.client else { return }
            listeners[subscription] = Listening(client: client, message: message)
            if unreachable.contains(client) { deliver(.reachable(subscription: subscription, false)) }
        case .unsubscribed(let subscription): listeners[subscription] = nil
        case .push(let subscription, let members):
            guard !dropsPushes else {
                if !isMovingTime { untimedPushes += 1 }
                return deliver(.pushesRead(bytes: UInt64(Self.subscriptionPush + members.count)))
            }
            let message = listeners[subscription]?.message ?? 0
            pushes.append(Push(subscription: subscription, message: message, members: members))
        case .log(let level, let text): lines.append(LogLine(level: level, text: text))
        case .servicesChanged: servicesChanged += 1
        case .loaded, .refused, .started, .startFailed, .stopped: events.append(frame)
        // Asked for by a gateway only.
        case .alive, .flushed, .caged: ()
        }
    }

    private func finish(_ message: UInt64, _ outcome: Outcome) {
        if pending.removeValue(forKey: message) != nil { outcomes[message] = outcome }
    }
}
