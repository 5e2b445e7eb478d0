// Swift GotAPI · SPDX-License-Identifier: MIT

import GRDB
import GotAPICore

/// The tables, and how they came to be. A migration that was published is never changed; what comes later is a new one.
///
/// Texts rather than blobs, so that `sqlite3 gotapi.sqlite` shows an owner what is kept; STRICT, so that SQLite itself holds
/// to the columns' types.
enum StorageSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 things") { database in
            try database.execute(
                sql: """
                    CREATE TABLE steward (
                        id INTEGER PRIMARY KEY CHECK (id = 1),
                        uuid TEXT NOT NULL
                    ) STRICT;
                    CREATE TABLE pairing (
                        uuid TEXT PRIMARY KEY NOT NULL,
                        shownUUID TEXT NOT NULL,
                        salt TEXT NOT NULL,
                        digest TEXT NOT NULL,
                        previousSalt TEXT,
                        previousDigest TEXT,
                        name TEXT,
                        pairedAt INTEGER NOT NULL,
                        lastHello INTEGER,
                        simpleSecret TEXT
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE prototype (
                        pairing TEXT NOT NULL REFERENCES pairing (uuid) ON DELETE CASCADE,
                        path TEXT NOT NULL,
                        json TEXT NOT NULL,
                        PRIMARY KEY (pairing, path)
                    ) STRICT;
                    CREATE TABLE thing (
                        pairing TEXT NOT NULL REFERENCES pairing (uuid) ON DELETE CASCADE,
                        udn TEXT NOT NULL,
                        prototype TEXT NOT NULL,
                        name TEXT NOT NULL,
                        ownerName TEXT,
                        status TEXT NOT NULL,
                        info TEXT NOT NULL,
                        updated INTEGER NOT NULL,
                        maker TEXT NOT NULL,
                        model TEXT NOT NULL,
                        PRIMARY KEY (pairing, udn)
                    ) STRICT;
                    """)
            try database.execute(sql: "INSERT INTO steward (id, uuid) VALUES (1, ?)", arguments: [randomUUID()])
        }
        return migrator
    }

    /// Version 4 of RFC 9562.
    private static func randomUUID() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = Array(hexadecimal(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
