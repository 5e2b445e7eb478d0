// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// The life cycle of a hosted plug-in. All of it runs on the plug-in's event loop; the three functions that begin
/// something may be called from any thread.
extension HostedPlugin {
    /// Opens the transport and loads the library.
    ///
    /// - Returns: a future that completes when the descriptor is known or the plug-in is refused; ``state`` says which.
    func load() -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            let promise = eventLoop.makePromise(of: Void.self)
            own.value.loading = promise
            handle(.load)
            return promise.futureResult
        }
    }

    /// Calls the plug-in's `start`.
    ///
    /// - Returns: a future that completes when it runs or has failed; ``state`` says which.
    func start() -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            let promise = eventLoop.makePromise(of: Void.self)
            own.value.starting = promise
            handle(.start)
            completePromises()
            return promise.futureResult
        }
    }

    /// Does not start the plug-in after all.
    func reject(_ failure: LoadFailure) -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            handle(.reject(failure))
            return ended()
        }
    }

    /// Takes no more messages, stops the plug-in and ends its process.
    ///
    /// - Parameter grace: how long its `stop` may take.
    /// - Returns: a future that completes when its process is reaped; in process: when it has stopped or was left
    ///   alone.
    func stop(grace: Duration) -> EventLoopFuture<Void> {
        traffic.withLockedValue { $0.refuse(.stopped) }
        return eventLoop.flatSubmit { [self] in
            handle(.stop(grace))
            return ended()
        }
    }

    /// Asks the plug-in for its services, so that those that it announces are known before its first request: for one that
    /// takes another's place.
    ///
    /// - Returns: a future that completes when it has answered; one that is silent for ``discoveryPatience`` keeps those of
    ///   its descriptor.
    func discover(receiver: String) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let deadline = Self.now + UInt64(Self.discoveryPatience.nanoseconds)
        // No number that a gateway gives out: those begin at 1.
        let message = PluginMessage(
            id: 1 << 63, kind: .serviceDiscovery, profile: "networkServiceDiscovery", attribute: "getNetworkServices",
            receiver: receiver, deadline: deadline)
        deliver(message) { [self] reply in
            if case .members(let members) = reply, let services = Self.services(announcedIn: members) {
                traffic.withLockedValue { $0.services = services }
            }
            promise.succeed()
        }
        return promise.futureResult
    }

    /// Keeps messages from it for good, with the words that applications are told.
    func refuse(_ reply: PluginReply) { traffic.withLockedValue { $0.refuse(reply) } }

    /// Says that the plug-in is in the gateway's table now.
    func wasPublished() {
        let isFirst = traffic.withLockedValue { traffic in
            defer { traffic.isPublished = true }
            return !traffic.isPublished
        }
        guard isFirst else { return }
        eventLoop.execute { [self] in
            report(own.value.changes.published(now: Self.now))
        }
    }

    /// What the plug-in is doing.
    var state: PluginLifecycle.State { traffic.withLockedValue(\.state) }

    /// - Returns: a future that completes when its process is reaped; in process: when it has stopped or was left alone.
    ///   [event loop]
    func ended() -> EventLoopFuture<Void> {
        guard !own.value.hasEnded else { return eventLoop.makeSucceededVoidFuture() }
        let promise = eventLoop.makePromise(of: Void.self)
        own.value.ending.append(promise)
        return promise.futureResult
    }

    // MARK: - Events and actions

    func handle(_ event: PluginLifecycle.Event) {
        let before = own.value.lifecycle.state
        let actions = own.value.lifecycle.handle(event)
        let state = own.value.lifecycle.state
        traffic.withLockedValue { $0.state = state }
        for action in actions { perform(action) }
        if state != before { entered(state, from: before, by: event) }
        completePromises()
    }

    private func perform(_ action: PluginLifecycle.Action) {
        switch action {
        case .sendLoad:
            transport.open(self)
            send(.load(instruction))
        case .sendStart: send(.start)
        case .sendStop: send(.stop)
        case .startTimer(let duration):
            own.value.timer?.cancel()
            own.value.timer = eventLoop.scheduleTask(in: TimeAmount(duration)) { self.handle(.timeout) }
        case .cancelTimer:
            own.value.timer?.cancel()
            own.value.timer = nil
        case .terminate: transport.terminate()
        case .close: transport.close()
        case .kill:
            if !transport.isIsolated { traffic.withLockedValue { $0.wasLeftAlone = true } }
            transport.kill()
        }
    }

    private func entered(
        _ state: PluginLifecycle.State, from before: PluginLifecycle.State, by event: PluginLifecycle.Event
    ) {
        switch state {
        case .running:
            traffic.withLockedValue { traffic in
                traffic.hasRun = true
                traffic.admit()
            }
            watchMemory()
            openInlineLane()
        case .ending:
            close(.crashed)
        case .crashed(let reason):
            logger.error("crashed: \(reason)")
            own.value.onCrash(self)
            close(.crashed)
        case .stopped:
            close(.stopped)
            if before == .idle { own.value.hasEnded = true }
            switch (before, event) {
            case (.stopping, .timeout):
                logger.warning("did not stop in time; \(transport.isIsolated ? "killed" : "its thread is left alone")")
            case (.stopping, .ended(let reason)), (.stopping, .violation(let reason)):
                logger.warning("\(reason) while it was stopped")
            default: ()
            }
        case .failed:
            close(.crashed)
        case .stopping:
            // Once more: it may have begun to run meanwhile.
            traffic.withLockedValue { $0.refuse(.stopped) }
        case .idle, .loading, .loaded, .starting: ()
        }
    }

    /// Takes no more messages and replies to those that wait. What becomes of the subscriptions is the gateway's to say, when
    /// it is told which endpoints there are now.
    private func close(_ reply: PluginReply) {
        traffic.withLockedValue { traffic in
            traffic.refuse(reply)
            traffic.isInline = false
            traffic.subscriptions = []
        }
        finishFlushes()
        answerAll(reply)
    }

    private func completePromises() {
        let state = own.value.lifecycle.state
        if state != .idle, state != .loading {
            own.value.loading?.succeed()
            own.value.loading = nil
        }
        if state != .starting {
            own.value.starting?.succeed()
            own.value.starting = nil
        }
        if own.value.hasEnded {
            for promise in own.value.ending { promise.succeed() }
            own.value.ending = []
        }
    }
}

extension PluginReply {
    static let stopped = PluginReply.unavailable("The plug-in is stopped.")
}
