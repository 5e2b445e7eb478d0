// Swift GotAPI · SPDX-License-Identifier: MIT

import Dispatch
import GRDB
import NIOConcurrencyHelpers

/// What outlives the gateway: pairings, prototypes, things' last states (native-thing.md, "Finding the steward").
///
/// One SQLite file in WAL mode, written by one queue of its own. What waits together is one transaction. A change that was
/// acknowledged is in the file: `kill -9` does not take it back, since the kernel has it. `PRAGMA synchronous` is NORMAL for
/// things' states, so that a thousand updates a second cost no wait for the disk and a power cut loses the last of them at
/// most; a transaction with a pairing or a prototype in it is FULL and waits until the disk has it and all before it.
package final class Storage: Sendable {
    /// The file's path.
    package let path: String

    private let database: DatabaseQueue
    private let queue = DispatchQueue(label: "gotapi.storage")
    private let backlog = NIOLockedValueBox(StorageBacklog())

    /// Opens the file, makes it where it is missing and brings it up to date. Blocks.
    ///
    /// - Parameter path: absolute, in a folder that only this user can write.
    package init(path: String) throws(StorageFailure) {
        self.path = path
        try DatabaseFile.prepare(path)
        do {
            var configuration = Configuration()
            configuration.label = "gotapi.database"
            configuration.journalMode = .wal
            // Short: nobody else writes this file, unless an owner looks into it.
            configuration.busyMode = .timeout(2)
            database = try DatabaseQueue(path: path, configuration: configuration)
            try Self.bringUpToDate(database, path: path)
        } catch {
            throw StorageFailure(error, operation: "open", path: path)
        }
    }

    private static func bringUpToDate(_ database: DatabaseQueue, path: String) throws {
        let migrator = StorageSchema.migrator
        let (isNewer, complaint) = try database.read { database in
            (
                try migrator.hasBeenSuperseded(database),
                try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
            )
        }
        guard complaint == "ok" else { throw StorageFailure.damaged(path: path, reason: complaint) }
        guard !isNewer else { throw StorageFailure.newerVersion(path: path) }
        try migrator.migrate(database)
    }

    /// Everything that is kept. Blocks.
    package func load() throws(StorageFailure) -> StoredThings {
        do {
            return try database.read { try StoredThings(readingFrom: $0, path: path) }
        } catch {
            throw StorageFailure(error, operation: "read", path: path)
        }
    }

    /// Writes `changes`, all or none, after those of earlier calls. [any thread]
    ///
    /// - Parameter completion: called once, on the storage's queue, or at once where too much waits or the storage is closed;
    ///   commits are completed in the order of their calls.
    package func commit(
        _ changes: [StorageChange], completion: @escaping @Sendable (Result<Void, StorageFailure>) -> Void
    ) {
        let now = ContinuousClock.now
        let commit = StorageBacklog.Commit(changes: changes, completion: completion)
        switch backlog.withLockedValue({ $0.add(commit, now: now) }) {
        case .wait: break
        case .refuse(let failure): completion(.failure(failure))
        case .begin(let time):
            let pause = DispatchTimeInterval.microseconds(Int((time - now) / .microseconds(1)))
            queue.asyncAfter(deadline: .now() + pause) { [self] in writeBacklog() }
        }
    }

    /// Writes what waits, then closes the file; later commits are refused. Blocks until that is done.
    package func close() {
        backlog.withLockedValue { $0.close() }
        queue.sync {
            writeBacklog()
            // It fails only where a statement is still in use, and none is outside of this queue.
            try? database.close()
        }
    }

    // MARK: - On the queue

    private func writeBacklog() {
        let commits = backlog.withLockedValue { $0.takeAll(now: .now) }
        guard !commits.isEmpty else { return }
        do {
            try write(commits)
            for commit in commits { commit.completion(.success(())) }
        } catch {
            guard commits.count > 1 else {
                return commits[0].completion(.failure(StorageFailure(error, operation: "write", path: path)))
            }
            // One of them is to blame, or the disk: each on its own says which.
            for commit in commits {
                do {
                    try write([commit])
                    commit.completion(.success(()))
                } catch {
                    commit.completion(.failure(StorageFailure(error, operation: "write", path: path)))
                }
            }
        }
    }

    /// One transaction.
    private func write(_ commits: [StorageBacklog.Commit]) throws {
        let changes = commits.lazy.flatMap(\.changes)
        try database.writeWithoutTransaction { database in
            // <https://www.sqlite.org/pragma.html#pragma_synchronous>; it cannot be changed within a transaction.
            try database.execute(
                sql: "PRAGMA synchronous = \(changes.contains(where: \.mustReachTheDisk) ? "FULL" : "NORMAL")")
            try database.inTransaction(.immediate) {
                for change in changes { try change.write(to: database) }
                return .commit
            }
        }
    }
}
