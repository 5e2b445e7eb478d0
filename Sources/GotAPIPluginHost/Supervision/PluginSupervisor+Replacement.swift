// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// Replacing a plug-in by another version of it, or with another configuration: plugin-abi.md, "Reload". On any failure what
/// ran before goes on.
///
///     loadReplacement ──▶ startReplacement ──▶ commitReplacement     the device can be open twice
///                    └──▶ exchange                                  EXCLUSIVE
///                    └──▶ abandonReplacement                        at any failure
extension PluginSupervisor {
    /// How long the one before gets for its requests where the device can be open only once.
    static let exclusiveGrace = Duration.seconds(5)

    /// Loads a generation of another plan beside the one that runs.
    ///
    /// - Returns: why that failed, or `nil`; the replacement is then forgotten.
    func loadReplacement(_ plan: GenerationPlan) -> EventLoopFuture<LoadFailure?> {
        eventLoop.flatSubmit { [self] in
            settled().flatMap { [self] in
                let plugin = state.withLockedValue { state -> HostedPlugin? in
                    guard !state.isStopped, !state.isRetired else { return nil }
                    let plugin = state.makeGeneration(of: plan)
                    state.replacement = (plugin, plan)
                    if let restart = state.restart {
                        restart.cancel()
                        state.restart = nil
                        state.owesDecision = true
                    }
                    return plugin
                }
                guard let plugin else { return eventLoop.makeSucceededFuture(.stopping) }
                return plugin.load().map { plugin.state == .loaded ? nil : plugin.startFailure }
            }
        }
    }

    /// Waits until nothing is being started.
    private func settled() -> EventLoopFuture<Void> {
        let (firstStart, outcome) = state.withLockedValue { ($0.firstStart, $0.outcome) }
        return firstStart ?? outcome?.map { _ in } ?? eventLoop.makeSucceededVoidFuture()
    }

    /// The one that is to take over, once it is loaded.
    var replacement: HostedPlugin? { state.withLockedValue { $0.replacement?.plugin } }

    /// Whether the device may be open only once, says either generation.
    var isExclusive: Bool {
        state.withLockedValue { state in
            state.current.flags.contains(.exclusive) || state.replacement?.plugin.flags.contains(.exclusive) == true
        }
    }

    /// Starts what was loaded, and has it name its services where the one before has.
    ///
    /// - Returns: why that failed, or `nil`.
    func startReplacement() -> EventLoopFuture<LoadFailure?> {
        guard let plugin = replacement else { return eventLoop.makeSucceededFuture(.stopping) }
        return bringIntoService(plugin)
    }

    private func bringIntoService(_ plugin: HostedPlugin) -> EventLoopFuture<LoadFailure?> {
        plugin.start().flatMap { [self] in
            let isAsked = state.withLockedValue { state in
                if state.current.traffic.withLockedValue(\.hasAnnounced) { state.hasAnnounced = true }
                return state.hasAnnounced
            }
            guard plugin.state == .running, isAsked else { return eventLoop.makeSucceededVoidFuture() }
            return plugin.discover(receiver: settings().receiver)
        }.map { plugin.state == .running ? nil : plugin.startFailure }
    }

    /// Lets what was started take over: in the gateway's table with the next publication.
    ///
    /// - Returns: why it does not, or `nil`.
    func commitReplacement() -> EventLoopFuture<LoadFailure?> {
        eventLoop.submit { [self] in
            guard let (plugin, plan) = state.withLockedValue({ $0.isStopped ? nil : $0.replacement }) else {
                return .stopping
            }
            // It may have crashed since.
            guard plugin.state == .running else { return plugin.startFailure }
            watch(plugin)
            state.withLockedValue { $0.takeOver(plugin, plan) }
            let place = plugin.transport.pid.map { "as process \($0)" } ?? "in the gateway's process"
            plugin.logger.notice("was replaced: generation \(plugin.generation) runs \(place)")
            return nil
        }
    }

    /// The replacement is not wanted: what was before goes on.
    ///
    /// - Parameter plan: the replacement's.
    func abandonReplacement(_ plan: GenerationPlan, _ failure: LoadFailure) -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            guard let plugin = replacement else {
                retired(plan, true)
                return eventLoop.makeSucceededVoidFuture()
            }
            let ended =
                plugin.state == .loaded ? plugin.reject(failure) : plugin.stop(grace: PluginLifecycle.Timeout.stop)
            let decides = state.withLockedValue { state in
                state.replacement = nil
                defer { state.owesDecision = false }
                return state.owesDecision
            }
            if decides { decide() }
            return ended.map { [self] in retired(plan, plugin.stoppedInOrder) }
        }
    }

    // MARK: - A device that can be open only once

    /// Stops the one that runs, starts the replacement and lets it take over; if that fails, starts the one before again.
    /// Requests that come meanwhile wait.
    ///
    /// - Returns: why the replacement does not run, or `nil`.
    func exchange() -> EventLoopFuture<LoadFailure?> {
        eventLoop.flatSubmit { [self] in
            let old = current
            guard let plugin = replacement else { return eventLoop.makeSucceededFuture(.stopping) }
            let wasRunning = old.state == .running
            return (wasRunning ? stopHolding(old) : old.ended())
                .flatMap { [self] in bringIntoService(plugin) }
                .flatMap { [self] failure in
                    failure == nil ? commitReplacement() : eventLoop.makeSucceededFuture(failure)
                }
                .flatMap { [self] failure in
                    guard let failure else {
                        changed()
                        return eventLoop.makeSucceededFuture(nil)
                    }
                    return wasRunning
                        ? rollBack(to: old).map { failure } : eventLoop.makeSucceededFuture(failure)
                }
        }
    }

    private func stopHolding(_ plugin: HostedPlugin) -> EventLoopFuture<Void> {
        plugin.hold()
        return plugin.drain(patience: Self.exclusiveGrace)
            .flatMap { plugin.stop(grace: PluginLifecycle.Timeout.stop) }
    }

    /// Starts the version before again, in a generation of its own. [event loop]
    private func rollBack(to old: HostedPlugin) -> EventLoopFuture<Void> {
        let ended = state.withLockedValue { $0.replacement?.plugin }?.ended() ?? eventLoop.makeSucceededVoidFuture()
        return ended.flatMap { [self] in
            let again = state.withLockedValue { state -> HostedPlugin? in
                guard !state.isStopped, state.distrust == nil else { return nil }
                let again = state.makeGeneration(of: state.plan)
                state.next = again
                return again
            }
            guard let again else {
                giveUpRollBack(to: old, state.withLockedValue(\.distrust) ?? .stopping)
                return eventLoop.makeSucceededVoidFuture()
            }
            return again.load().flatMap { [self] in
                again.state == .loaded
                    ? bringIntoService(again) : eventLoop.makeSucceededFuture(again.startFailure)
            }.map { [self] failure in
                let isStopped = state.withLockedValue { state in
                    state.next = nil
                    return state.isStopped
                }
                if failure == nil, !isStopped {
                    watch(again)
                    state.withLockedValue { $0.takeOver(again, $0.plan) }
                    return changed()
                }
                // Nothing where it does not run.
                _ = again.stop(grace: PluginLifecycle.Timeout.stop)
                giveUpRollBack(to: old, failure ?? .stopping)
            }
        }
    }

    /// Neither version runs now: the one before is started again later, as after a crash. [event loop]
    private func giveUpRollBack(to old: HostedPlugin, _ failure: LoadFailure) {
        logger.error("could not be started again: \(failure)")
        state.withLockedValue { state in
            state.record.add(reason: "\(failure)")
            state.owesDecision = true
            if old.isReplayable { state.predecessors.append(old) }
        }
        old.release()
        changed()
    }

    // MARK: - Removal

    /// The plug-in is not wanted any more: it ends once the gateway knows. [any thread]
    func retire() -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            state.withLockedValue { state in
                guard !state.isRetired else { return }
                state.isRetired = true
                state.restart?.cancel()
                state.restart = nil
                state.predecessors = []
                state.replaced.append(Replaced(plugin: state.current, plan: state.plan))
            }
            return settled()
        }
    }

    /// Its first start has failed, it was never served, and nothing is being done about that.
    var hasFailed: Bool {
        let (current, next) = state.withLockedValue { ($0.current, $0.next) }
        if case .failed = current.state { return next == nil }
        return false
    }

    /// Whether nothing of it lives any more.
    var hasEnded: Bool { state.withLockedValue { $0.isRetired && $0.replaced.isEmpty } }
}

extension PluginSupervisor.State {
    /// Lets another generation be served.
    fileprivate mutating func takeOver(_ plugin: HostedPlugin, _ plan: GenerationPlan) {
        if current.traffic.withLockedValue(\.hasAnnounced) { hasAnnounced = true }
        distrust = nil
        output = (output + current.traffic.withLockedValue(\.output)).suffix(HostedPlugin.keptLines)
        replaced.append(PluginSupervisor.Replaced(plugin: current, plan: self.plan))
        current = plugin
        self.plan = plan
        signature = plan.library.signature
        if replacement?.plugin === plugin { replacement = nil }
        owesDecision = false
        isQuarantined = false
        restart?.cancel()
        restart = nil
        policy.reset()
        policy.started(now: HostedPlugin.now)
    }
}

extension HostedPlugin {
    /// Why it does not run, once it is known that it does not.
    var startFailure: LoadFailure {
        switch state {
        case .failed(let failure): failure
        case .crashed(let reason), .ending(let reason): LoadFailure(.crashed, reason)
        case .idle, .loading, .loaded, .starting, .running, .stopping, .stopped:
            LoadFailure(.startFailed, "was stopped while it started")
        }
    }

    /// Its own thread is through with its code: nothing had to be left alone.
    var stoppedInOrder: Bool {
        traffic.withLockedValue { traffic in
            switch traffic.state {
            case .stopped, .failed: !traffic.wasLeftAlone
            case .idle, .loading, .loaded, .starting, .running, .stopping, .ending, .crashed: false
            }
        }
    }
}
