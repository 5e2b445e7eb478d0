// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// What plug-ins do of their own accord.
extension Gateway: EventSink {
    package func subscribed(_ endpoint: any PluginEndpoint, subscription: UInt64, message: PluginMessage) -> Bool {
        guard message.client != 0, !conditions.isStopping else { return false }
        let time = now()
        return events.decideAndPerform { state in
            // Noted with the events' lock held: the answer comes either before, and is seen here, or reports itself after.
            let isWaiting = exchanges.noteSubscription(message.id)
            let effects = state.add(Subscription(endpoint, subscription, message, answered: isWaiting ? nil : time))
            return (effects != nil, effects ?? [])
        }
    }

    package func pushed(_ endpoint: any PluginEndpoint, subscription: UInt64, members: [UInt8]) {
        events.push(endpoint, subscription, members)
    }

    package func unsubscribed(_ endpoint: any PluginEndpoint, subscription: UInt64) {
        events.perform { state in
            _ = state.remove(Subscription.Name(endpoint, subscription))
            return []
        }
    }

    package func servicesChanged(_ endpoint: any PluginEndpoint) { noteServiceChange(of: endpoint) }

    package func announced(_ endpoint: any PluginEndpoint, services: [UInt8]) { route(services, to: endpoint) }
}
