// Swift GotAPI · SPDX-License-Identifier: MIT

/// One thing's pairing with the gateway (native-thing.md, "Messages from a thing", `pair`).
package struct PairingRecord: Sendable, Equatable {
    /// Which protocol the thing speaks.
    package enum Dialect: Sendable, Equatable {
        case native
        /// Simple Thing, whose codes are computed from this secret: the one credential that is kept in clear.
        case simple(secret: [UInt8])
    }

    /// In lower case: the key.
    package var uuid: String
    /// As the thing sent it.
    package var shownUUID: String
    package var credential: CredentialHash
    /// Valid until the first hello with ``credential``.
    package var previousCredential: CredentialHash?
    /// What the owner calls it, if anything.
    package var name: String?
    /// Milliseconds since 1970, UTC.
    package var pairedAt: Int64
    /// Milliseconds since 1970, UTC; `nil` before the first.
    package var lastHello: Int64?
    package var dialect: Dialect

    package init(
        uuid: String, shownUUID: String, credential: CredentialHash, previousCredential: CredentialHash? = nil,
        name: String? = nil, pairedAt: Int64, lastHello: Int64? = nil, dialect: Dialect = .native
    ) {
        self.uuid = uuid
        self.shownUUID = shownUUID
        self.credential = credential
        self.previousCredential = previousCredential
        self.name = name
        self.pairedAt = pairedAt
        self.lastHello = lastHello
        self.dialect = dialect
    }
}

/// A prototype that a pairing has defined; its path is its name within the pairing.
package struct PrototypeRecord: Sendable, Equatable {
    /// The pairing's ``PairingRecord/uuid``.
    package var pairing: String
    package var path: String
    /// One JSON value in UTF-8.
    package var json: [UInt8]

    package init(pairing: String, path: String, json: [UInt8]) {
        self.pairing = pairing
        self.path = path
        self.json = json
    }
}

/// A thing that a pairing has registered, with its last state; its UDN is its name within the pairing.
package struct ThingRecord: Sendable, Equatable {
    /// The pairing's ``PairingRecord/uuid``.
    package var pairing: String
    package var udn: String
    /// The prototype's path.
    package var prototype: String
    /// What the thing calls itself.
    package var name: String
    /// What the owner calls it, if anything.
    package var ownerName: String?
    package var status: String
    /// One JSON object in UTF-8.
    package var info: [UInt8]
    /// Milliseconds since 1970, UTC.
    package var updated: Int64
    /// Who made it; empty where it does not say.
    package var maker: String
    /// The number of its model; empty where it does not say.
    package var model: String

    package init(
        pairing: String, udn: String, prototype: String, name: String, ownerName: String? = nil, status: String,
        info: [UInt8], updated: Int64, maker: String = "", model: String = ""
    ) {
        self.pairing = pairing
        self.udn = udn
        self.prototype = prototype
        self.name = name
        self.ownerName = ownerName
        self.status = status
        self.info = info
        self.updated = updated
        self.maker = maker
        self.model = model
    }
}

/// All that is kept, as it was at the start.
package struct StoredThings: Sendable, Equatable {
    /// Random, made with the file.
    package var stewardUUID: String
    /// In the order of their uuids.
    package var pairings: [PairingRecord]
    package var prototypes: [PrototypeRecord]
    package var things: [ThingRecord]

    package init(
        stewardUUID: String, pairings: [PairingRecord] = [], prototypes: [PrototypeRecord] = [],
        things: [ThingRecord] = []
    ) {
        self.stewardUUID = stewardUUID
        self.pairings = pairings
        self.prototypes = prototypes
        self.things = things
    }
}
