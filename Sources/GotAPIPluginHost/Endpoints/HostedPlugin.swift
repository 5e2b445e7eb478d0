// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIPluginRuntime
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// One generation of a plug-in behind GotAPI-4, in a process of its own or in this one; the transport makes the
/// difference.
///
/// What requests need is behind one lock, so that any thread may deliver; the life cycle, and everything that the
/// plug-in says, belongs to one event loop. No lock is held while others are called.
final class HostedPlugin: PluginEndpoint {
    /// What any thread may touch.
    struct Traffic {
        /// What messages are replied to while they are not taken; `nil` while they are.
        private(set) var refusal: PluginReply? = .unavailable("The plug-in is not started yet.")
        /// Messages are kept for whoever serves next, instead of being taken or refused.
        var isHolding = false
        /// It is being replaced: when it has answered what it was asked, it takes nothing more.
        var isDraining = false
        /// Its code could not be ended.
        var wasLeftAlone = false
        /// It has been served.
        var hasRun = false
        var pending = PendingTable()
        var subscriptions: Set<UInt64> = []
        var isSweeping = false
        var counters = Counters()
        var descriptor: PluginDescriptor?
        var services: [Service] = []
        /// Requests are handled on the thread that brings them.
        var isInline = false
        /// How often that has held a thread up.
        var standstills = 0
        /// The members of its last answer to a discovery; the services of its descriptor no longer count then.
        var announcement: [UInt8]?
        var hasAnnounced: Bool { announcement != nil }
        var state = PluginLifecycle.State.idle
        var isHung = false
        var isPublished = false
        /// The last lines that its process printed.
        var output: [String] = []
        /// How its process ended.
        var end: ProcessEnd?
        /// What the runner has said of its cage.
        var cage: [CageFeature] = []

        /// Keeps messages from the plug-in from now on. For those of a superseded one there is another that takes them.
        mutating func refuse(_ reply: PluginReply) {
            if refusal != .superseded { refusal = isDraining ? .superseded : reply }
        }

        mutating func admit() {
            if refusal != .superseded { refusal = nil }
        }
    }

    struct Counters: Sendable, Equatable {
        /// Requests that the gateway wanted to hand over.
        var requests = 0
        /// Those whose reply was not the plug-in's.
        var errors = 0
        var pushes = 0
        /// Answers and pushes for what is not waited for any more, or never was.
        var stray = 0

        mutating func add(_ other: Self) {
            requests += other.requests
            errors += other.errors
            pushes += other.pushes
            stray += other.stray
        }
    }

    /// What belongs to the event loop.
    struct Private {
        var lifecycle = PluginLifecycle()
        var timer: Scheduled<Void>?
        var watch: ThreadWatch
        var logLimit = RateLimit(linesPerSecond: 1_000)
        var flood = FloodWatch()
        var outputLimit = RateLimit(linesPerSecond: 100)
        /// Pushes of the batch that is being read, in bytes of payload.
        var unreportedPushBytes: UInt64 = 0
        var changes = ServiceChangeNotice()
        var loading: EventLoopPromise<Void>?
        var starting: EventLoopPromise<Void>?
        var ending: [EventLoopPromise<Void>] = []
        var hasEnded = false
        var onCrash: (HostedPlugin) -> Void = { _ in }
        /// Told after an answer while it is draining and has subscriptions.
        var onAnswer: () -> Void = {}
        var draining: [EventLoopPromise<Void>] = []
        /// By the number of their `flush`, what is called when it comes back.
        var flushes: [UInt64: (subscriptions: [UInt64], completion: @Sendable () -> Void)] = [:]
        var lastFlush: UInt64 = 0
    }

    /// How many printed lines are kept, for `gotapi plugin list --verbose` and the report of a crash.
    static let keptLines = 20
    /// How often a table of pending messages is looked through while it is not empty; so long may a deadline be missed.
    static let sweepInterval = TimeAmount.milliseconds(50)

    /// How often what its process has in memory is looked at.
    static let memoryInterval = TimeAmount.seconds(1)
    /// How long a plug-in that takes another's place may take to name its services.
    static let discoveryPatience = TimeAmount.seconds(1)

    let id: String
    let generation: Int
    let instruction: LoadInstruction
    /// The note's, which the descriptor has to repeat.
    let flags: PluginDescriptor.Flags
    /// In bytes, for its process.
    let memoryLimit: UInt64
    private let hungAfter: @Sendable () -> UInt64
    let inlineWatch: InlineWatch?
    let transport: any PluginTransport
    let sink: any EventSink
    let eventLoop: any EventLoop
    let logger: Logger
    let traffic = NIOLockedValueBox(Traffic())
    let own: NIOLoopBoundBox<Private>

    /// - Parameters:
    ///   - flags: those of the library's note.
    ///   - memoryLimit: in bytes; a process that has more in memory is ended. Nothing in process.
    ///   - hungAfter: in nanoseconds; how long the plug-in's thread may be blocked until it counts as hung.
    ///   - inlineWatch: where it shall have the inline lane.
    init(
        generation: Int, instruction: LoadInstruction, flags: PluginDescriptor.Flags, transport: any PluginTransport,
        sink: any EventSink, eventLoop: any EventLoop, hungAfter: @escaping @Sendable () -> UInt64, memoryLimit: UInt64,
        inlineWatch: InlineWatch? = nil, logger: Logger
    ) {
        self.inlineWatch = inlineWatch
        self.memoryLimit = memoryLimit
        self.hungAfter = hungAfter
        id = instruction.id
        self.generation = generation
        self.instruction = instruction
        self.flags = flags
        self.transport = transport
        self.sink = sink
        self.eventLoop = eventLoop
        var logger = logger
        logger[metadataKey: "plugin"] = .string(id)
        self.logger = logger
        own = .makeBoxSendingValue(Private(watch: ThreadWatch(patience: hungAfter())), eventLoop: eventLoop)
    }

    var name: String { traffic.withLockedValue { $0.descriptor?.name ?? id } }
    var services: [Service] { traffic.withLockedValue(\.services) }

    /// What it has said last, in its descriptor or when it was asked. Reads the answer anew each time.
    var presentServices: [Service] {
        traffic.withLockedValue(\.announcement).flatMap(Self.services(announcedIn:)) ?? services
    }

    /// - Returns: `nil` where the members say nothing of services.
    static func services(announcedIn members: [UInt8]) -> [Service]? {
        guard let scanned = try? JSONScanner.members(of: members),
            let services = scanned.first(where: { $0.name == "services" }),
            let list = try? Service.list(Array(members[services.value]))
        else { return nil }
        return list.services
    }

    /// Whether it runs or has run, so that applications may know of it.
    var hasRun: Bool { traffic.withLockedValue(\.hasRun) }

    /// Also while another is about to take its place, and messages wait for that one.
    var isOnline: Bool { traffic.withLockedValue { $0.state == .running || $0.isHolding } }

    var isReplayable: Bool { flags.contains(.replayable) }

    /// CLOCK_MONOTONIC in nanoseconds.
    static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }

    // MARK: - Messages, from any thread

    func deliver(_ message: PluginMessage, reply: @escaping @Sendable (PluginReply) -> Void) {
        var isHeld = false
        var isInline = false
        let (refusal, startsSweep) = traffic.withLockedValue { traffic -> (PluginReply?, Bool) in
            if message.kind == .request { traffic.counters.requests += 1 }
            isHeld = traffic.isHolding
            isInline = traffic.isInline && message.kind == .request
            if !isHeld, let refusal = traffic.refusal { return (refusal, false) }
            if let reason = traffic.pending.insert(message, isHeld: isHeld, reply: reply) {
                return (.overloaded(reason), false)
            }
            defer { traffic.isSweeping = true }
            return (nil, !traffic.isSweeping)
        }
        if let refusal {
            count(refusal, for: message)
            return reply(refusal)
        }
        if startsSweep { eventLoop.scheduleTask(in: Self.sweepInterval) { self.sweep() } }
        guard !isHeld else { return }
        if isInline {
            switch transport.call(message) {
            case .answered(let members):
                answer(message.id, .members(members))
                return
            case .called: return
            case .notCalled: break
            }
        }
        if !transport.send(.message(message)) {
            answer(message.id, .overloaded("The plug-in does not read what it is sent."))
        }
    }

    func cancel(_ message: UInt64) {
        guard let entry = take(message, .unanswered) else { return }
        if !entry.isHeld { send(.expire(message: message)) }
    }

    func endSubscription(_ subscription: UInt64, reason: UnsubscribeReason) {
        let wasThere = traffic.withLockedValue { $0.subscriptions.remove(subscription) != nil }
        if wasThere { send(.unsubscribe(subscription: subscription, reason: reason)) }
    }

    func setReachable(_ subscription: UInt64, _ isReachable: Bool) {
        let isThere = traffic.withLockedValue { $0.subscriptions.contains(subscription) }
        if isThere { send(.reachable(subscription: subscription, isReachable)) }
    }

    /// Replies to a message, unless that was done before.
    ///
    /// - Returns: whether it was done now.
    @discardableResult
    func answer(_ message: UInt64, _ reply: PluginReply) -> Bool { take(message, reply) != nil }

    private func take(_ message: UInt64, _ reply: PluginReply) -> PendingTable.Entry? {
        let (entry, isDraining) = traffic.withLockedValue { ($0.pending.remove(message), $0.isDraining) }
        guard let entry else { return nil }
        if entry.message.kind == .serviceDiscovery, case .members(let members) = reply {
            traffic.withLockedValue { $0.announcement = members }
        }
        count(reply, for: entry.message)
        entry.reply(reply)
        if isDraining { noteAnswer() }
        return entry
    }

    /// - Parameter held: those that are held rather than those that the plug-in was given.
    func answerAll(_ reply: PluginReply, held: Bool = false) {
        let entries = traffic.withLockedValue { $0.pending.removeAll(held: held) }
        for entry in entries {
            count(reply, for: entry.message)
            entry.reply(reply)
        }
        noteAnswer()
    }

    private func count(_ reply: PluginReply, for message: PluginMessage) {
        guard message.kind == .request else { return }
        if case .members = reply { return }
        traffic.withLockedValue { traffic in
            switch reply {
            case .members: ()
            case .superseded: traffic.counters.requests -= 1  // It is another's.
            case .timeout, .unanswered, .crashed, .unavailable, .overloaded: traffic.counters.errors += 1
            }
        }
    }

    /// Sends a frame that must not be lost; a process that lets so many wait is ended.
    func send(_ frame: HostFrame) {
        guard !transport.send(frame) else { return }
        eventLoop.execute { self.handle(.violation(reason: "does not read what it is sent")) }
    }

    // MARK: - Time

    private func sweep() {
        let now = Self.now
        let (expired, hasPending) = traffic.withLockedValue { traffic in
            (traffic.pending.removeExpired(now: now), traffic.pending.hasDelivered)
        }
        for entry in expired {
            if !entry.isHeld { send(.expire(message: entry.message.id)) }
            count(.timeout, for: entry.message)
            entry.reply(.timeout)
        }
        if !expired.isEmpty { noteAnswer() }
        // What is over may still hold messages for its successor.
        let isOver = own.value.lifecycle.isOver
        if !isOver { watchThread(now: now, hasPending: hasPending) }
        let isWatching = !isOver && own.value.watch.isWaiting
        let next = traffic.withLockedValue { traffic -> TimeAmount? in
            guard let deadline = traffic.pending.earliestDeadline else {
                traffic.isSweeping = isWatching
                return isWatching ? Self.sweepInterval : nil
            }
            let rest = TimeAmount.nanoseconds(Int64(clamping: deadline > now ? deadline - now : 0))
            return min(Self.sweepInterval, max(rest, .milliseconds(1)))
        }
        if let next { eventLoop.scheduleTask(in: next) { self.sweep() } }
    }

    private func watchThread(now: UInt64, hasPending: Bool) {
        own.value.watch.patience = hungAfter()
        switch own.value.watch.tick(now: now, hasPendingRequests: hasPending) {
        case .probe(let number): send(.probe(number))
        case .warn:
            logger.warning("has blocked its thread for 5 s; its requests wait")
        case .hung:
            let reason = "has blocked its thread for \(own.value.watch.patience / 1_000_000_000) s"
            traffic.withLockedValue {
                $0.refuse(.unavailable("The plug-in is blocked."))
                $0.isHung = true
            }
            if transport.isIsolated {
                logger.error("\(reason) and is ended")
                handle(.hung(reason: reason))
            } else {
                logger.error("\(reason); its requests are refused until the thread comes back")
            }
        case nil: ()
        }
    }

    /// Ends a process that has more in memory than it may: the kernel's limits know nothing of what is resident, except those
    /// of control groups.
    func watchMemory() {
        guard transport.isIsolated else { return }
        eventLoop.scheduleRepeatedTask(initialDelay: Self.memoryInterval, delay: Self.memoryInterval) {
            [weak self] task in
            guard let self, case .running = own.value.lifecycle.state, let pid = transport.pid else {
                return task.cancel()
            }
            guard let size = ResidentSize.bytes(of: pid), size > memoryLimit else { return }
            task.cancel()
            let limit = memoryLimit >> 20
            handle(.violation(reason: "has \(size >> 20) MiB in memory and may have \(limit) (memory_limit)"))
        }
    }

    func cameBack(after nanoseconds: UInt64) {
        logger.warning("its thread came back after \(nanoseconds / 1_000_000_000) s")
        let isRunning = own.value.lifecycle.state == .running
        traffic.withLockedValue {
            $0.isHung = false
            if isRunning { $0.admit() }
        }
    }
}
