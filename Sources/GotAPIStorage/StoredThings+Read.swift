// Swift GotAPI · SPDX-License-Identifier: MIT

import GRDB
import GotAPICore

extension StoredThings {
    /// - Throws: ``StorageFailure`` where a row holds something that the gateway has never written.
    init(readingFrom database: Database, path: String) throws {
        let stewards = try rows("SELECT uuid FROM steward", of: database, path: path) { row in try row.text(0) }
        guard let uuid = stewards.first else { throw StorageFailure.damaged(path: path, reason: "no steward") }
        self.init(
            stewardUUID: uuid,
            pairings: try rows(
                """
                SELECT uuid, shownUUID, salt, digest, previousSalt, previousDigest, name, pairedAt, lastHello, \
                simpleSecret FROM pairing ORDER BY uuid
                """, of: database, path: path
            ) { try PairingRecord($0) },
            prototypes: try rows(
                "SELECT pairing, path, json FROM prototype ORDER BY pairing, path", of: database, path: path
            ) { row in
                PrototypeRecord(pairing: try row.text(0), path: try row.text(1), json: Array(try row.text(2).utf8))
            },
            things: try rows(
                """
                SELECT pairing, udn, prototype, name, ownerName, status, info, updated, maker, model FROM thing \
                ORDER BY pairing, udn
                """, of: database, path: path
            ) { row in
                ThingRecord(
                    pairing: try row.text(0), udn: try row.text(1), prototype: try row.text(2), name: try row.text(3),
                    ownerName: row.value(4), status: try row.text(5), info: Array(try row.text(6).utf8),
                    updated: try row.integer(7), maker: try row.text(8), model: try row.text(9))
            })
    }
}

extension PairingRecord {
    fileprivate init(_ row: StoredRow) throws {
        var previous: CredentialHash?
        if row.value(4) as String? != nil {
            previous = CredentialHash(salt: try row.bytes(4), digest: try row.bytes(5))
        }
        self.init(
            uuid: try row.text(0), shownUUID: try row.text(1),
            credential: CredentialHash(salt: try row.bytes(2), digest: try row.bytes(3)),
            previousCredential: previous, name: row.value(6), pairedAt: try row.integer(7), lastHello: row.value(8),
            dialect: row.value(9) as String? == nil ? .native : .simple(secret: try row.bytes(9)))
    }
}

private func rows<Value>(
    _ sql: String, of database: Database, path: String, _ make: (StoredRow) throws -> Value
) throws -> [Value] {
    var values: [Value] = []
    let cursor = try Row.fetchCursor(database, sql: sql)
    while let row = try cursor.next() { values.append(try make(StoredRow(row: row, path: path))) }
    return values
}

/// A row whose values are checked, where GRDB's own access would end the process.
private struct StoredRow {
    let row: Row
    let path: String

    /// `nil` for NULL and for a value of another type.
    func value<Value: DatabaseValueConvertible>(_ index: Int) -> Value? {
        let value: DatabaseValue = row[index]
        return Value.fromDatabaseValue(value)
    }

    func text(_ index: Int) throws -> String { try required(index) }

    func integer(_ index: Int) throws -> Int64 { try required(index) }

    /// From hexadecimal digits.
    func bytes(_ index: Int) throws -> [UInt8] {
        let digits = Array(try text(index).utf8)
        guard digits.count.isMultiple(of: 2) else { throw damage(index) }
        return try stride(from: 0, to: digits.count, by: 2).map { position in
            guard let high = hexadecimalValue(of: digits[position]),
                let low = hexadecimalValue(of: digits[position + 1])
            else { throw damage(index) }
            return high << 4 | low
        }
    }

    private func required<Value: DatabaseValueConvertible>(_ index: Int) throws -> Value {
        guard let value: Value = value(index) else { throw damage(index) }
        return value
    }

    private func damage(_ index: Int) -> StorageFailure {
        .damaged(path: path, reason: "column \(Array(row.columnNames)[index]) holds something else")
    }
}
