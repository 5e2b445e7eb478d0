// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage

/// A pairing with what it has defined.
struct Pairing: Sendable {
    var record: PairingRecord
    /// By path.
    private(set) var prototypes: [String: Prototype] = [:]
    /// By UDN.
    private(set) var things: [String: Thing] = [:]
    /// What is kept of its prototypes and things, in bytes.
    private(set) var storedSize = 0
    /// The socket that said hello.
    var session: UInt64?
    /// The last one-time code that was accepted; Simple Thing only.
    var lastCode: LastCode?
    /// A commit failed: the next one writes all of it.
    var isBehind = false
    /// Its removal is being written: nobody says hello for it any more, and nothing else of it is written.
    var isLeaving = false

    /// A code is good once (RFC 6238, section 5.2), whichever gateway has accepted it.
    struct LastCode: Sendable {
        let secret: [UInt8]
        let counter: Int64
        /// Where it came from; `nil` where that was before the gateway's start.
        let address: IPAddress?
    }

    init(record: PairingRecord) {
        self.record = record
        guard let secrets = record.secrets, let lastHello = record.lastHello else { return }
        // At most: it may have been that of the step before, or of the one before that.
        lastCode = LastCode(
            secret: secrets.previous ?? secrets.current, counter: OneTimeCode.latest(at: lastHello / 1_000),
            address: nil)
    }

    /// Adds a prototype, or replaces the one of its path.
    mutating func keep(_ prototype: Prototype) {
        storedSize += prototype.size - (prototypes[prototype.path]?.size ?? 0)
        prototypes[prototype.path] = prototype
    }

    /// Adds a thing, or replaces the one of its UDN.
    mutating func keep(_ thing: Thing) {
        storedSize += thing.storedSize - (things[thing.name.udn]?.storedSize ?? 0)
        things[thing.name.udn] = thing
    }

    /// Forgets a thing.
    mutating func removeThing(_ udn: String) {
        storedSize -= things.removeValue(forKey: udn)?.storedSize ?? 0
    }

    /// Whether so many bytes can stand in the place of others.
    func hasRoom(for size: Int, inPlaceOf other: Int?) -> Bool {
        size <= other ?? 0 || storedSize + size - (other ?? 0) <= ThingLimits.pairingBytes
    }

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

extension PairingRecord {
    /// Whether the same passcodes or secrets open both.
    func hasCredentials(of other: PairingRecord) -> Bool {
        credential == other.credential && previousCredential == other.previousCredential && dialect == other.dialect
    }

    var isSimple: Bool { secrets != nil }

    /// `nil` for a thing that has a passcode.
    var secrets: SimpleSecrets? {
        if case .simple(let stored) = dialect { SimpleSecrets(stored) } else { nil }
    }
}
