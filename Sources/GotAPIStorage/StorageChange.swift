// Swift GotAPI · SPDX-License-Identifier: MIT

/// One thing to write. The changes of one commit are all there afterwards, or none is.
package enum StorageChange: Sendable, Equatable {
    /// Adds the pairing, or replaces what is kept of it; its prototypes and things stay.
    case savePairing(PairingRecord)
    /// Removes the pairing with its prototypes and things.
    case removePairing(uuid: String)
    /// Refused where the pairing is unknown.
    case savePrototype(PrototypeRecord)
    /// Refused where the pairing is unknown.
    case saveThing(ThingRecord)
    /// When the thing was updated last, of one that was saved before; milliseconds since 1970, UTC.
    case saveUpdate(pairing: String, udn: String, updated: Int64)
    /// When the pairing's last hello was, of one that was saved before; milliseconds since 1970, UTC.
    case saveHello(uuid: String, lastHello: Int64)

    /// Whether it has to outlive a power cut too. A thing's state is what it says again with its next registration; a pairing
    /// or prototype that is gone takes the owner to mend.
    var mustReachTheDisk: Bool {
        switch self {
        case .savePairing, .removePairing, .savePrototype: true
        case .saveThing, .saveUpdate, .saveHello: false
        }
    }

    /// What it takes while it waits, roughly, in bytes.
    var size: Int {
        switch self {
        case .savePairing, .removePairing, .saveUpdate, .saveHello: 512
        case .savePrototype(let prototype): 512 + prototype.json.count
        case .saveThing(let thing): 512 + thing.info.count
        }
    }
}
