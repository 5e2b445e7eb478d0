// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIStorage

extension PairingRecord {
    /// A pairing with every member set to something of its own.
    static func sample(_ uuid: String = "0a-1b") -> PairingRecord {
        PairingRecord(
            uuid: uuid, shownUUID: uuid.uppercased(), credential: CredentialHash(of: "first \(uuid)"),
            previousCredential: CredentialHash(of: "second"), name: "Küche \"1\"", pairedAt: 1_700_000_000_001,
            lastHello: 1_700_000_000_002)
    }
}

extension ThingRecord {
    static func sample(_ udn: String = "lamp", of pairing: String = "0a-1b", updated: Int64 = 7) -> ThingRecord {
        ThingRecord(
            pairing: pairing, udn: udn, prototype: "/device/lighting/x/y", name: "Lampe", ownerName: "Licht",
            status: "on", info: Array(#"{"brightness":70,"text":"\u0000ü"}"#.utf8), updated: updated, maker: "ACME",
            model: "L-1")
    }
}

extension PrototypeRecord {
    static func sample(_ path: String = "/device/lighting/x/y", of pairing: String = "0a-1b") -> PrototypeRecord {
        PrototypeRecord(pairing: pairing, path: path, json: Array(#"{"properties":{"name":true}}"#.utf8))
    }
}

extension Storage {
    /// Commits and waits for the answer.
    func commit(_ changes: [StorageChange]) async throws(StorageFailure) {
        let result = await withCheckedContinuation { continuation in
            commit(changes) { continuation.resume(returning: $0) }
        }
        try result.get()
    }
}
