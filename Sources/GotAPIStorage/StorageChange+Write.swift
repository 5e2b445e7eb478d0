// Swift GotAPI · SPDX-License-Identifier: MIT

import GRDB
import GotAPICore

extension StorageChange {
    /// Executes its statement, within a transaction of the caller's.
    func write(to database: Database) throws {
        switch self {
        case .savePairing(let pairing): try pairing.write(to: database)
        case .removePairing(let uuid):
            try Self.execute("DELETE FROM pairing WHERE uuid = ?", [uuid], on: database)
        case .savePrototype(let prototype): try prototype.write(to: database)
        case .saveThing(let thing): try thing.write(to: database)
        case .saveUpdate(let pairing, let udn, let updated):
            try Self.execute(
                "UPDATE thing SET updated = ? WHERE pairing = ? AND udn = ?", [updated, pairing, udn], on: database)
        case .saveHello(let uuid, let lastHello):
            try Self.execute("UPDATE pairing SET lastHello = ? WHERE uuid = ?", [lastHello, uuid], on: database)
        }
    }

    /// - Parameter values: texts, integers and `nil`.
    fileprivate static func execute(
        _ sql: String, _ values: [(any DatabaseValueConvertible)?], on database: Database
    ) throws {
        // SQLite would cut the text there, and two keys would become one.
        for case let text as String in values where text.utf8.contains(0) {
            throw StorageFailure.refused(reason: "a text has the character NUL in it")
        }
        try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(values))
    }
}

// Existing rows are updated, never replaced: replacing a pairing would delete what refers to it.

extension PairingRecord {
    fileprivate func write(to database: Database) throws {
        var secret: String?
        if case .simple(let bytes) = dialect { secret = hexadecimal(bytes) }
        try StorageChange.execute(
            """
            INSERT INTO pairing (uuid, shownUUID, salt, digest, previousSalt, previousDigest, name, pairedAt, lastHello, \
            simpleSecret) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
            ON CONFLICT (uuid) DO UPDATE SET shownUUID = excluded.shownUUID, salt = excluded.salt, \
            digest = excluded.digest, previousSalt = excluded.previousSalt, \
            previousDigest = excluded.previousDigest, name = excluded.name, pairedAt = excluded.pairedAt, \
            lastHello = excluded.lastHello, simpleSecret = excluded.simpleSecret
            """,
            [
                uuid, shownUUID, hexadecimal(credential.salt), hexadecimal(credential.digest),
                previousCredential.map { hexadecimal($0.salt) }, previousCredential.map { hexadecimal($0.digest) },
                name, pairedAt, lastHello, secret,
            ], on: database)
    }
}

extension PrototypeRecord {
    fileprivate func write(to database: Database) throws {
        try StorageChange.execute(
            """
            INSERT INTO prototype (pairing, path, json) VALUES (?, ?, ?) \
            ON CONFLICT (pairing, path) DO UPDATE SET json = excluded.json
            """,
            [pairing, path, String(decoding: json, as: UTF8.self)], on: database)
    }
}

extension ThingRecord {
    fileprivate func write(to database: Database) throws {
        try StorageChange.execute(
            """
            INSERT INTO thing (pairing, udn, prototype, name, ownerName, status, info, updated, maker, model) \
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
            ON CONFLICT (pairing, udn) DO UPDATE SET prototype = excluded.prototype, name = excluded.name, \
            ownerName = excluded.ownerName, status = excluded.status, info = excluded.info, updated = excluded.updated, \
            maker = excluded.maker, model = excluded.model
            """,
            [
                pairing, udn, prototype, name, ownerName, status, String(decoding: info, as: UTF8.self), updated, maker,
                model,
            ], on: database)
    }
}
