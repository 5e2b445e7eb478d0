// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// One plug-in across its generations: starts it again when it has crashed, as ``RestartPolicy`` says.
///
/// Decisions are made on the plug-ins' event loop; what they led to may be read on any thread.
final class PluginSupervisor: Sendable {
    struct State {
        /// The generation that is served, or was until it crashed.
        var current: HostedPlugin
        /// One that is being loaded and started, to take its place.
        var next: HostedPlugin?
        /// What will become of it.
        var outcome: EventLoopFuture<StartOutcome>?
        var lastGeneration = 1
        /// Generations that have crashed and whose subscriptions wait for a successor.
        var predecessors: [HostedPlugin] = []
        var policy: RestartPolicy
        var isQuarantined = false
        var isStopped = false
        /// Some generation has named its services when it was asked; then the descriptor's no longer count.
        var hasAnnounced = false
        var restart: Scheduled<Void>?
        var record = CrashRecord()
        /// What earlier generations have counted.
        var counters = HostedPlugin.Counters()
        /// What their processes printed last, for the words that come before a crash.
        var output: ArraySlice<String> = []

        /// Keeps what is told of a generation that is over.
        mutating func keep(_ traffic: HostedPlugin.Traffic) {
            counters.add(traffic.counters)
            output = (output + traffic.output).suffix(HostedPlugin.keptLines)
        }
    }

    /// What became of ``startNow()``.
    enum StartOutcome: Sendable {
        case running(HostedPlugin)
        case wasRunning
        /// Its first start is not over.
        case isStarting
        case failed(LoadFailure)
    }

    let id: String
    let eventLoop: any EventLoop
    let state: NIOLockedValueBox<State>
    private let receiver: String
    private let makeGeneration: @Sendable (Int) -> HostedPlugin
    private let changed: @Sendable () -> Void
    private let logger: Logger

    /// - Parameters:
    ///   - receiver: the gateway's application id, for messages of the host's own.
    ///   - makeGeneration: makes a generation of this number, which is not loaded yet.
    ///   - changed: told on the event loop whenever what applications can reach has changed.
    init(
        receiver: String, policy: RestartPolicy, makeGeneration: @escaping @Sendable (Int) -> HostedPlugin,
        changed: @escaping @Sendable () -> Void
    ) {
        let first = makeGeneration(1)
        id = first.id
        eventLoop = first.eventLoop
        state = NIOLockedValueBox(State(current: first, policy: policy))
        self.receiver = receiver
        self.logger = first.logger
        self.makeGeneration = makeGeneration
        self.changed = changed
    }

    /// The generation that is served, or was until it crashed.
    var current: HostedPlugin { state.withLockedValue(\.current) }

    // MARK: - First start

    /// Loads the first generation.
    func load() -> EventLoopFuture<Void> { current.load() }

    /// Starts the first generation, and watches over the plug-in from then on.
    func start() -> EventLoopFuture<Void> {
        let first = current
        return eventLoop.flatSubmit { [self] in
            watch(first)
            return first.start()
        }.map { [self] in
            if first.state == .running { state.withLockedValue { $0.policy.started(now: HostedPlugin.now) } }
        }
    }

    private func watch(_ plugin: HostedPlugin) {
        plugin.own.value.onCrash = { [weak self] plugin in self?.crashed(plugin) }
    }

    // MARK: - Crashes

    /// What is served has crashed; the requests that it has are not replied to yet. [event loop]
    private func crashed(_ plugin: HostedPlugin) {
        guard case .crashed(let reason) = plugin.state else { preconditionFailure("told of a crash that was none") }
        state.withLockedValue { state in
            if plugin.flags.contains(.replayable) { state.predecessors.append(plugin) }
            state.record.add(reason: reason)
        }
        // Known when its process is reaped, which is soon: it was killed if it did not end by itself.
        plugin.ended().whenComplete { [self] _ in noteEnd(of: plugin) }
        // Behind the replies to the requests that it took along.
        eventLoop.execute { [self] in
            if !state.withLockedValue(\.isStopped) { decide() }
        }
    }

    private func noteEnd(of plugin: HostedPlugin) {
        let end = plugin.traffic.withLockedValue(\.end)
        if case .signalled(let number) = end { state.withLockedValue { $0.record.signal = number } }
    }

    private func decide() {
        let decision = state.withLockedValue { state -> RestartPolicy.Decision? in
            // Its owner has started it meanwhile: the next generation waits for this one's end only.
            guard state.next == nil else { return nil }
            return state.policy.crashed(now: HostedPlugin.now, jitter: Double.random(in: 0..<1))
        }
        switch decision {
        case nil: ()
        case .restart(let pause):
            logger.notice("is started again in \(Double(pause / 1_000_000) / 1_000) s")
            let restart = eventLoop.scheduleTask(in: .nanoseconds(Int64(pause))) { _ = self.bringUp() }
            state.withLockedValue { $0.restart = restart }
        case .quarantine:
            let words = "crashed \(RestartPolicy.maximumCrashes) times within 10 minutes and is not started again"
            logger.error("\(words), until its file or its configuration changes, or `gotapi plugin start \(id)`")
            state.withLockedValue { state in
                state.isQuarantined = true
                state.predecessors = []
                state.current.refuse(
                    .unavailable("The plug-in is quarantined: it \(words) before its owner says so."))
            }
        }
        changed()
    }

    // MARK: - Later starts

    /// Starts the plug-in at once, where it does not run, and forgets its crashes.
    func startNow() -> EventLoopFuture<StartOutcome> {
        eventLoop.flatSubmit { [self] in
            guard !state.withLockedValue(\.isStopped) else { return eventLoop.makeSucceededFuture(.failed(.stopping)) }
            let (current, outcome) = state.withLockedValue { state in
                state.policy.reset()
                state.isQuarantined = false
                state.restart?.cancel()
                state.restart = nil
                return (state.current, state.outcome)
            }
            switch current.state {
            case .idle, .loading, .loaded, .starting: return eventLoop.makeSucceededFuture(.isStarting)
            case .running:
                state.withLockedValue { $0.policy.started(now: HostedPlugin.now) }
                return eventLoop.makeSucceededFuture(.wasRunning)
            case .stopping, .stopped, .failed, .ending, .crashed: return outcome ?? bringUp()
            }
        }
    }

    /// Loads and starts another generation, and lets it take the place of the one that has crashed. [event loop]
    private func bringUp() -> EventLoopFuture<StartOutcome> {
        let (last, next) = state.withLockedValue { state -> (HostedPlugin, HostedPlugin?) in
            guard !state.isStopped, state.next == nil else { return (state.current, nil) }
            state.restart = nil
            if state.current.traffic.withLockedValue(\.hasAnnounced) { state.hasAnnounced = true }
            let next = makeGeneration(state.lastGeneration + 1)
            state.lastGeneration += 1
            state.next = next
            return (state.current, next)
        }
        guard let next else { return eventLoop.makeSucceededFuture(.wasRunning) }
        // The device may be open once only: not before the other process is gone.
        let outcome = last.ended()
            .flatMap { next.load() }
            .flatMap { next.state == .loaded ? next.start() : self.eventLoop.makeSucceededVoidFuture() }
            .flatMap { [self] in
                // Where nobody has asked yet, the descriptor's services are those that are known.
                let isAsked = next.state == .running && state.withLockedValue(\.hasAnnounced)
                return isAsked ? next.discover(receiver: receiver) : eventLoop.makeSucceededVoidFuture()
            }
            .map { [self] in take(next, after: last) }
        state.withLockedValue { if $0.next === next { $0.outcome = outcome } }
        return outcome
    }

    private func take(_ next: HostedPlugin, after last: HostedPlugin) -> StartOutcome {
        let isStopped = state.withLockedValue { state in
            state.next = nil
            state.outcome = nil
            return state.isStopped
        }
        guard !isStopped else {
            _ = next.stop(grace: PluginLifecycle.Timeout.stop)
            return .failed(.stopping)
        }
        if next.state == .running {
            watch(next)
            state.withLockedValue { state in
                state.keep(state.current.traffic.withLockedValue { $0 })
                state.current = next
                state.isQuarantined = false
                state.restart?.cancel()
                state.restart = nil
                state.policy.started(now: HostedPlugin.now)
            }
            logger.notice("runs again\(next.transport.pid.map { " as process \($0)" } ?? "")")
            changed()
            return .running(next)
        }
        let failure: LoadFailure =
            switch next.state {
            case .failed(let failure): failure
            case .crashed(let reason): LoadFailure(.crashed, reason)
            default: LoadFailure(.startFailed, "was stopped while it started")
            }
        logger.error("could not be started again: \(failure)")
        state.withLockedValue { state in
            state.record.add(reason: "\(failure)")
            state.keep(next.traffic.withLockedValue { $0 })
        }
        noteEnd(of: next)
        // One that has never been served was not started again before its owner wanted it, and is not now.
        if case .crashed = last.state { decide() }
        return .failed(failure)
    }

    // MARK: - For the gateway's table

    /// Whom applications may be told of, the generation that runs or has run; and what becomes of the subscriptions of those
    /// before it, each of which is named once with its successor. The subscriptions of a generation that repeats requests
    /// safely wait as soon as it is away, whoever notices first.
    func publication() -> (endpoint: HostedPlugin?, successions: [EndpointChange.Succession]) {
        state.withLockedValue { state in
            let current = state.current
            let isOnline = current.isOnline
            var successions = state.predecessors.map {
                EndpointChange.Succession(predecessor: $0, successor: isOnline ? current : nil)
            }
            if isOnline { state.predecessors = [] }
            if current.flags.contains(.replayable), !state.isQuarantined, !state.isStopped {
                successions.append(.init(predecessor: current, successor: nil))
            }
            return (current.hasRun ? current : nil, successions)
        }
    }

    // MARK: - End

    /// Whether some process may still use the library's copy. One that was loaded in process is used for good.
    var mayUseLibrary: Bool {
        let plugin = current
        return !plugin.transport.isIsolated || plugin.transport.pid != nil
    }

    /// Stops the plug-in for good; see ``HostedPlugin/stop(grace:)``.
    func stop(grace: Duration) -> EventLoopFuture<Void> {
        let plugins = state.withLockedValue { state in
            state.isStopped = true
            state.restart?.cancel()
            return [state.current, state.next].compactMap(\.self)
        }
        return .andAllComplete(plugins.map { $0.stop(grace: grace) }, on: eventLoop)
    }
}

extension LoadFailure {
    fileprivate static let stopping = LoadFailure(.startFailed, "the gateway is stopping")
}
