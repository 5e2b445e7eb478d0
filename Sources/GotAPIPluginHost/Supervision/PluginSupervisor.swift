// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// One plug-in across its generations: starts it again when it has crashed, as ``RestartPolicy`` says, and replaces it.
///
/// Decisions are made on the plug-ins' event loop; what they led to may be read on any thread.
final class PluginSupervisor: Sendable {
    struct State {
        /// The generation that is served, or was until it crashed.
        var current: HostedPlugin
        /// What it was made from, and will be when it has crashed.
        var plan: GenerationPlan
        /// Whose signature its library has, as of the last reload.
        var signature: SignatureVerdict?
        /// Why it must not be started again: its library is not trusted any more.
        var distrust: LoadFailure?
        /// One of the same plan that is being loaded and started, to take its place.
        var next: HostedPlugin?
        /// What will become of it.
        var outcome: EventLoopFuture<StartOutcome>?
        /// Until the first start is over.
        var firstStart: EventLoopFuture<Void>?
        /// One of another plan that is to take its place; meanwhile nothing is started again.
        var replacement: (plugin: HostedPlugin, plan: GenerationPlan)?
        /// It has crashed, and what becomes of it waits for the replacement's fate.
        var owesDecision = false
        /// Generations that are no longer served and have not ended.
        var replaced: [Replaced] = []
        var isRetired = false
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

        mutating func makeGeneration(of plan: GenerationPlan) -> HostedPlugin {
            lastGeneration += 1
            return plan.make(lastGeneration)
        }

        /// Keeps what is told of a generation that is over.
        mutating func keep(_ traffic: HostedPlugin.Traffic) {
            counters.add(traffic.counters)
            output = (output + traffic.output).suffix(HostedPlugin.keptLines)
        }
    }

    /// A generation that has given way.
    struct Replaced {
        let plugin: HostedPlugin
        let plan: GenerationPlan
        /// It is draining, since the gateway knows its successor.
        var isEnding = false
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
    let settings: @Sendable () -> PluginHostSettings
    let changed: @Sendable () -> Void
    /// Told when no generation of a plan lives any more, and whether its code has come to an end in order.
    let retired: @Sendable (GenerationPlan, Bool) -> Void
    let logger: Logger

    /// - Parameters:
    ///   - settings: those that hold now.
    ///   - changed: told on the event loop whenever what applications can reach has changed.
    ///   - retired: told on the event loop when no generation of a plan lives any more.
    init(
        _ plan: GenerationPlan, settings: @escaping @Sendable () -> PluginHostSettings,
        changed: @escaping @Sendable () -> Void, retired: @escaping @Sendable (GenerationPlan, Bool) -> Void
    ) {
        let first = plan.make(1)
        id = first.id
        eventLoop = first.eventLoop
        state = NIOLockedValueBox(
            State(
                current: first, plan: plan, signature: plan.library.signature, policy: settings().restartPolicy))
        self.settings = settings
        self.logger = first.logger
        self.changed = changed
        self.retired = retired
    }

    /// The generation that is served, or was until it crashed.
    var current: HostedPlugin { state.withLockedValue(\.current) }
    /// What it was made from.
    var plan: GenerationPlan { state.withLockedValue(\.plan) }

    // MARK: - First start

    /// Loads the first generation.
    func load() -> EventLoopFuture<Void> { current.load() }

    /// Starts the first generation, and watches over the plug-in from then on.
    func start() -> EventLoopFuture<Void> {
        let first = current
        let outcome = eventLoop.flatSubmit { [self] in
            watch(first)
            return first.start()
        }.map { [self] in
            state.withLockedValue { state in
                state.firstStart = nil
                if first.state == .running { state.policy.started(now: HostedPlugin.now) }
            }
        }
        state.withLockedValue { if first.state == .loaded || first.state == .starting { $0.firstStart = outcome } }
        return outcome
    }

    /// Does not start the first generation after all, or not go on with it.
    func reject(_ failure: LoadFailure) -> EventLoopFuture<Void> {
        let first = current
        state.withLockedValue { $0.isStopped = true }
        let ended = first.state == .loaded ? first.reject(failure) : first.stop(grace: PluginLifecycle.Timeout.stop)
        return ended.map { [self] in retired(plan, first.stoppedInOrder) }
    }

    func watch(_ plugin: HostedPlugin) {
        plugin.own.value.onCrash = { [weak self] plugin in self?.crashed(plugin) }
    }

    // MARK: - Crashes

    /// What is served has crashed; the requests that it has are not replied to yet. [event loop]
    private func crashed(_ plugin: HostedPlugin) {
        guard case .crashed(let reason) = plugin.state else { preconditionFailure("told of a crash that was none") }
        // One that was replaced is not missed.
        guard plugin === current else { return }
        state.withLockedValue { state in
            if plugin.flags.contains(.replayable) { state.predecessors.append(plugin) }
            state.record.add(reason: reason)
        }
        // Known when its process is reaped, which is soon: it was killed if it did not end by itself.
        plugin.ended().whenComplete { [self] _ in noteEnd(of: plugin) }
        // Behind the replies to the requests that it took along.
        eventLoop.execute { [self] in
            if plugin === current { decide() }
        }
    }

    private func noteEnd(of plugin: HostedPlugin) {
        let end = plugin.traffic.withLockedValue(\.end)
        if case .signalled(let number) = end { state.withLockedValue { $0.record.signal = number } }
    }

    func decide() {
        let decision = state.withLockedValue { state -> RestartPolicy.Decision? in
            // Its owner has started it meanwhile: the next generation waits for this one's end only.
            guard state.next == nil, !state.isStopped, !state.isRetired else { return nil }
            guard state.replacement == nil else {
                state.owesDecision = true
                return nil
            }
            if state.distrust != nil { return .quarantine }
            return state.policy.crashed(now: HostedPlugin.now, jitter: Double.random(in: 0..<1))
        }
        switch decision {
        case nil: ()
        case .restart(let pause):
            logger.notice("is started again in \(Double(pause / 1_000_000) / 1_000) s")
            let restart = eventLoop.scheduleTask(in: .nanoseconds(Int64(pause))) { _ = self.bringUp() }
            state.withLockedValue { $0.restart = restart }
        case .quarantine:
            let distrust = state.withLockedValue(\.distrust)
            let words =
                distrust.map { "is not started again: \($0)" }
                ?? "crashed \(RestartPolicy.maximumCrashes) times within 10 minutes and is not started again"
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
            guard state.withLockedValue({ $0.replacement == nil }) else {
                return eventLoop.makeSucceededFuture(.isStarting)
            }
            if let distrust = state.withLockedValue(\.distrust), !current.isOnline {
                return eventLoop.makeSucceededFuture(.failed(distrust))
            }
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
    func bringUp() -> EventLoopFuture<StartOutcome> {
        let (last, next) = state.withLockedValue { state -> (HostedPlugin, HostedPlugin?) in
            guard !state.isStopped, !state.isRetired, state.next == nil, state.replacement == nil else {
                return (state.current, nil)
            }
            state.restart = nil
            if state.current.traffic.withLockedValue(\.hasAnnounced) { state.hasAnnounced = true }
            let next = state.makeGeneration(of: state.plan)
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
                return isAsked ? next.discover(receiver: settings().receiver) : eventLoop.makeSucceededVoidFuture()
            }
            .map { [self] in take(next, after: last) }
        state.withLockedValue { if $0.next === next { $0.outcome = outcome } }
        return outcome
    }

    private func take(_ next: HostedPlugin, after last: HostedPlugin) -> StartOutcome {
        let isStopped = state.withLockedValue { state in
            state.next = nil
            state.outcome = nil
            return state.isStopped || state.isRetired
        }
        guard !isStopped else {
            state.withLockedValue { $0.replaced.append(Replaced(plugin: next, plan: $0.plan, isEnding: true)) }
            next.stop(grace: PluginLifecycle.Timeout.stop).whenComplete { [self] _ in forget(next) }
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
        let failure = next.startFailure
        logger.error("could not be started again: \(failure)")
        state.withLockedValue { state in
            state.record.add(reason: "\(failure)")
            state.keep(next.traffic.withLockedValue { $0 })
        }
        noteEnd(of: next)
        // One that has never been served was not started again before its owner wanted it, and is not now.
        if last.hasRun { decide() }
        return .failed(failure)
    }

    // MARK: - End

    /// Whose copies no process uses any more. One that was loaded in process is used for good.
    var plansOfEndedProcesses: [GenerationPlan] {
        let (generations, plan, current) = state.withLockedValue { state in
            let others = state.replaced.map { ($0.plugin, $0.plan) } + [state.replacement].compactMap(\.self)
            return (others, state.plan, state.current)
        }
        return (generations + [(current, plan)]).filter { $0.0.transport.isIsolated && $0.0.transport.pid == nil }.map(
            \.1)
    }

    /// Stops the plug-in for good; see ``HostedPlugin/stop(grace:)``.
    func stop(grace: Duration) -> EventLoopFuture<Void> {
        let plugins = state.withLockedValue { state in
            state.isStopped = true
            state.restart?.cancel()
            return [state.current, state.next, state.replacement?.plugin].compactMap(\.self)
                + state.replaced.map(\.plugin)
        }
        return .andAllComplete(plugins.map { $0.stop(grace: grace) }, on: eventLoop)
    }
}

extension LoadFailure {
    static let stopping = LoadFailure(.startFailed, "the gateway is stopping")
}
