// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginRuntime

@Suite(.timeLimit(.minutes(1)))
struct MessageTests {
    @Test func requestIsReadAsItWasSent() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        var message = PluginMessage.request("read", id: 5, [("a", "1"), ("empty", ""), ("ü", "\u{1f600}")])
        message.isReplay = true
        try driver.deliver(.message(message))
        guard case .answer(5, let members) = try await driver.nextButLog() else {
            throw RuntimeDriver.Unexpected(text: "another frame")
        }
        let json =
            #"{"method":"put","serviceId":"p","profile":"t","attribute":"read","package":"https://localhost:4036","#
            + #""clientId":"client","accessToken":"token","receiver":"gateway","#
            + "\"params\":{\"a\":\"1\",\"empty\":\"\",\"ü\":\"\u{1f600}\"}}"
        #expect(
            String(decoding: members, as: UTF8.self)
                == #"{"method":"put","fields":["p","t","read","https://localhost:4036","client","token","gateway"],"#
                + "\"badField\":2,\"parameters\":[\"a=1\",\"empty=\",\"ü=\u{1f600}\"],\"behind\":1,\"empty\":[0,0],"
                + "\"none\":1,\"nameless\":1,\"null\":1,\"hasTime\":1,\"replay\":1,\"json\":\(json),\"same\":1}")
    }

    @Test(arguments: [
        (#"{"a":[1,{"b":null}]}"#, #"{"a":[1,{"b":null}]}"#),
        (" \n{} ", " \n{} "),
        ("[1]", #"{"status":8}"#),
        ("", #"{"status":8}"#),
        ("\"{\"", #"{"status":8}"#),
        ("{\"a\":1,}", #"{"status":8}"#),
        ("{}{}", #"{"status":8}"#),
        (deep(64), deep(64)),
        (deep(65), #"{"status":8}"#),
    ])
    func membersAreOneObjectOfLimitedDepth(members: String, answer: String) async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        #expect(try await driver.request("raw", id: 1, [("members", members)]) == answer)
    }

    private static func deep(_ depth: Int) -> String {
        String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
    }

    @Test func membersAreUTF8AndAtMost1MiB() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        #expect(try await driver.request("invalid", id: 1) == #"{"status":2}"#)
        #expect(try await driver.request("long", id: 2, [("length", "1048576")]).utf8.count == 1_048_576)
        #expect(try await driver.request("long", id: 3, [("length", "1048577")]) == #"{"status":7}"#)
    }

    @Test func nullPointersGetAStatus() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        _ = try await driver.request("subscribe", id: 1)
        #expect(try await driver.request("nulls", id: 2) == #"{"wrong":0}"#)
    }

    @Test func firstAnswerStandsAndTheSecondIsLoggedOnceAMinute() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("twice", id: 1)))
        try driver.deliver(.message(.request("twice", id: 2)))
        try driver.deliver(.probe(1))
        let frames = try await driver.frames { $0 == .alive(1) }
        let answers = frames.compactMap { if case .answer(let id, let members) = $0 { (id, members) } else { nil } }
        #expect(answers.map(\.0) == [1, 2])
        #expect(answers.allSatisfy { $0.1 == Array(#"{"data":1}"#.utf8) })
        let lines = frames.compactMap { if case .log(_, let text) = $0 { text } else { nil } }
        #expect(lines.filter { $0 == "twice 0 3" }.count == 2)
        #expect(lines.filter { $0.contains("answered twice") }.count == 1)
    }

    @Test func messageWithoutAnswerIsUnansweredAtOnce() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("nothing", id: 9)))
        #expect(try await driver.nextButLog() == .unanswered(message: 9))
        #expect(try await driver.nextLog().contains("let go of a message without a valid answer"))
    }

    @Test func retainedMessageIsAnsweredLater() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("keep", id: 1)))
        try driver.deliver(.message(.request("answer-kept", id: 2)))
        #expect(try await driver.nextButLog() == .answer(message: 1, members: Array(#"{"kept":true}"#.utf8)))
        #expect(try await driver.nextButLog() == .answer(message: 2, members: Array(#"{"status":0}"#.utf8)))
        #expect(try await driver.request("answer-kept", id: 3) == #"{"status":3}"#)
        #expect(try await driver.request("release-kept", id: 4) == #"{"release":0,"read":4,"answer":4}"#)
        #expect(try await driver.request("release-kept", id: 5) == #"{"release":4,"read":4,"answer":4}"#)
    }

    @Test func lastReleaseWithoutAnswerIsUnanswered() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("keep", id: 1)))
        #expect(try await driver.request("retain-kept", id: 2) == #"{"status":0}"#)
        #expect(try await driver.request("release-kept", id: 3) == #"{"release":0,"read":0,"answer":0}"#)
        try driver.deliver(.message(.request("keep", id: 4)))
        try driver.deliver(.message(.request("release-kept", id: 5)))
        #expect(try await driver.nextButLog() == .unanswered(message: 4))
    }

    @Test func releasingMoreThanWasRetainedDoesNotTouchTheBorrowedMessage() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        #expect(try await driver.request("borrow", id: 1) == #"{"statuses":[4,0,0,4],"read":0}"#)
    }

    @Test func anotherThreadMayAnswerButHasNoTimers() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        #expect(try await driver.request("thread", id: 1) == #"{"start":9,"stop":9,"timer":0}"#)
        #expect(try await driver.nextLog() == "thread 0 0")
    }

    @Test func handlesOfAnotherKindOrPlugInAreClosed() async throws {
        let one = try await RuntimeDriver.running(try Fixtures.puppet)
        let other = try await RuntimeDriver.running(try Fixtures.puppet)
        try one.deliver(.message(.request("keep", id: 1)))
        #expect(try await one.nextLog() == "keep 0")
        let handles = try await other.request("handle", id: 1)
        #expect(handles != (try await one.request("handle", id: 2)))
        let foreign = try JSONNode(parsing: Array(handles.utf8))["subscription"]?.integer ?? 0
        #expect(
            try await one.request("strange", id: 3, [("handle", "\(foreign)")])
                == #"{"statuses":[4,4,4,4,4,4,4,4,4,4,0]}"#)
    }

    @Test func queuedMessageCannotBeUsedBeforeItIsPassed() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        let gate = try await driver.block("queued", id: 1)
        // `strange` tries the handle behind its own, which is that of the message waiting behind it.
        try driver.deliver(.message(.request("strange", id: 2)))
        try driver.deliver(.message(.request("other", id: 3)))
        gate.open()
        let answers = try await driver.frames { if case .answer(3, _) = $0 { true } else { false } }
        #expect(answers.contains(.answer(message: 2, members: Array(#"{"statuses":[4,4,4,4,4,4,4,4,4,4,0]}"#.utf8))))
        #expect(answers.last == .answer(message: 3, members: Array(#"{"data":"ok"}"#.utf8)))
    }

    // MARK: - Deadline

    @Test func heldMessageIsToldOnceThatItExpired() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("keep", id: 1)))
        #expect(try await driver.nextLog() == "keep 0")
        try driver.deliver(.expire(message: 1))
        try driver.deliver(.expire(message: 1))
        #expect(try await driver.nextLog() == "expired answer=4 read=0 release=0 left=0 t")
        #expect(try await driver.request("answer-kept", id: 2) == #"{"status":4}"#)
        let rest = try await driver.stop()
        #expect(!rest.contains { if case .log(_, let text) = $0 { text.hasPrefix("expired") } else { false } })
    }

    @Test func expiryCountsAtOnceWhileTheThreadIsBlocked() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        let gate = try await driver.block("expiry", id: 1, attribute: "keep-block")
        try driver.deliver(.message(.request("queued", id: 2)))
        try driver.deliver(.expire(message: 1))
        try driver.deliver(.expire(message: 2))
        try driver.deliver(.probe(77))
        gate.open()
        // The queued one is never passed on, and nothing is said about messages that the gateway gave up.
        #expect(try await driver.next() == .log(level: 2, text: "late answer 4"))
        #expect(try await driver.next() == .log(level: 2, text: "expired answer=4 read=0 release=0 left=0 t"))
        #expect(try await driver.next() == .alive(77))
    }

    @Test func answerBehindTheDeadlineIsClosed() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        // Its time is over when it comes: it is not passed on, and the gateway knows.
        try driver.deliver(.message(.request("other", id: 1, seconds: 0)))
        #expect(try await driver.request("other", id: 2) == #"{"data":"ok"}"#)
    }

    @Test func expiryOfAnUnknownOrAnsweredMessageIsNothing() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("keep", id: 1)))
        #expect(try await driver.request("answer-kept", id: 2) == #"{"status":0}"#)
        try driver.deliver(.expire(message: 1))
        try driver.deliver(.expire(message: 99))
        try driver.deliver(.probe(1))
        #expect(try await driver.nextButLog() == .alive(1))
    }

    @Test func numberInUseIsMalformed() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("keep", id: 1)))
        #expect(throws: FrameError.malformed) { try driver.deliver(.message(.request("keep", id: 1))) }
    }

    // MARK: - Discovery and negotiation

    @Test(arguments: [
        (
            PluginMessage.Kind.serviceDiscovery,
            #"{"services":[{"serviceId":"p","name":"p","online":true,"scopes":["t"]}]}"#,
            #"{"services":[],"asked":1}"#
        ),
        (.clientID, #"{"accept":true}"#, #"{"accept":false}"#),
        (.accessToken, #"{"accept":true}"#, #"{"accept":true,"subscribe":10}"#),
    ])
    func absentCallbackHasItsAnswer(kind: PluginMessage.Kind, absent: String, present: String) async throws {
        for (library, expected) in [(try Fixtures.puppet, absent), (try Fixtures.asking, present)] {
            let driver = try await RuntimeDriver.running(library)
            try driver.deliver(.message(.request("", id: 1, kind: kind)))
            #expect(try await driver.nextButLog() == .answer(message: 1, members: Array(expected.utf8)))
        }
    }

    @Test func absentCallbackIsAnsweredWhileTheThreadIsBlocked() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        let gate = try await driver.block("absent", id: 1)
        try driver.deliver(.message(.request("", id: 2, kind: .clientID)))
        #expect(try await driver.nextButLog() == .answer(message: 2, members: Array(#"{"accept":true}"#.utf8)))
        gate.open()
        #expect(try await driver.nextButLog() == .answer(message: 1, members: Array(#"{"blocked":1}"#.utf8)))
    }

    @Test func answerDoesNotWaitForTheCallbackThatGaveIt() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        let gate = try Gate("before")
        try driver.deliver(.message(.request("other", id: 1)))
        try driver.deliver(.message(.request("push-block", id: 2, [("fifo", gate.path)])))
        try driver.deliver(.message(.request("other", id: 3)))
        #expect(try await driver.nextButLog() == .answer(message: 1, members: Array(#"{"data":"ok"}"#.utf8)))
        #expect(try await driver.nextButLog() == .answer(message: 2, members: Array(#"{"answered":"before"}"#.utf8)))
        gate.open()
        #expect(try await driver.nextButLog() == .answer(message: 3, members: Array(#"{"data":"ok"}"#.utf8)))
    }
}
