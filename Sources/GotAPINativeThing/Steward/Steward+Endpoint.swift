// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// What the gateway asks of things over GotAPI-4.
extension Steward: PluginEndpoint {
    package var id: String { "native-thing" }
    package var generation: Int { 1 }
    package var name: String { "Native Thing" }
    package var isOnline: Bool { true }

    package func deliver(_ message: PluginMessage, reply: @escaping @Sendable (PluginReply) -> Void) {
        run { own, now in
            own.replies[message.id] = reply
            own.state.deliver(message, now: now)
        }
    }

    package func cancel(_ message: UInt64) { run { own, _ in own.state.cancelApplication(message) } }

    package func endSubscription(_ subscription: UInt64, reason: UnsubscribeReason) {
        run { own, now in own.state.removeSubscription(subscription, now: now) }
    }

    /// A push that nobody can be sent is dropped by the gateway; things are not told.
    package func setReachable(_ subscription: UInt64, _ isReachable: Bool) {}
}
