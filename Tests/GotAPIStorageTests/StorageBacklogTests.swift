// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

@testable import GotAPIStorage

@Suite struct StorageBacklogTests {
    private let start = ContinuousClock.now

    private func commit(_ count: Int = 1, size: Int = 0) -> StorageBacklog.Commit {
        let thing = ThingRecord(
            pairing: "p", udn: "u", prototype: "/device/a/b/c", name: "n", status: "s",
            info: [UInt8](repeating: 0x20, count: size), updated: 0)
        return StorageBacklog.Commit(
            changes: [StorageChange](repeating: .saveThing(thing), count: count), completion: { _ in })
    }

    @Test func oneAloneBeginsAtOnce() {
        var backlog = StorageBacklog()
        #expect(backlog.add(commit(), now: start) == .begin(at: start))
    }

    @Test func thoseThatComeMeanwhileShareTheTransaction() {
        var backlog = StorageBacklog()
        _ = backlog.add(commit(), now: start)
        #expect(backlog.add(commit(), now: start) == .wait)
        #expect(backlog.takeAll(now: start).count == 2)
        #expect(backlog.takeAll(now: start).isEmpty)
    }

    @Test func theNextTransactionKeepsItsDistance() {
        var backlog = StorageBacklog()
        _ = backlog.add(commit(), now: start)
        _ = backlog.takeAll(now: start)
        #expect(backlog.add(commit(), now: start) == .begin(at: start + StorageBacklog.pause))
        _ = backlog.takeAll(now: start + StorageBacklog.pause)
        let later = start + .seconds(1)
        #expect(backlog.add(commit(), now: later) == .begin(at: later))
    }

    @Test func moreChangesThanMayWaitAreRefused() {
        var backlog = StorageBacklog()
        _ = backlog.add(commit(StorageBacklog.maximumChanges), now: start)
        #expect(backlog.add(commit(), now: start) == .refuse(.tooMuchWaiting))
        #expect(backlog.takeAll(now: start).count == 1)
        #expect(backlog.add(commit(), now: start) == .begin(at: start + StorageBacklog.pause))
    }

    @Test func moreBytesThanMayWaitAreRefused() {
        var backlog = StorageBacklog()
        _ = backlog.add(commit(size: StorageBacklog.maximumSize - 1_024), now: start)
        #expect(backlog.add(commit(size: 1_024), now: start) == .refuse(.tooMuchWaiting))
    }

    @Test func aClosedOneRefusesAndStillGivesWhatItHas() {
        var backlog = StorageBacklog()
        _ = backlog.add(commit(), now: start)
        backlog.close()
        #expect(backlog.add(commit(), now: start) == .refuse(.closed))
        #expect(backlog.takeAll(now: start).count == 1)
    }
}
