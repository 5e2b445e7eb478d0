// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import GotAPICore
import Testing

@testable import GotAPIPluginRuntime

/// The parts that need no plug-in.
struct StateTests {
    @Test func statusesAreTheHeaders() {
        let header: [(Int, Status)] = [
            (Int(GOTAPI_OK), .ok), (Int(GOTAPI_NOT_FOUND), .notFound), (Int(GOTAPI_INVALID_ARGUMENT), .invalidArgument),
            (Int(GOTAPI_ALREADY_ANSWERED), .alreadyAnswered), (Int(GOTAPI_CLOSED), .closed),
            (Int(GOTAPI_DROPPED), .dropped),
            (Int(GOTAPI_FULL), .full), (Int(GOTAPI_TOO_LARGE), .tooLarge), (Int(GOTAPI_BAD_JSON), .badJSON),
            (Int(GOTAPI_WRONG_THREAD), .wrongThread), (Int(GOTAPI_UNSUPPORTED), .unsupported),
            (Int(GOTAPI_FAILED), .failed),
        ]
        #expect(header.map(\.1) == Status.allCases)
        for (number, status) in header { #expect(number == Int(status.rawValue)) }
        #expect(LogLevel.warning == UInt32(GOTAPI_LOG_WARNING))
        #expect(LogLevel.highest == UInt32(GOTAPI_LOG_CRITICAL))
    }

    // MARK: - Frames

    private static let message = PluginMessage(
        id: 0x0102_0304_0506_0708, kind: .accessToken, client: 9, method: "delete", serviceID: "sérvice", profile: "",
        attribute: "a", package: "p", clientID: "c", accessToken: "t", receiver: "r",
        parameters: [.init(name: "n", value: "v"), .init(name: "", value: "\u{1f600}")], deadline: 1 << 60,
        isReplay: true)

    private static func payload(_ message: PluginMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        HostFrame.message(message).append(to: &bytes)
        return Array(bytes[4...])
    }

    @Test func messageFrameIsReadAsTheCoreWritesIt() throws {
        // A slice that does not begin at 0, as a FrameBuffer gives it.
        let payload = ([1, 2, 3] + Self.payload(Self.message))[3...]
        let frame = try MessageFrame(payload)
        #expect(frame.id == Self.message.id)
        #expect(frame.kind == .accessToken)
        #expect(frame.deadline == 1 << 60)
        #expect(frame.isReplay)
        let held = HeldMessage(frame, of: payload)
        func string(_ text: MessageTexts.Text?) -> String? {
            text.map { String(decoding: UnsafeRawBufferPointer($0), as: UTF8.self) }
        }
        #expect(string(held.texts.method) == "delete")
        #expect((0..<8).map { string(held.texts.field($0)) } == ["sérvice", "", "a", "p", "c", "t", "r", nil])
        #expect(string(held.texts.parameter(0)?.name) == "n")
        #expect(string(held.texts.parameter(1)?.value) == "\u{1f600}")
        #expect(held.texts.parameter(2) == nil)
    }

    @Test func messageAsJSONIsEscaped() throws {
        var message = Self.message
        message.parameters = [.init(name: "\"", value: "\\\n\u{1}"), .init(name: "b", value: "")]
        let payload = Self.payload(message)[...]
        let json = HeldMessage(try MessageFrame(payload), of: payload).texts.json()
        #expect(
            try JSONNode(parsing: json)
                == JSONNode(
                    parsing: Array(
                        #"""
                        {"method":"delete","serviceId":"sérvice","profile":"","attribute":"a","package":"p","clientId":"c","accessToken":"t","receiver":"r","params":{"\"":"\\\n\u0001","b":""}}
                        """#.utf8)))
    }

    @Test func brokenMessageFramesAreMalformedWherever() {
        let payload = Self.payload(Self.message)
        for length in 1..<payload.count {
            #expect(throws: FrameError.malformed) { try MessageFrame(payload[..<length]) }
        }
        #expect(throws: FrameError.malformed) { try MessageFrame(payload[...] + [0]) }
        // Every byte changed to each of a few values: read or refused, as the core does, and never worse.
        for index in payload.indices.dropFirst() {
            for value in [0, 1, 0x7f, 0x80, 0xff] as [UInt8] {
                var changed = payload
                changed[index] = value
                let isRead = (try? MessageFrame(changed[...])) != nil
                let isReadByCore = (try? HostFrame(changed[...])) != nil
                #expect(isRead == isReadByCore, "byte \(index) = \(value)")
            }
        }
    }

    @Test(
        arguments: [
            ([], true), (Array("ascii only, longer than eight".utf8), true), (Array("12345678é".utf8), true),
            (Array("1234567é".utf8), true), ([0xff], false), (Array("12345678".utf8) + [0xc3], false),
            ([0xed, 0xa0, 0x80], false), ([0xc0, 0x80], false), ([0xf4, 0x90, 0x80, 0x80], false),
        ] as [([UInt8], Bool)])
    func utf8IsTold(bytes: [UInt8], isText: Bool) {
        #expect(bytes.withUnsafeBytes(isUTF8) == isText)
    }

    // MARK: - Queues

    @Test func queueGivesWhatItGotInOrder() {
        var queue = Queue<Int>()
        for round in 1...40 {
            for number in 0..<round * 50 { queue.append(number) }
            #expect(queue.count == round * 50)
            for number in 0..<round * 40 { #expect(queue.popFirst() == number) }
            #expect(queue.popAll() == Array(round * 40..<round * 50))
            let behind = queue.popFirst()
            #expect(behind == nil && queue.isEmpty)
        }
    }

    @Test func handlesAreNeverTheSame() {
        var one = HandleSource()
        var other = HandleSource()
        var handles: Set<UInt64> = [0]
        for _ in 0..<100 {
            for kind in [HandleSource.Kind.message, .subscription, .timer] {
                #expect(handles.insert(one.next(kind)).inserted)
                #expect(handles.insert(other.next(kind)).inserted)
            }
        }
    }

    // MARK: - Timers

    private func timer(_ handle: UInt64, due: UInt64, interval: UInt64 = 0) -> TimerQueue.Timer {
        TimerQueue.Timer(handle: handle, interval: interval, user: PluginPointer(raw: nil), due: due)
    }

    @Test func timersComeByTimeThenInTheOrderOfTheirStart() {
        var timers = TimerQueue()
        for (handle, due) in [(1, 30), (2, 10), (3, 20), (4, 10), (5, 30)] as [(UInt64, UInt64)] {
            timers.start(timer(handle, due: due))
        }
        #expect(timers.nextDue == 10)
        let early = timers.popDue(now: 9)
        #expect(early == nil)
        var order: [UInt64] = []
        while let turn = timers.popDue(now: 30) { order.append(turn.handle) }
        #expect(order == [2, 4, 3, 1, 5])
        #expect(timers.nextDue == nil)
    }

    @Test func missedRoundsAreLeftOut() {
        var timers = TimerQueue()
        timers.start(timer(1, due: 100, interval: 10))
        let first = timers.popDue(now: 100)
        #expect(first?.status == .ok)
        #expect(timers.nextDue == 110)
        let late = timers.popDue(now: 137)
        let again = timers.popDue(now: 137)
        #expect(late?.handle == 1 && again == nil)
        #expect(timers.nextDue == 140)
        let stops = [timers.stop(1), timers.stop(1)]
        #expect(stops == [true, false])
        #expect(timers.count == 1)
        let last = timers.popDue(now: 0)
        #expect(last?.status == .closed)
        #expect(timers.count == 0)
    }

    // MARK: - Log

    @Test func limiterLetsAThousandLinesThroughInASecond() {
        var limiter = LogLimiter()
        let start: UInt64 = 5_000_000_000
        var admitted = 0
        for _ in 0..<1_500 where limiter.admits(now: start) { admitted += 1 }
        #expect(admitted == 1_000)
        #expect(limiter.reportDue == start + 1_000_000_000)
        #expect(limiter.takeLeftOut(now: start + 999_999_999) == nil)
        #expect(limiter.takeLeftOut(now: start + 1_000_000_000) == 500)
        #expect(limiter.reportDue == nil)
        let isNextAdmitted = limiter.admits(now: start + 1_000_000_000)
        #expect(isNextAdmitted)
    }

    @Test func complaintIsSaidAtOnceThenOnceAMinuteWithItsCount() {
        var complaints = Complaints()
        let minute: UInt64 = 60_000_000_000
        #expect(complaints.count(.answeredTwice, now: minute) == 1)
        #expect(complaints.count(.answeredTwice, now: minute + 1) == nil)
        #expect(complaints.count(.unanswered, now: minute + 1) == 1)
        #expect(complaints.count(.answeredTwice, now: 2 * minute) == 2)
    }

    @Test func linesThatWereLeftOutAreCountedInALineOfTheirOwn() throws {
        var outgoing = Outgoing()
        let second: UInt64 = 1_000_000_000
        for _ in 0..<1_500 { outgoing.appendLog(level: 2, "x", now: second) }
        #expect(outgoing.logReportDue == 2 * second)
        outgoing.reportLeftOut(now: 2 * second)
        var buffer = FrameBuffer()
        buffer.append(outgoing.takeAll())
        var lines: [PluginFrame] = []
        while let payload = try buffer.next() { lines.append(try PluginFrame(payload)) }
        #expect(lines.count == 1_001)
        guard case .log(LogLevel.warning, let text) = lines.last else {
            throw RuntimeDriver.Unexpected(text: "no line")
        }
        #expect(text.hasPrefix("500 log lines were left out"))
    }

    @Test func logLinesGiveWayWhenNobodyReads() {
        var outgoing = Outgoing()
        let line = String(repeating: "x", count: 4_000)
        for second in 1...10 as ClosedRange<UInt64> {
            for _ in 0..<900 { outgoing.appendLog(level: 2, line, now: second * 1_000_000_000) }
        }
        #expect(outgoing.count < Outgoing.logBound + 8_192)
        outgoing.append(.answer(message: 1, members: Array("{}".utf8)))
        #expect(outgoing.count > Outgoing.logBound)
    }

    // MARK: - Messages that are never released

    @Test func plugInThatNeverReleasesGetsNoMoreMessages() throws {
        var state = RuntimeState()
        state.phase = .running
        func message(_ id: UInt64) throws -> HeldMessage {
            var message = Self.message
            message.id = id
            message.kind = .request
            message.deadline = .max
            let payload = Self.payload(message)[...]
            return HeldMessage(try MessageFrame(payload), of: payload)
        }
        let limit = RuntimeState.leftoverLimit.count
        state.leftovers.count = limit - 1
        try state.receive(message(1), now: 0)
        guard case .done(.message(let handle, .request)) = state.nextWork(now: 0) else {
            throw RuntimeDriver.Unexpected(text: "no message")
        }
        #expect(state.retain(handle) == .ok)
        #expect(state.answer(handle, with: .members(Array("{}".utf8)), now: 0) == .ok)
        _ = state.nextWork(now: 0)
        _ = state.outgoing.takeAll()
        #expect(state.leftovers.count == limit)

        try state.receive(message(2), now: 0)
        var buffer = FrameBuffer()
        buffer.append(state.outgoing.takeAll())
        #expect(try PluginFrame(try #require(try buffer.next())) == .unanswered(message: 2))
        guard case .log(_, let line) = try PluginFrame(try #require(try buffer.next())) else {
            throw RuntimeDriver.Unexpected(text: "no line")
        }
        #expect(line.contains("still holds \(limit) messages"))

        // One is released: there is room again.
        #expect(state.release(handle, now: 0) == .ok)
        try state.receive(message(3), now: 0)
        guard case .done(.message) = state.nextWork(now: 0) else {
            throw RuntimeDriver.Unexpected(text: "no message")
        }
    }
}
