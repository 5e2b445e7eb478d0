// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers

/// ``EventState`` behind a lock; what it decides is done outside, in order.
final class EventHub: Sendable {
    private let state = NIOLockedValueBox(EventState())
    private let calls = OrderedCalls()
    /// Told of each text that the gateway sends of its own accord.
    private let sent: @Sendable ([UInt8]) -> Void

    init(sent: @escaping @Sendable ([UInt8]) -> Void) { self.sent = sent }

    var counts: (sockets: Int, subscriptions: Int, pushes: UInt64, dropped: UInt64) {
        state.withLockedValue { ($0.socketCount, $0.subscriptionCount, $0.pushes, $0.droppedPushes) }
    }

    /// Changes the state and does what that asks for. [any thread], no lock held.
    @discardableResult
    func decideAndPerform<Result>(_ change: (inout EventState) -> (Result, [EventState.Effect])) -> Result {
        let result = decide(change)
        calls.perform()
        return result
    }

    func perform(_ change: (inout EventState) -> [EventState.Effect]) {
        decideAndPerform { ((), change(&$0)) }
    }

    /// Changes the state; what that asks for waits for ``performDecided()``, since the caller holds a lock.
    @discardableResult
    func decide<Result>(_ change: (inout EventState) -> (Result, [EventState.Effect])) -> Result {
        state.withLockedValue { state in
            let (result, effects) = change(&state)
            // Added under the lock, so that two threads' effects keep the order of their decisions.
            for effect in effects { calls.add { self.perform(effect) } }
            return result
        }
    }

    func performDecided() { calls.perform() }

    /// The hot path: no effects, so nothing waits in line.
    func push(_ endpoint: any PluginEndpoint, _ subscription: UInt64, _ members: [UInt8]) {
        let name = Subscription.Name(endpoint, subscription)
        guard let push = state.withLockedValue({ $0.push(members, name) }) else { return }
        var text = push.text
        if text == nil {
            text = PushText.push(members, beginning: push.beginning)
            if let text { state.withLockedValue { $0.keep(text, members, beginning: push.beginning) } }
        }
        guard let text else { return }
        sent(text)
        push.outlet.send(text)
    }

    var subscribedEndpoints: [any PluginEndpoint] { state.withLockedValue(\.subscribedEndpoints) }

    func hasSubscriptions(ofMessage message: UInt64) -> Bool {
        state.withLockedValue { $0.hasSubscriptions(ofMessage: message) }
    }

    private func perform(_ effect: EventState.Effect) {
        switch effect {
        case .setReachable(let endpoint, let subscription, let isReachable):
            endpoint.setReachable(subscription, isReachable)
        case .end(let endpoint, let subscription, let reason): endpoint.endSubscription(subscription, reason: reason)
        case .send(let outlet, let text):
            sent(text)
            outlet.send(text)
        case .close(let outlet, let code): outlet.close(code: code)
        }
    }
}
