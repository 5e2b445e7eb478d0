// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginRuntime

/// Timers, calls, the log, and the thread itself.
@Suite(.timeLimit(.minutes(1)))
struct ThreadTests {
    private func logs(_ frames: [PluginFrame]) -> [String] {
        frames.compactMap { if case .log(_, let text) = $0 { text } else { nil } }
    }

    @Test func threadIsNamedAndLeavesSignalsToTheProcess() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        #expect(
            try await driver.request("where", id: 1)
                == #"{"name":"driver-of-a-plu","blocked":[1,1,1,1,0,0],"stack":1}"#)
    }

    @Test func timerFiresOnceOrAgainUntilItIsStopped() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        _ = try await driver.request("timer", id: 1, [("delay", "0"), ("user", "5")])
        #expect(try await driver.nextLog() == "timer 5 0")
        _ = try await driver.request("timer", id: 2, [("delay", "1"), ("interval", "1"), ("user", "6")])
        let frames = try await driver.frames { $0 == .log(level: 2, text: "timer 6 4") }
        // The fixture stops it in the third callback of all.
        #expect(logs(frames) == ["timer 6 0", "timer 6 0", "stop_timer 0", "timer 6 4"])
    }

    @Test func stoppedTimerIsCalledALastTimeBehindTheStop() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        _ = try await driver.request("timer", id: 1, [("delay", "3600000"), ("user", "7")])
        try driver.deliver(.message(.request("stop-timer", id: 2)))
        let frames = try await driver.frames { $0 == .log(level: 2, text: "timer 7 4") }
        #expect(frames.contains(.answer(message: 2, members: Array(#"{"statuses":[0,4]}"#.utf8))))
        #expect(logs(frames) == ["stopped", "timer 7 4"])
        #expect(!logs(try await driver.stop()).contains { $0.hasPrefix("timer") })
    }

    @Test func farTimersDoNotOverflow() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        let most = "18446744073709551615"
        #expect(try await driver.request("timer", id: 1, [("delay", most), ("interval", most)]) == #"{"status":0}"#)
        #expect(try await driver.request("timer", id: 2, [("delay", "0"), ("interval", most)]) == #"{"status":0}"#)
        #expect(try await driver.nextLog() == "timer 0 0")
    }

    @Test func moreTimersThan1024AreRefusedAndEachIsClosedAtTheStop() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        #expect(try await driver.request("timers", id: 1) == #"{"status":6,"count":1024,"timer":0}"#)
        let closed = logs(try await driver.stop()).filter { $0.hasPrefix("timer ") }
        // 1,000 lines a second: what was left out is said.
        #expect(closed == (1...closed.count).map { "timer \($0) 4" })
        #expect(closed.count >= 990)
    }

    @Test func eachCallIsDeliveredOnce() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("calls", id: 1, [("count", "3")])))
        let frames = try await driver.frames { $0 == .log(level: 2, text: "call 3 0") }
        #expect(logs(frames) == ["call 1 0", "call 2 0", "call 3 0"])
        #expect(!logs(try await driver.stop()).contains { $0.hasPrefix("call") })
    }

    @Test func waitingCallsAreClosedAtTheStop() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        // One callback makes the calls and then waits: they are still there when the stop comes.
        let gate = try await driver.block("calls", id: 1, attribute: "calls-block")
        try driver.deliver(.stop)
        gate.open()
        let lines = logs(try await driver.frames { $0 == .stopped }).filter { $0.hasPrefix("call ") }
        #expect(lines == ["call 1 4", "call 2 4"])
    }

    @Test func moreCallsThan65536AreRefused() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        #expect(try await driver.request("calls", id: 1, [("count", "70000")]) == #"{"status":6,"count":65536}"#)
    }

    @Test func probeComesBackFromTheThread() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        let gate = try await driver.block("probe", id: 1)
        try driver.deliver(.probe(42))
        gate.open()
        #expect(try await driver.nextButLog() == .answer(message: 1, members: Array(#"{"blocked":1}"#.utf8)))
        #expect(try await driver.nextButLog() == .alive(42))
    }

    @Test func aroundIsWhatTheGatewaySaid() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet, config: #"{"a":1}"#)
        #expect(
            try await driver.request("around", id: 1)
                == #"{"config":{"a":1},"data":"/data","resources":"/own/folder","sizes":[5,11]}"#)
    }

    @Test func changedServicesAreSaidOnceUntilTheFramesAreTaken() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("services", id: 1)))
        let frames = try await driver.frames { if case .answer(1, _) = $0 { true } else { false } }
        #expect(frames.contains(.servicesChanged))
        #expect(frames.last == .answer(message: 1, members: Array(#"{"status":0}"#.utf8)))
    }

    @Test(
        arguments: [
            ("0", "plain", .ok, PluginFrame.log(level: 0, text: "plain")),
            ("6", "", .ok, .log(level: 6, text: "")),
            ("4", "two\nlines\u{1b}[0m", .ok, .log(level: 4, text: "two\\nlines\\u{1b}[0m")),
            (
                "2", String(repeating: "ü", count: 3_000), .ok,
                .log(level: 2, text: String(repeating: "ü", count: 2_048))
            ),
            (
                "2", "x" + String(repeating: "ü", count: 3_000), .ok,
                .log(level: 2, text: "x" + String(repeating: "ü", count: 2_047))
            ),
        ] as [(String, String, Status, PluginFrame)])
    func logLineIsCleanAndShort(level: String, text: String, status: Status, frame: PluginFrame) async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("log", id: 1, [("level", level), ("text", text)])))
        #expect(try await driver.next() == frame)
        #expect(try await driver.next() == .answer(message: 1, members: Array("{\"status\":\(status.rawValue)}".utf8)))
    }

    @Test func bytesThatAreNoTextAreRepairedInTheLog() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("log-bytes", id: 1)))
        #expect(try await driver.nextLog() == "a\u{fffd}\\u{1b}[1m\\u{0}b")
    }
}
