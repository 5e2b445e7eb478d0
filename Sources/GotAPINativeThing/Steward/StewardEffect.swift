// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Logging

/// What must be done outside of the steward's state, in this order.
enum StewardEffect: Sendable {
    case send(socket: UInt64, [UInt8])
    case close(socket: UInt64)
    /// The socket has said hello.
    case known(socket: UInt64)
    /// Writes, and then reports what became of it.
    case commit([StorageChange], Commitment)
    /// Answers the gateway's message with this number.
    case reply(UInt64, PluginReply)
    /// Begins a subscription in the name of a message that is answered next.
    case subscribe(UInt64, PluginMessage)
    case push(UInt64, [UInt8])
    case unsubscribe(UInt64)
    /// Names, states and the like; applications see them with the next discovery.
    case servicesChanged
    /// There are other services, or other profiles of them: requests reach them from then on.
    case routesChanged
    case log(Logger.Level, String)
}

/// What waits for a commit.
struct Commitment: Sendable {
    enum Waiter: Sendable {
        case nobody
        /// A thing, with what it is answered.
        case request(socket: UInt64, answer: [UInt8], refusal: [UInt8], Outcome)
        case owner(operation: UInt64)
        /// As the owner's, and then the pairing is forgotten.
        case revocation(operation: UInt64)
    }

    /// What the answer decides on.
    enum Outcome: Sendable {
        case nothing
        /// Where it fails, the pairing with this credential is what it was before, if it was there.
        case pairing(before: PairingRecord?, CredentialHash)
        /// These things, by UDN, can be asked from then on. Where it fails they are not registered, and the new ones among
        /// them are not there.
        case registration([String], new: Set<String>)
    }

    /// The uuid in lower case.
    let pairing: String
    let waiter: Waiter
}

/// A moment on both clocks.
struct Moment: Sendable, Equatable {
    /// CLOCK_MONOTONIC in nanoseconds.
    let time: UInt64
    /// Milliseconds since 1970, UTC.
    let wallTime: Int64
}
