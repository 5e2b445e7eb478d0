// Swift GotAPI · SPDX-License-Identifier: MIT

/// What stands behind GotAPI-4: a plug-in in a process of its own, one in this process, or the steward of things.
///
/// All functions may be called from any thread and do not wait.
package protocol PluginEndpoint: AnyObject, Sendable {
    /// The plug-in's identity across versions, for example `com.example.thermo`.
    var id: String { get }
    /// Counts the versions of this id that this gateway has started, from 1.
    var generation: Int { get }
    /// The name for people.
    var name: String { get }
    /// The services that its descriptor names. What it announces later comes as the answer to a discovery message.
    var services: [Service] { get }

    /// Hands a message over. `reply` is called exactly once, from any thread, by the message's deadline at the latest.
    func deliver(_ message: PluginMessage, reply: @escaping @Sendable (PluginReply) -> Void)

    /// Nobody waits for this message's answer any more. `reply` is still called.
    func cancel(_ message: UInt64)

    /// Nobody listens to this subscription any more.
    func endSubscription(_ subscription: UInt64, reason: UnsubscribeReason)

    /// Whether the subscription's client has a socket, so that the plug-in's pushes can tell it (`DROPPED`).
    func setReachable(_ subscription: UInt64, _ isReachable: Bool)
}

/// Why a subscription ended without the plug-in's doing. The raw values are the ABI's.
package enum UnsubscribeReason: UInt32, Sendable {
    case clientGone = 1
    case tokenEnded = 2
    case gatewayStops = 3
    case limit = 4
}

/// Where endpoints report what they do of their own accord: the gateway.
///
/// All functions may be called from any thread; calls for one endpoint come one after another.
package protocol EventSink: AnyObject, Sendable {
    /// A plug-in began a subscription in the name of `message`, before its answer.
    ///
    /// - Returns: false where the client has too many; the endpoint then ends it with ``UnsubscribeReason/limit`` and answers
    ///   the message with ``PluginReply/overloaded(_:)``.
    func subscribed(_ endpoint: any PluginEndpoint, subscription: UInt64, message: PluginMessage) -> Bool

    /// - Parameter members: a valid JSON object of at most ``Limits/pluginMembers`` bytes.
    func pushed(_ endpoint: any PluginEndpoint, subscription: UInt64, members: [UInt8])

    /// The plug-in ended a subscription itself.
    func unsubscribed(_ endpoint: any PluginEndpoint, subscription: UInt64)

    /// The plug-in's services are no longer what it said last; ask it.
    func servicesChanged(_ endpoint: any PluginEndpoint)
}
