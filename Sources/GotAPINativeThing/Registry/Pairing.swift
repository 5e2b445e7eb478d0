// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage

/// A pairing with what it has defined.
struct Pairing: Sendable {
    var record: PairingRecord
    /// By path.
    var prototypes: [String: Prototype] = [:]
    /// By UDN.
    var things: [String: Thing] = [:]
    /// The socket that said hello.
    var session: UInt64?
    /// A commit failed: the next one writes all of it.
    var isBehind = false
    /// Its removal is being written: nobody says hello for it any more, and nothing else of it is written.
    var isLeaving = false

    var prototypeRecords: [PrototypeRecord] {
        prototypes.values.map {
            PrototypeRecord(pairing: record.uuid, path: $0.path, json: $0.json(withPath: false).bytes)
        }
    }

    /// What has to be written so that everything is.
    var allChanges: [StorageChange] {
        [.savePairing(record)] + prototypeRecords.map { .savePrototype($0) }
            + things.values.map { .saveThing($0.record) }
    }
}
