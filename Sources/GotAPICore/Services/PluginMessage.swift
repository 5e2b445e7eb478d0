// Swift GotAPI · SPDX-License-Identifier: MIT

/// What the gateway asks of a plug-in or a thing over GotAPI-4.
package struct PluginMessage: Sendable, Equatable {
    package enum Kind: UInt8, Sendable {
        /// An application asks which services there are.
        case serviceDiscovery = 1
        /// A client's first request to a service: may it talk to it at all?
        case clientID = 2
        /// The second half of that negotiation.
        case accessToken = 3
        case request = 4
    }

    package struct Parameter: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Identifies the message while the gateway lives; never used again, never 0.
    package var id: UInt64
    package var kind: Kind
    /// The gateway's own number of the client, 0 for messages in nobody's name; plug-ins never see it.
    package var client: UInt64
    /// In lower case, for example `get`.
    package var method: String
    package var serviceID: String
    package var profile: String
    package var attribute: String
    /// The application's origin, or empty where it has none.
    package var package: String
    /// Values made by the gateway for this plug-in and client; not the application's own.
    package var clientID: String
    package var accessToken: String
    /// The gateway's application id (`gotapi_server_app_id`).
    package var receiver: String
    /// Without `accessToken` and `nonce`, in the order in which they were sent, no name twice.
    package var parameters: [Parameter]
    /// On the clock CLOCK_MONOTONIC, in nanoseconds: until when an answer counts.
    package var deadline: UInt64
    /// True where the request is repeated to create a subscription again (plugin-abi.md, "Reload", step 4).
    package var isReplay: Bool

    package init(
        id: UInt64, kind: Kind, client: UInt64 = 0, method: String = "get", serviceID: String = "",
        profile: String = "", attribute: String = "", package: String = "", clientID: String = "",
        accessToken: String = "", receiver: String = "", parameters: [Parameter] = [], deadline: UInt64,
        isReplay: Bool = false
    ) {
        self.id = id
        self.kind = kind
        self.client = client
        self.method = method
        self.serviceID = serviceID
        self.profile = profile
        self.attribute = attribute
        self.package = package
        self.clientID = clientID
        self.accessToken = accessToken
        self.receiver = receiver
        self.parameters = parameters
        self.deadline = deadline
        self.isReplay = isReplay
    }
}

/// What becomes of a ``PluginMessage``.
package enum PluginReply: Sendable, Equatable {
    /// A JSON object, validated, at most ``Limits/pluginMembers`` bytes.
    case members([UInt8])
    /// The deadline passed.
    case timeout
    /// The plug-in let go of the message without an answer, or none of its answers was valid.
    case unanswered
    /// Its process ended.
    case crashed
    /// The plug-in has never seen it: another generation has taken its place, and the message is that one's.
    case superseded
    /// It is stopped, quarantined, blocked, or the gateway is stopping; the text says which.
    case unavailable(String)
    /// One of the limits on unanswered requests, or on a client's subscriptions, was met; the text says which.
    case overloaded(String)
}
