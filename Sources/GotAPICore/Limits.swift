// Swift GotAPI · SPDX-License-Identifier: MIT

/// The limits of gotapi-wire.md that more than one module needs.
package enum Limits {
    /// The longest request body, in bytes; a longer one is answered with 413.
    package static let requestBody = 1 << 20
    /// The longest request line and header block together, in bytes; longer ones are answered with 431.
    package static let requestHead = 16 << 10
    /// The longest answer or push of a plug-in, in bytes.
    package static let pluginMembers = 1 << 20
    /// The deepest nesting of arrays and objects in an answer or push.
    package static let jsonDepth = 64
    /// Requests of one plug-in that are not answered yet.
    package static let pendingRequestsPerPlugin = 1_024
    /// Requests of one client to one plug-in that are not answered yet.
    package static let pendingRequestsPerClient = 512
    /// Pushes that one plug-in has made and the gateway has not read yet, in bytes.
    package static let unreadPushBytes = 1 << 20
    /// Subscriptions of one client.
    package static let subscriptionsPerClient = 256
    /// The longest GotAPI-5 message from a client, in bytes.
    package static let webSocketMessage = 64 << 10
    /// Pushes that wait for one client that reads too slowly, in bytes.
    package static let waitingPushBytes = 1 << 20
}
