// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers

/// Subscriptions that go on with another generation of their plug-in: the requests that began them are offered to it again
/// (plugin-abi.md, "Reload", step 4).
///
/// Where the successor subscribes and answers with result 0, pushes go on; else the application gets an error push. Where it
/// is gone before it could answer, they wait for its own successor.
final class SubscriptionReplay: Sendable {
    private struct State {
        var rest: ArraySlice<Subscription>
        var inFlight = 0
        var isAdvancing = false

        mutating func takeNext() -> Subscription? {
            guard inFlight < SubscriptionReplay.window, let next = rest.popFirst() else {
                isAdvancing = false
                return nil
            }
            inFlight += 1
            return next
        }
    }

    /// How many repeated requests may wait for their answers at once: far below what a plug-in may have in all, so that
    /// applications' own are not refused meanwhile.
    static let window = 64

    private let gateway: Gateway
    private let successor: RoutedPlugin
    private let state: NIOLockedValueBox<State>

    /// - Parameter subscriptions: which were taken out of the gateway's events, in the order in which they began.
    init(_ subscriptions: [Subscription], to successor: RoutedPlugin, _ gateway: Gateway) {
        self.gateway = gateway
        self.successor = successor
        state = NIOLockedValueBox(State(rest: subscriptions[...]))
    }

    /// Begins, or goes on as far as the window allows. A loop rather than calls inside calls: a successor that is gone replies
    /// to thousands at once.
    func advance() {
        let isMine = state.withLockedValue { state in
            defer { state.isAdvancing = true }
            return !state.isAdvancing
        }
        guard isMine else { return }
        while let subscription = state.withLockedValue({ $0.takeNext() }) {
            replay(subscription) { [self] in
                state.withLockedValue { $0.inFlight -= 1 }
                advance()
            }
        }
    }

    private func replay(_ subscription: Subscription, _ completion: @escaping @Sendable () -> Void) {
        guard var message = subscription.request else {
            reportEnd(of: subscription, "its request was too long to be repeated")
            return completion()
        }
        let context = AnswerContext(
            allowedOrigin: message.package, endsConnection: false, profile: message.profile,
            attribute: message.attribute, serviceID: message.serviceID)
        let number = NIOLockedValueBox<UInt64>(0)
        let answered = Completion { [self] response in
            settle(subscription, message: number.withLockedValue { $0 }, status: response.status)
            completion()
        }
        // Locked until the number is there: the gateway may stop, and answer all that waits, at any moment.
        message.id = number.withLockedValue { number in
            number = gateway.exchanges.begin(context, endpoint: successor.endpoint, completion: answered)
            return number
        }
        message.isReplay = true
        message.deadline = gateway.now() + gateway.conditions.responseTimeout
        gateway.dispatch(message, to: successor)
    }

    private func settle(_ subscription: Subscription, message: UInt64, status: Int) {
        let isSuccess = (200..<300).contains(status)
        if isSuccess, gateway.events.hasSubscriptions(ofMessage: message) { return }
        gateway.events.perform { $0.endSubscriptions(ofMessage: message) }
        if isSuccess {
            reportEnd(of: subscription, "the plug-in did not subscribe again")
        } else if let holder, !holder.isOnline {
            // No plug-in's own handle: those are given out by a runtime of ours, from 1.
            let waiting = subscription.moved(to: holder, number: message | 1 << 63)
            let isKept = gateway.events.decideAndPerform { ($0.add(waiting) != nil, []) }
            if !isKept { reportEnd(of: subscription, "the application has too many") }
        } else {
            reportEnd(of: subscription, "the plug-in refused it when its request was repeated")
        }
    }

    /// The generation that the plug-in has now, which may be later than the successor.
    private var holder: (any PluginEndpoint)? {
        gateway.router.table.plugins.first { $0.endpoint.id == successor.endpoint.id }?.endpoint
    }

    private func reportEnd(of subscription: Subscription, _ reason: String) {
        let error = GatewayError(
            .error,
            "The plug-in \(successor.endpoint.name) has started anew, and the subscription has ended: \(reason).",
            status: 503)
        gateway.events.perform { $0.reportEnd(error, of: subscription) }
    }
}
