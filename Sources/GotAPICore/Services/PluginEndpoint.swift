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
    /// The services that it had when it was handed to the router. What it announces later comes as the answer to a
    /// discovery message.
    var services: [Service] { get }
    /// False where it is gone for now, so that it can answer nothing: its services stay listed, with `online: false`.
    var isOnline: Bool { get }
    /// Whether requests that began subscriptions may be repeated to it (`REPLAYABLE`).
    var isReplayable: Bool { get }

    /// Hands a message over. `reply` is called exactly once, from any thread, by the message's deadline at the latest.
    func deliver(_ message: PluginMessage, reply: @escaping @Sendable (PluginReply) -> Void)

    /// Nobody waits for this message's answer any more. `reply` is still called.
    func cancel(_ message: UInt64)

    /// Nobody listens to this subscription any more.
    func endSubscription(_ subscription: UInt64, reason: UnsubscribeReason)

    /// Closes subscriptions that another generation takes over: the plug-in pushes no more, and what it has pushed reaches
    /// the sink first. `completion` is called once, from any thread, perhaps at once.
    func closeSubscriptions(_ subscriptions: [UInt64], _ completion: @escaping @Sendable () -> Void)

    /// Whether the subscription's client has a socket, so that the plug-in's pushes can tell it (`DROPPED`).
    func setReachable(_ subscription: UInt64, _ isReachable: Bool)
}

/// For endpoints that are never replaced by another generation.
extension PluginEndpoint {
    package var isReplayable: Bool { false }

    package func closeSubscriptions(_ subscriptions: [UInt64], _ completion: @escaping @Sendable () -> Void) {
        for subscription in subscriptions { endSubscription(subscription, reason: .gatewayStops) }
        completion()
    }
}

/// The endpoints that there are from now on, in one step (plugin-abi.md, "Reload", steps 3 and 4).
package struct EndpointChange: Sendable {
    /// What takes over the subscriptions of an endpoint that has ended.
    package struct Succession: Sendable {
        package let predecessor: any PluginEndpoint
        /// `nil` where it is still to come: the subscriptions wait for it.
        package let successor: (any PluginEndpoint)?

        package init(predecessor: any PluginEndpoint, successor: (any PluginEndpoint)?) {
            self.predecessor = predecessor
            self.successor = successor
        }
    }

    /// In the order in which discovery lists their services. One may be there that is not online.
    package var endpoints: [any PluginEndpoint]
    /// Those that were replaced or removed and still answer what they were asked. A subscription whose request they have not
    /// answered yet stays with them until then.
    package var draining: [any PluginEndpoint]
    /// Only of endpoints that repeat requests safely (`REPLAYABLE`). The subscriptions of others that are gone, or not
    /// online, end with an error push.
    package var successions: [Succession]

    package init(
        _ endpoints: [any PluginEndpoint], draining: [any PluginEndpoint] = [], successions: [Succession] = []
    ) {
        self.endpoints = endpoints
        self.draining = draining
        self.successions = successions
    }
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

    /// As ``servicesChanged(_:)``, with the answer: they are routed when this returns. It takes as long as there are
    /// services, so it is for services that come and go, not for those whose description changes.
    ///
    /// - Parameter services: a JSON array of at most ``Limits/pluginMembers`` bytes.
    func announced(_ endpoint: any PluginEndpoint, services: [UInt8])
}
