// Swift GotAPI · SPDX-License-Identifier: MIT

/// Why the steward did not do what its owner asked. The description is for people.
package enum OwnerRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownPairing(uuid: String)
    /// Neither a pairing's uuid nor a serviceId.
    case unknownThing(String)
    /// Only who has tried can be approved.
    case notWaiting(uuid: String)
    /// Not 1 to 600 s.
    case invalidTime
    case invalidName
    case notKept(reason: String)
    /// The removal of a pairing could not be written, so that it is still one.
    case notRevoked(reason: String)

    package var description: String {
        switch self {
        case .unknownPairing(let uuid): "no thing is paired with the uuid \(uuid)"
        case .unknownThing(let id): "no paired thing has the uuid, and no service the id, \(id)"
        case .notWaiting(let uuid): "no thing with the uuid \(uuid) waits to be paired: let it try, then approve it"
        case .invalidTime: "pairing may be opened for 1 to 600 seconds"
        case .invalidName: "a name has 1 to 64 printable characters"
        case .notKept(let reason): "it holds until the gateway stops, but could not be written: \(reason)"
        case .notRevoked(let reason): "it stays paired, for its removal could not be written: \(reason)"
        }
    }
}
