// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore
import NIOConcurrencyHelpers

/// Which endpoints there are, and what becomes of the subscriptions of those that are gone: plugin-abi.md, "Reload".
extension Gateway {
    /// Replaces the endpoints in one step. Requests that were dispatched before stay with the endpoint that has them.
    ///
    /// What clients agreed upon with an endpoint that is no longer there is forgotten. Its subscriptions, and those of one
    /// that is not online, go on with its successor where the change names one, and else end with an error push.
    /// Applications that asked for it are told which services came, changed and went.
    package func apply(_ change: EndpointChange) {
        let removed = NIOLockedValueBox<[RoutedPlugin]>([])
        router.setEndpoints(change.endpoints) { outcome in
            removed.withLockedValue { $0 = outcome.removed }
            push(outcome.changes)
        }
        events.performDecided()
        negotiations.forget(plugins: Set(removed.withLockedValue { $0 }.map(\.number)))

        let alive = Set(change.endpoints.filter(\.isOnline).map { ObjectIdentifier($0) })
        let draining = Set(change.draining.map { ObjectIdentifier($0) })
        let waiting = Set(change.successions.map { ObjectIdentifier($0.predecessor) })
        for endpoint in events.subscribedEndpoints
        where !alive.contains(ObjectIdentifier(endpoint)) && !waiting.contains(ObjectIdentifier(endpoint)) {
            let error = GatewayError(
                .error, "The plug-in \(endpoint.name) was stopped, was replaced or has crashed.", status: 503)
            let isDraining = draining.contains(ObjectIdentifier(endpoint))
            takeSubscriptions(of: endpoint, ifAnswered: isDraining) { [events] subscriptions in
                events.perform { state in subscriptions.flatMap { state.reportEnd(error, of: $0) } }
            }
        }
        for succession in change.successions {
            guard let successor = succession.successor, let plugin = router.table.plugin(of: successor) else {
                continue
            }
            let predecessor = succession.predecessor
            handOver(from: predecessor, to: plugin, isDraining: draining.contains(ObjectIdentifier(predecessor)))
        }
    }

    /// Lets subscriptions go on with another endpoint, behind all that the first has pushed.
    private func handOver(from predecessor: any PluginEndpoint, to successor: RoutedPlugin, isDraining: Bool) {
        takeSubscriptions(of: predecessor, ifAnswered: isDraining) { [self] subscriptions in
            SubscriptionReplay(subscriptions, to: successor, self).advance()
        }
    }

    /// Closes an endpoint's subscriptions. Those that have not ended meanwhile are taken out when all that it has pushed is on
    /// its way to the clients.
    ///
    /// - Parameter ifAnswered: leaves alone those whose request is not answered yet.
    private func takeSubscriptions(
        of endpoint: any PluginEndpoint, ifAnswered: Bool, _ completion: @escaping @Sendable ([Subscription]) -> Void
    ) {
        let numbers = events.decideAndPerform { ($0.beginMove(from: endpoint, ifAnswered: ifAnswered), []) }
        guard !numbers.isEmpty else { return }
        endpoint.closeSubscriptions(numbers) { [events] in
            completion(events.decideAndPerform { ($0.takeMoved(numbers, from: endpoint), []) })
        }
    }
}
