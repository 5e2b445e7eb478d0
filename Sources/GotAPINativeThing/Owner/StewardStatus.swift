// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// What `gotapi things` shows.
package struct StewardStatus: Sendable, Equatable {
    /// In the order of their uuids.
    package var pairings: [PairingStatus]
    /// Who has tried to pair in vain, the last one first.
    package var waiting: [PairingAttempt]
    /// How long one thing, any thing, may still pair; `nil` where pairing is closed.
    package var pairingOpenFor: Duration?
}

/// One pairing and its things.
package struct PairingStatus: Sendable, Equatable {
    /// As the thing sent it.
    package let uuid: String
    /// The owner's name for it.
    package let name: String?
    /// `native` or `simple`.
    package let dialect: ThingDialect
    /// Whether it has a socket that said hello.
    package let isOnline: Bool
    /// Where that socket comes from.
    package let address: IPAddress?
    /// Milliseconds since 1970, UTC.
    package let pairedAt: Int64
    /// Milliseconds since 1970, UTC; `nil` where it has never said hello.
    package let lastHello: Int64?
    /// In the order of their ids.
    package let services: [ServiceStatus]

    /// A thing, which applications see as a service.
    package struct ServiceStatus: Sendable, Equatable {
        package let serviceID: String
        /// The owner's name, else the thing's; at most ``ThingLimits/shownText`` bytes.
        package let name: String
        package let prototype: String
        /// What the thing said last, for example `on`; at most as much.
        package let status: String
        package let isOnline: Bool
    }
}

/// A thing that asked for a pairing while that was closed.
package struct PairingAttempt: Sendable, Equatable {
    /// As the thing sent it.
    package let uuid: String
    package let address: IPAddress
    /// Milliseconds since 1970, UTC, of its last attempt.
    package var time: Int64
}
