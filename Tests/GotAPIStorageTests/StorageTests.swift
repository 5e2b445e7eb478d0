// Swift GotAPI · SPDX-License-Identifier: MIT

import Foundation
import GRDB
import Glibc
import GotAPIStorage
import NIOConcurrencyHelpers
import Testing

@Suite(.timeLimit(.minutes(1))) struct StorageTests {
    private func withFolder<Result>(_ body: (TemporaryFolder) async throws -> Result) async throws -> Result {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        return try await body(folder)
    }

    @Test func whatWasKeptIsThereAfterTheNextStart() async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            let simple = PairingRecord(
                uuid: "zz", shownUUID: "zz", credential: CredentialHash(of: "c"), pairedAt: 1,
                dialect: .simple(secret: [0, 1, 255]))
            try await storage.commit([.savePairing(.sample()), .savePairing(simple)])
            try await storage.commit([.savePrototype(.sample()), .saveThing(.sample())])
            let kept = try storage.load()
            #expect(kept.prototypes == [.sample()])
            #expect(kept.things == [.sample()])
            #expect(kept.pairings.count == 2)
            #expect(kept.pairings[0].credential.matches("first 0a-1b"))
            #expect(kept.pairings[0].previousCredential?.matches("second") == true)
            #expect(kept.pairings[0].name == "Küche \"1\"" && kept.pairings[0].shownUUID == "0A-1B")
            #expect(kept.pairings[1] == simple)
            storage.close()
            let again = try Storage(path: folder.database)
            defer { again.close() }
            #expect(try again.load() == kept)
        }
    }

    @Test func theStewardKeepsItsUUIDAndEveryFileHasItsOwn() async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            let other = try Storage(path: folder.path + "/other.sqlite")
            defer { other.close() }
            let uuid = try storage.load().stewardUUID
            #expect(uuid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
            #expect(try other.load().stewardUUID != uuid)
            storage.close()
            let again = try Storage(path: folder.database)
            defer { again.close() }
            #expect(try again.load().stewardUUID == uuid)
        }
    }

    @Test func aPairingIsReplacedWithoutItsThings() async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            defer { storage.close() }
            try await storage.commit([.savePairing(.sample()), .savePrototype(.sample()), .saveThing(.sample())])
            var pairing = PairingRecord.sample()
            pairing.credential = CredentialHash(of: "new")
            pairing.name = nil
            try await storage.commit([.savePairing(pairing), .saveThing(.sample(updated: 8))])
            let kept = try storage.load()
            #expect(kept.pairings == [pairing])
            #expect(kept.things == [.sample(updated: 8)])
            #expect(kept.prototypes.count == 1)
        }
    }

    @Test func onlyTheTimeOfAnUpdateOrHelloCanBeWritten() async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            defer { storage.close() }
            var pairing = PairingRecord.sample()
            try await storage.commit([.savePairing(pairing), .saveThing(.sample()), .saveThing(.sample("second"))])
            try await storage.commit([
                .saveUpdate(pairing: "0a-1b", udn: "lamp", updated: 9), .saveHello(uuid: "0a-1b", lastHello: 10),
                .saveUpdate(pairing: "0a-1b", udn: "nobody", updated: 9), .saveHello(uuid: "nobody", lastHello: 10),
            ])
            let kept = try storage.load()
            pairing.lastHello = 10
            #expect(kept.pairings == [pairing])
            #expect(kept.things == [.sample(updated: 9), .sample("second")])
        }
    }

    @Test func aRemovedPairingTakesItsThingsWithItAndNoOthers() async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            defer { storage.close() }
            for uuid in ["a", "b"] {
                try await storage.commit([
                    .savePairing(.sample(uuid)), .savePrototype(.sample(of: uuid)), .saveThing(.sample(of: uuid)),
                ])
            }
            try await storage.commit([.removePairing(uuid: "a")])
            let kept = try storage.load()
            #expect(kept.pairings.map(\.uuid) == ["b"])
            #expect(kept.prototypes == [.sample(of: "b")])
            #expect(kept.things == [.sample(of: "b")])
        }
    }

    @Test(arguments: [
        [StorageChange.saveThing(.sample("x", of: "nobody"))],
        [.saveThing(.sample("x")), .savePrototype(.sample(of: "nobody"))],
        [.saveThing(.sample("x")), .saveThing(.sample("a\0b"))],
    ])
    func oneRefusedCommitLeavesNothingAndHarmsNoOther(refused: [StorageChange]) async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            defer { storage.close() }
            try await storage.commit([.savePairing(.sample())])
            let outcomes = NIOLockedValueBox<[Bool]>([])
            await withTaskGroup { tasks in
                // Asked for in one go, so that they share a transaction.
                for changes in [[StorageChange.saveThing(.sample("1"))], refused, [.saveThing(.sample("2"))]] {
                    let (done, continuation) = AsyncStream<Void>.makeStream()
                    storage.commit(changes) { result in
                        outcomes.withLockedValue { $0.append((try? result.get()) != nil) }
                        continuation.finish()
                    }
                    tasks.addTask { for await _ in done {} }
                }
            }
            #expect(outcomes.withLockedValue { $0 } == [true, false, true])
            #expect(try storage.load().things.map(\.udn) == ["1", "2"])
        }
    }

    @Test func closingWritesWhatWaitsAndRefusesWhatComesLater() async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            let outcomes = NIOLockedValueBox<[Result<Void, StorageFailure>]>([])
            let keep: @Sendable (Result<Void, StorageFailure>) -> Void = { result in
                outcomes.withLockedValue { $0.append(result) }
            }
            storage.commit([.savePairing(.sample())], completion: keep)
            for number in 0..<1_000 { storage.commit([.saveThing(.sample("\(number)"))], completion: keep) }
            storage.close()
            #expect(outcomes.withLockedValue { $0.count { (try? $0.get()) != nil } } == 1_001)
            await #expect(throws: StorageFailure.closed) { try await storage.commit([.removePairing(uuid: "x")]) }
            let again = try Storage(path: folder.database)
            defer { again.close() }
            #expect(try again.load().things.count == 1_000)
        }
    }

    @Test func onlyTheOwnerCanReadTheFiles() async throws {
        try await withFolder { folder in
            #expect(chmod(folder.path, 0o755) == 0)
            #expect(FileManager.default.createFile(atPath: folder.database, contents: nil))
            #expect(chmod(folder.database, 0o644) == 0)
            let storage = try Storage(path: folder.database)
            defer { storage.close() }
            try await storage.commit([.savePairing(.sample())])
            for suffix in ["", "-wal", "-shm"] {
                var status = stat()
                #expect(stat(folder.database + suffix, &status) == 0)
                #expect(status.st_mode & 0o777 == 0o600, "gotapi.sqlite\(suffix)")
            }
        }
    }

    @Test func noPasscodeIsInTheFile() async throws {
        try await withFolder { folder in
            let storage = try Storage(path: folder.database)
            var pairing = PairingRecord.sample()
            pairing.credential = CredentialHash(of: "MFRGGZDFMZTWQ2LKNNWG23TPOB")
            try await storage.commit([.savePairing(pairing)])
            storage.close()
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.database))
            #expect(bytes.range(of: Data("MFRGGZDF".utf8)) == nil)
            #expect(pairing.credential.matches("MFRGGZDFMZTWQ2LKNNWG23TPOB"))
            #expect(!pairing.credential.matches("MFRGGZDFMZTWQ2LKNNWG23TPOC"))
            #expect(!pairing.credential.matches(""))
            #expect(CredentialHash(of: "a") != CredentialHash(of: "a"))
        }
    }
}
