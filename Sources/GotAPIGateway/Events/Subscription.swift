// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A plug-in's permission to push to one client in the name of one request.
struct Subscription: Sendable {
    /// The plug-in's number says nothing alone: two plug-ins use the same ones.
    struct Name: Hashable, Sendable {
        private let endpoint: ObjectIdentifier
        private let number: UInt64

        init(_ endpoint: any PluginEndpoint, _ number: UInt64) {
            self.endpoint = ObjectIdentifier(endpoint)
            self.number = number
        }
    }

    /// A request that is longer than this is not kept, and its subscription cannot be re-created: 256 of them for each client
    /// must have a bound.
    private static let maximumKeptRequest = 16 << 10

    /// Held, so that its identity is not given to another endpoint.
    private(set) var endpoint: any PluginEndpoint
    private(set) var number: UInt64
    let client: UInt64
    /// The id of the request that began it.
    let message: UInt64
    /// The request that began it, to be repeated when the plug-in is reloaded; `nil` where it was too long.
    let request: PluginMessage?
    /// The push's first members, which never change, without the closing brace.
    let beginning: [UInt8]
    /// When the request was answered, in nanoseconds; `nil` before.
    var answered: UInt64?
    /// It is being closed at its endpoint, to go on with another.
    var isMoving = false

    /// The same one as another endpoint's.
    func moved(to endpoint: any PluginEndpoint, number: UInt64) -> Subscription {
        var moved = self
        moved.endpoint = endpoint
        moved.number = number
        moved.isMoving = false
        return moved
    }

    init(_ endpoint: any PluginEndpoint, _ number: UInt64, _ message: PluginMessage, answered: UInt64?) {
        self.endpoint = endpoint
        self.number = number
        self.answered = answered
        client = message.client
        self.message = message.id
        let length = message.parameters.reduce(message.profile.utf8.count + message.attribute.utf8.count) {
            $0 + $1.name.utf8.count + $1.value.utf8.count
        }
        request = length <= Self.maximumKeptRequest ? message : nil
        beginning = PushText.beginning(
            profile: message.profile, attribute: message.attribute, serviceID: message.serviceID)
    }
}
