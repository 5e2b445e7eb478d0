// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Everything that a plug-in's runtime knows, and what happens to it at each event: no thread, no clock, no plug-in code.
/// Times are nanoseconds on CLOCK_MONOTONIC.
///
/// What concerns messages, subscriptions and the thread stands in extensions of their own.
struct RuntimeState {
    enum Phase {
        /// No library.
        case empty
        case loading
        /// Loaded and not started, or stopped again.
        case stopped
        /// Inside the plug-in's `start`.
        case starting
        case running
        /// From the beginning of the stop to the end of the plug-in's `stop`.
        case stopping
        case refused
    }

    /// A frame from the gateway that is the thread's business.
    enum Entry {
        case load
        case start
        case stop
        case message(UInt64)
        case expired(UInt64)
        case unsubscribed(UInt64, UnsubscribeReason)
        case probe(UInt64)
    }

    /// Whose turn it was last among the thread's three queues.
    enum Source {
        case inbox
        case calls
        case timers
    }

    /// The most calls that wait (gotapi_plugin.h, `call_on_plugin_thread`).
    static let callLimit = 65_536

    var phase = Phase.empty
    /// `stopped` or `refused` is among the frames that were made, and no `start` came since.
    var isFinished = false
    /// Nobody holds the runtime any more: the thread stops the plug-in and ends.
    var isEnding = false

    var handles = HandleSource()
    var messages: [UInt64: HeldMessage] = [:]
    /// From the gateway's numbers to handles.
    var messageHandles: [UInt64: UInt64] = [:]
    /// Messages that have an answer or need none any more and are still held, and their size in bytes.
    var leftovers = (count: 0, bytes: 0)
    var subscriptions: [UInt64: Subscription] = [:]

    var instruction: LoadInstruction?
    var inbox = Queue<Entry>()
    /// `stop` frames in the inbox: messages in front of them are not passed on any more.
    var waitingStops = 0
    var calls = Queue<PluginPointer>()
    var timers = TimerQueue()
    var lastSource = Source.timers
    /// The message whose callback runs on the plug-in's thread.
    var borrowed: UInt64?
    /// The callbacks that run on other threads.
    var inlineCalls = InlineCalls()
    /// What those are called with; `nil` before the first start.
    var callee: InlineCall.Callee?
    var threadSleeps = false
    /// pthread_self(3) of the plug-in's thread, once it runs.
    var thread: UInt?

    /// What the loaded plug-in has.
    var features = Features()
    var outgoing = Outgoing()
    /// Tells the transport that frames wait; `nil` once nobody wants to know any more.
    var announce: (@Sendable () -> Void)?
    var complaints = Complaints()
    var misdeeds = Misdeeds()

    /// Which of the optional callbacks there are, and what is said in their place.
    struct Features {
        var hasServiceDiscovery = false
        var hasClientID = false
        var hasAccessToken = false
        var hasTimer = false
        var hasCall = false
        /// The answer to a service discovery where the plug-in has no callback for it.
        var servicesAnswer: [UInt8] = []
    }

    private static let acceptance = Array("{\"accept\":true}".utf8)

    /// The answer that needs no callback, where the plug-in has none for this kind (plugin-abi.md, "What the plug-in gives").
    func defaultAnswer(for kind: PluginMessage.Kind) -> [UInt8]? {
        switch kind {
        case .serviceDiscovery: features.hasServiceDiscovery ? nil : features.servicesAnswer
        case .clientID: features.hasClientID ? nil : Self.acceptance
        case .accessToken: features.hasAccessToken ? nil : Self.acceptance
        case .request: nil
        }
    }

    /// Host functions may be called: between the beginning of `start` and the end of `stop`.
    var isOpen: Bool {
        switch phase {
        case .starting, .running, .stopping: true
        case .empty, .loading, .stopped, .refused: false
        }
    }

    /// Something new may begin: a subscription, a timer, a call.
    var mayBegin: Bool {
        switch phase {
        case .starting, .running: true
        case .empty, .loading, .stopped, .stopping, .refused: false
        }
    }

    /// What is to be called, outside the lock, so that the transport comes for the frames; `nil` where it knows.
    mutating func takeAnnouncement() -> (@Sendable () -> Void)? {
        outgoing.takeAnnouncement() ? announce : nil
    }

    // MARK: - Frames from the gateway

    /// A frame other than a message.
    ///
    /// - Throws: ``FrameError/malformed`` where a second library is to be loaded.
    mutating func receive(_ frame: HostFrame) throws(FrameError) {
        switch frame {
        case .load(let instruction):
            guard phase == .empty else { throw .malformed }
            phase = .loading
            self.instruction = instruction
            inbox.append(.load)
        case .start:
            isFinished = false
            inbox.append(.start)
        case .stop:
            if phase == .empty { return finishStop() }
            waitingStops += 1
            inbox.append(.stop)
        case .expire(let id): expire(id)
        case .unsubscribe(let handle, let reason):
            if subscriptions.removeValue(forKey: handle) != nil { inbox.append(.unsubscribed(handle, reason)) }
        case .reachable(let handle, let isReachable): subscriptions[handle]?.isReachable = isReachable
        case .pushesRead(let bytes): outgoing.pushesWereRead(bytes: bytes)
        case .probe(let number): inbox.append(.probe(number))
        case .flush(let number): outgoing.append(.flushed(number))
        case .message: throw .malformed  // Read by ``MessageFrame``; not reached.
        }
    }

    // MARK: - Life cycle, from the plug-in's thread

    mutating func loaded(_ descriptor: PluginDescriptor, features: Features) {
        self.features = features
        phase = .stopped
        outgoing.append(.loaded(descriptor))
    }

    mutating func refuse(_ failure: LoadFailure) {
        phase = .refused
        isFinished = true
        outgoing.append(.refused(failure))
    }

    /// False where the plug-in is not in a state to be started: then nothing happens.
    mutating func beginStart() -> Bool {
        guard phase == .stopped else { return false }
        phase = .starting
        return true
    }

    mutating func started() {
        phase = .running
        outgoing.append(.started)
    }

    /// What the plug-in began inside `start` is dropped without a callback: after a failed `start` it is called for nothing
    /// more, and `self` may be gone.
    mutating func startFailed(_ reason: String) {
        dropEverything()
        phase = .stopped
        outgoing.append(.startFailed(reason: reason))
    }

    /// `nil` where the plug-in does not run: then `stopped` is said at once.
    mutating func beginStop(now: UInt64) -> Closing? {
        guard phase == .running else {
            finishStop()
            return nil
        }
        // From here on nothing new begins, so what is collected here is all there is.
        phase = .stopping
        var closing = Closing()
        for message in messages.values.sorted(by: { $0.handle < $1.handle }) {
            if message.answer == .awaited {
                finish(message, as: .over)
                sayUnanswered(message, now: now)
                message.owesExpiry = true
            }
            if !message.isPassed {
                forget(message)
            } else if message.owesExpiry {
                closing.messages.append(message.handle)
            }
        }
        for entry in inbox.popAll() {
            if case .unsubscribed(let handle, let reason) = entry {
                closing.subscriptions.append((handle, reason))
            } else {
                inbox.append(entry)
            }
        }
        closing.subscriptions += subscriptions.keys.sorted().map { ($0, .gatewayStops) }
        subscriptions = [:]
        closing.timers = timers.closeAll()
        closing.calls = calls.popAll()
        return closing
    }

    mutating func finishStop() {
        if phase != .refused && phase != .empty { phase = .stopped }
        misdeeds.keptReferences = messages.values.reduce(0) { $1.isPassed ? $0 + $1.references : $0 }
        waitingStops = max(0, waitingStops - 1)
        isFinished = true
        dropEverything()
        outgoing.reportLeftOut()
        outgoing.append(.stopped)
    }

    private mutating func dropEverything() {
        for message in messages.values where message.isPassed { forget(message) }
        subscriptions = [:]
        _ = timers.closeAll()
        _ = calls.popAll()
        borrowed = nil
    }
}
