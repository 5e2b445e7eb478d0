// Swift GotAPI · SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Glibc
import GotAPIStorage
import Testing

/// Deaths, damage and full disks.
@Suite(.timeLimit(.minutes(1))) struct StorageTroubleTests {
    private func withFolder<Result>(_ body: (TemporaryFolder) async throws -> Result) async throws -> Result {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        return try await body(folder)
    }

    /// What the child acknowledged is in a file that it appended to before it was killed: one byte a commit.
    @Test(arguments: [1, 30, 200, 700]) func whatIsAcknowledgedOutlivesAKill(acknowledged: Int) async throws {
        try await withFolder { folder in
            let path = folder.database
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, acknowledged = acknowledged as Int] in
                let log = open(path + ".log", O_WRONLY | O_CREAT | O_APPEND, 0o600)
                let storage = try Storage(path: path)
                let finished = DispatchSemaphore(value: 0)
                storage.commit([.savePairing(.sample())]) { _ in }
                for number in 0..<1_000 {
                    storage.commit([.saveThing(.sample(String(number))), .saveThing(.sample("twin \(number)"))]) { _ in
                        guard write(log, ".", 1) == 1 else { return }
                        if number == acknowledged { finished.signal() }
                    }
                    if number.isMultiple(of: 50) { usleep(1_000) }
                }
                finished.wait()
                kill(getpid(), SIGKILL)
            }
            let count = try Data(contentsOf: URL(fileURLWithPath: path + ".log")).count
            #expect(count >= acknowledged)
            let storage = try Storage(path: path)
            defer { storage.close() }
            let kept = Set(try storage.load().things.map(\.udn))
            for number in 0..<count { #expect(kept.contains(String(number)), "\(number) of \(count)") }
            for number in 0..<1_000 {
                #expect(kept.contains(String(number)) == kept.contains("twin \(number)"), "half of a commit")
            }
        }
    }

    @Test func aFileOfALaterVersionIsRefusedAndLeftAlone() async throws {
        try await withFolder { folder in
            try Storage(path: folder.database).close()
            let database = try DatabaseQueue(path: folder.database)
            try await database.write { database in
                try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('2 grants')")
                try database.execute(sql: "CREATE TABLE grantOfLater (id INTEGER)")
            }
            try database.close()
            let content = "SELECT identifier FROM grdb_migrations UNION SELECT sql FROM sqlite_schema ORDER BY 1"
            let before = try await DatabaseQueue(path: folder.database).read { database in
                try String?.fetchAll(database, sql: content)
            }
            #expect(throws: StorageFailure.newerVersion(path: folder.database)) { try Storage(path: folder.database) }
            let after = try await DatabaseQueue(path: folder.database).read { database in
                try String?.fetchAll(database, sql: content)
            }
            #expect(before.contains("2 grants") && after == before)
        }
    }

    @Test func aFileThatIsNoDatabaseIsNamedWithTheRemedy() async throws {
        try await withFolder { folder in
            try Data((0..<8_192).map { UInt8(truncatingIfNeeded: $0 * 7) })
                .write(to: URL(fileURLWithPath: folder.database))
            let failure = #expect(throws: StorageFailure.self) { try Storage(path: folder.database) }
            let words = failure?.description ?? ""
            #expect(words.contains("\(folder.database) is damaged") && words.contains("move it away"))
        }
    }

    @Test func aDatabaseWithDamagedPagesIsRefused() async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            try await storage.commit([.savePairing(.sample())])
            for number in 0..<200 { try await storage.commit([.saveThing(.sample("\(number)"))]) }
            storage.close()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.database))
            #expect(bytes.count > 30_000)
            for index in stride(from: 4_096, to: bytes.count, by: 1_024) {
                for offset in 0..<24 { bytes[index + offset] = 0xa5 }
            }
            try bytes.write(to: URL(fileURLWithPath: folder.database))
            let failure = #expect(throws: StorageFailure.self) { try Storage(path: folder.database) }
            #expect(failure?.description.contains("is damaged") == true, "\(String(describing: failure))")
        }
    }

    @Test(arguments: [
        "UPDATE pairing SET digest = 'no digits'", "UPDATE pairing SET salt = 'abc'", "DELETE FROM steward",
        "UPDATE pairing SET previousDigest = NULL",
    ])
    func aRowThatTheGatewayNeverWroteIsRefused(statement: String) async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            try await storage.commit([.savePairing(.sample())])
            storage.close()
            let database = try DatabaseQueue(path: folder.database)
            try await database.write { try $0.execute(sql: statement) }
            try database.close()
            let damaged = try Storage(path: folder.database)
            defer { damaged.close() }
            let failure = #expect(throws: StorageFailure.self) { try damaged.load() }
            #expect(failure?.description.contains("is damaged") == true)
        }
    }

    @Test func aLinkInItsPlaceIsNotFollowed() async throws {
        try await withFolder { folder in
            #expect(symlink("/dev/null", folder.database) == 0)
            #expect(throws: StorageFailure.notOurs(path: folder.database)) { try Storage(path: folder.database) }
        }
    }

    @Test(.enabled(if: FullDisk.isPossible, "only root can mount a small file system"))
    func aFullDiskIsNamedAndWritingGoesOnWhenThereIsRoom() async throws {
        try await withFolder { folder in
            let disk = try FullDisk(at: folder.path)
            defer { disk.remove() }
            let storage = try Storage(path: folder.database)
            defer { storage.close() }
            try await storage.commit([.savePairing(.sample())])
            try disk.fill()
            var failure: StorageFailure?
            for number in 0..<200 where failure == nil {
                do throws(StorageFailure) {
                    try await storage.commit([.saveThing(.sample("\(number)"))])
                } catch {
                    failure = error
                }
            }
            #expect(failure == .diskFull(path: folder.database))
            try disk.makeRoom()
            try await storage.commit([.saveThing(.sample("after"))])
            let kept = try storage.load()
            #expect(kept.pairings.count == 1)
            #expect(kept.things.contains { $0.udn == "after" })
        }
    }
}

/// A file system of 1 MiB on a folder, with a file that takes what is left.
private struct FullDisk {
    static var isPossible: Bool { geteuid() == 0 }

    private let path: String

    init(at path: String) throws {
        self.path = path
        guard mount("tmpfs", path, "tmpfs", 0, "size=1m,mode=0700") == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }

    private var filler: String { path + "/filler" }

    func fill() throws {
        let descriptor = open(filler, O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let page = [UInt8](repeating: 0, count: 4_096)
        while write(descriptor, page, page.count) > 0 {}
        guard errno == ENOSPC else { throw POSIXError(.EIO) }
    }

    func makeRoom() throws { guard unlink(filler) == 0 else { throw POSIXError(.EIO) } }

    func remove() { umount2(path, CInt(MNT_DETACH)) }
}
