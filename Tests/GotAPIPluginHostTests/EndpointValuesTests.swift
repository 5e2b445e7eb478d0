// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginHost

/// The values that an endpoint is made of; time is a number.
struct EndpointValuesTests {
    private static let second: UInt64 = 1_000_000_000

    private func message(
        _ id: UInt64, client: UInt64 = 0, deadline: UInt64 = 100, value: String = ""
    ) -> PluginMessage {
        PluginMessage(
            id: id, kind: .request, client: client, parameters: [.init(name: "a", value: value)], deadline: deadline)
    }

    // MARK: - Pending messages

    @Test func aPluginHas1024PendingRequests() {
        var table = PendingTable()
        for id in 1...1_024 { #expect(table.insert(message(UInt64(id)), reply: { _ in }) == nil) }
        #expect(table.insert(message(2_000), reply: { _ in })?.contains("1024") == true)
        #expect(table.remove(5) != nil)
        #expect(table.insert(message(2_000), reply: { _ in }) == nil)
        #expect(table.count == 1_024)
    }

    @Test func aClientHas512PendingRequestsAndOthersAreNotTouched() {
        var table = PendingTable()
        for id in 1...512 { #expect(table.insert(message(UInt64(id), client: 7), reply: { _ in }) == nil) }
        #expect(table.insert(message(600, client: 7), reply: { _ in })?.contains("512") == true)
        #expect(table.insert(message(601, client: 8), reply: { _ in }) == nil)
        #expect(table.remove(1) != nil)
        #expect(table.remove(1) == nil)
        #expect(table.insert(message(602, client: 7), reply: { _ in }) == nil)
    }

    @Test func theBytesThatWaitAreBounded() {
        var table = PendingTable()
        let value = String(decoding: [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20), as: UTF8.self)
        var taken: UInt64 = 0
        while table.insert(message(taken + 1, value: value), reply: { _ in }) == nil { taken += 1 }
        #expect(taken == 63)
        #expect(table.removeAll(held: false).count == 63)
        #expect(table.insert(message(1_000, value: value), reply: { _ in }) == nil)
    }

    @Test func whatIsHeldIsNotOwedByThePlugin() {
        var table = PendingTable()
        _ = table.insert(message(1), reply: { _ in })
        _ = table.insert(message(2, client: 7), isHeld: true, reply: { _ in })
        #expect(table.hasDelivered)
        #expect(table.removeAll(held: false).map(\.message.id) == [1])
        #expect(!table.hasDelivered)
        #expect(!table.isEmpty)
        #expect(table.removeAll(held: true).map(\.message.id) == [2])
        #expect(table.isEmpty)
    }

    @Test func onlyWhatHasPassedItsDeadlineExpires() {
        var table = PendingTable()
        for id in 1...4 { _ = table.insert(message(UInt64(id), deadline: UInt64(id) * 10), reply: { _ in }) }
        #expect(table.earliestDeadline == 10)
        #expect(Set(table.removeExpired(now: 20).map(\.message.id)) == [1, 2])
        #expect(table.earliestDeadline == 30)
        #expect(table[3] != nil)
        #expect(table.removeExpired(now: 20).isEmpty)
    }

    @Test func aMessageIsPendingOnce() {
        var table = PendingTable()
        #expect(table.insert(message(1), reply: { _ in }) == nil)
        #expect(table.insert(message(1), reply: { _ in }) != nil)
    }

    // MARK: - The plug-in's thread

    @Test func aBlockedThreadIsWarnedOfAndThenHung() {
        var watch = ThreadWatch(patience: 20 * Self.second)
        let start = 100 * Self.second
        #expect(watch.tick(now: start, hasPendingRequests: false) == nil)
        #expect(watch.tick(now: start, hasPendingRequests: true) == .probe(1))
        #expect(watch.tick(now: start + 4 * Self.second, hasPendingRequests: true) == nil)
        #expect(watch.tick(now: start + 5 * Self.second, hasPendingRequests: false) == .warn)
        #expect(watch.tick(now: start + 6 * Self.second, hasPendingRequests: true) == nil)
        #expect(watch.isWaiting)
        #expect(watch.tick(now: start + 20 * Self.second, hasPendingRequests: false) == .hung)
        #expect(watch.isHung && !watch.isWaiting)
        #expect(watch.tick(now: start + 30 * Self.second, hasPendingRequests: true) == nil)
        #expect(watch.alive(7, now: start + 31 * Self.second) == nil)
        #expect(watch.alive(1, now: start + 31 * Self.second) == 31 * Self.second)
        #expect(!watch.isHung)
        #expect(watch.tick(now: start + 31 * Self.second, hasPendingRequests: true) == nil)
        #expect(watch.tick(now: start + 32 * Self.second, hasPendingRequests: true) == .probe(2))
        #expect(watch.alive(2, now: start + 32 * Self.second) == nil)
    }

    // MARK: - What it prints and logs

    @Test func aFloodOfLinesIsCounted() {
        var limit = RateLimit(linesPerSecond: 2)
        let now = 50 * Self.second
        #expect(limit.take(now: now) == (true, 0))
        #expect(limit.take(now: now) == (true, 0))
        #expect(limit.take(now: now + 1) == (false, 0))
        #expect(limit.take(now: now + 2) == (false, 0))
        #expect(limit.take(now: now + Self.second) == (true, 2))
        #expect(limit.take(now: now + Self.second) == (true, 0))
    }

    @Test(arguments: [
        (["a\nb\n"], ["a", "b"]),
        (["a", "b\n", "c"], ["ab", "c"]),
        (["\n\r\n"], []),
        (["x\r\ny"], ["x", "y"]),
        (["\u{1b}[31mred\n"], ["\\u{1b}[31mred"]),
        (["a\tb\n"], ["a b"]),
        ([String(repeating: "x", count: 3_000), "\nnext\n"], [String(repeating: "x", count: 1_024) + "…", "next"]),
    ])
    func printedBytesBecomeLines(chunks: [String], lines: [String]) {
        var splitter = LineSplitter()
        var found = chunks.flatMap { chunk in Array(chunk.utf8).withUnsafeBytes { splitter.append($0) } }
        if let last = splitter.finish() { found.append(last) }
        #expect(found == lines)
    }

    // MARK: - Services

    @Test func noticesOfChangedServicesAreBoundedAndTheLastIsNotLost() {
        var notice = ServiceChangeNotice()
        let now = 10 * Self.second
        #expect(notice.changed(now: now) == nil)
        #expect(notice.published(now: now) == .report)
        #expect(notice.changed(now: now + 1) == .wait(Self.second - 1))
        #expect(notice.changed(now: now + 2) == nil)
        #expect(notice.due(now: now + Self.second) == .report)
        #expect(notice.due(now: now + 2 * Self.second) == nil)
        #expect(notice.changed(now: now + 3 * Self.second) == .report)
    }

    @Test(arguments: [
        (Int32(0x0300), ProcessEnd.exited(status: 3)), (0x000b, .signalled(11)), (0x0086, .signalled(6)),
        (0, .exited(status: 0)),
    ])
    func aWaitStatusSaysHowAProcessEnded(status: Int32, end: ProcessEnd) {
        #expect(ProcessEnd(waitStatus: status) == end)
    }

    // MARK: - Floods

    @Test(arguments: [
        // Frames a second, for how many seconds, whether that is forgiven.
        (100_000, 1, true), (10_000, 600, true), (9_000, 600, true), (200_000, 1, false), (30_000, 20, false),
        (10, 100_000, true),
    ])
    func aFloodIsNotForgiven(perSecond: Int, seconds: Int, isForgiven: Bool) {
        var watch = FloodWatch()
        var now: UInt64 = 5_000_000_000
        var isAdmitted = true
        for _ in 0..<min(perSecond * seconds, 6_000_000) {
            now += 1_000_000_000 / UInt64(perSecond)
            isAdmitted = watch.admit(now: now) && isAdmitted
        }
        #expect(isAdmitted == isForgiven)
    }

    @Test(arguments: [
        ("Lampe für メーカー 💡", "Lampe für メーカー 💡"), ("a\u{1b}[31mb", "a\\u{1b}[31mb"), ("a\nb\tc", "a\\u{a}b c"),
        ("a\u{2028}b", "a\\u{2028}b"), ("a\u{202e}b\u{2066}c\u{200f}", "a\\u{202e}b\\u{2066}c\\u{200f}"),
        ("\u{7f}\u{9b}", "\\u{7f}\\u{9b}"),
    ])
    func whatOthersSayIsShownAsItIs(text: String, shown: String) {
        #expect(text.printable == shown)
    }
}
