// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPINativeThing

@Suite struct MessageTests {
    @Test(arguments: [
        (#"{"path":"/x","requestID":1}"#, "1"), (#"{"path":"/x","requestID":"a b"}"#, #""a b""#),
        (#"{"requestID":-1.50e2,"path":"/x","more":{}}"#, "-1.50e2"), (#"{"path":"/x","requestID":0}"#, "0"),
    ])
    func aRequestIDIsGivenBackAsItCame(_ text: String, _ id: String) throws {
        let message = try ThingMessage(Array(text.utf8))
        #expect(message.kind == .request(path: "/x"))
        #expect(message.requestID.json.string == id)
        let reply = ThingReply(requestID: message.requestID, dialect: .native)
        #expect(
            String(decoding: reply.result(), as: UTF8.self) == #"{"requestID":\#(id),"result":{"status":"success"}}"#)
    }

    @Test(arguments: [
        "", "{", "[1]", "1", #""x""#, "{}", #"{"path":"/x"}"#, #"{"path":"/x","requestID":""}"#,
        #"{"path":"/x","requestID":null}"#, #"{"path":"/x","requestID":true}"#, #"{"path":"/x","requestID":{}}"#,
        #"{"path":"/x","requestID":1} x"#, "{path:'/x',requestID:1}",
        #"{"path":"/x","requestID":"\#(String(repeating: "x", count: 4_097))"}"#,
        String(repeating: "[", count: 200), #"{"requestID":1,"x":\#(String(repeating: "[", count: 200))"#,
    ])
    func whatIsNoMessageIsUnusable(_ text: String) {
        #expect(throws: ThingMessage.Unusable()) { try ThingMessage(Array(text.utf8)) }
    }

    @Test(arguments: [
        (#""\#(String(repeating: "x", count: 4_097))""#, "4 KiB"),
        (#"{"\#(String(repeating: "x", count: 4_097))":1}"#, "4 KiB"),
        (String(repeating: "[", count: 40) + String(repeating: "]", count: 40), "32 levels"),
        ("[" + String(repeating: "1,", count: 140_000) + "1]", "256 KiB"),
    ])
    func aMessageBeyondALimitNamesIt(_ value: String, _ limit: String) throws {
        let message = try ThingMessage(Array(#"{"path":"/x","requestID":"r","x":\#(value)}"#.utf8))
        #expect(message.requestID == .text("r"))
        #expect(message.kind == .request(path: "/x"))
        #expect(message.excess?.isPermanent == true)
        #expect(message.excess?.diagnostic.contains(limit) == true, "\(message.excess?.diagnostic ?? "")")
    }

    @Test func whatIsJustWithinTheLimitsIsServed() throws {
        let deep = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
        let text = String(repeating: "x", count: 4_096)
        let message = try ThingMessage(Array(#"{"path":"/x","requestID":1,"a":\#(deep),"b":"\#(text)"}"#.utf8))
        #expect(message.excess == nil)
    }

    @Test(arguments: [
        (#"{"requestID":"s-1"}"#, ThingResponse.intermediate),
        (#"{"requestID":"s-1","tasks":{"t-1":{"status":"success","error":null}}}"#, .success(faults: [:])),
        (#"{"requestID":"s-1","unknown":1}"#, .intermediate),
        (#"{"requestID":"s-1","error":{}}"#, .failure(ThingFault(permanent: false, ""))),
        (
            #"{"requestID":"s-1","error":{"permanent":true,"diagnostic":"no"}}"#,
            .failure(ThingFault(permanent: true, "no"))
        ),
        (#"{"requestID":"s-1","result":{"status":"success"}}"#, .success(faults: [:])),
        (#"{"requestID":"s-1","tasks":{}}"#, .success(faults: [:])),
        (
            #"{"requestID":"s-1","events":{"a":{"status":"success"},"b":{"error":{"diagnostic":"x"}}}}"#,
            .success(faults: ["b": ThingFault(permanent: false, "x")])
        ),
    ])
    func responsesAreRead(_ text: String, _ response: ThingResponse) throws {
        let message = try ThingMessage(Array(text.utf8))
        #expect(message.kind == .response)
        #expect(ThingResponse(message) == response)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-21T15:30:37.123Z", 1_795_275_037_123),
            ("2000-02-29T23:59:59+00:00", 951_868_799_000), ("2024-03-01T09:00:00.5+09:00", 1_709_251_200_500),
            ("2024-12-31T19:00-0500", 1_735_689_600_000),
        ] as [(String, Int64)])
    func timesOfISO8601AreRead(_ text: String, _ time: Int64) {
        #expect(ThingTime.parse(JSONNode(.text(text))) == time)
    }

    @Test(arguments: [
        #""yesterday""#, #""2023-02-29T00:00:00Z""#, #""2024-13-01T00:00:00Z""#, #""2024-01-01""#,
        #""2024-01-01T25:00:00Z""#, #""2024-01-01T00:00:00""#, #""2024-01-01T00:00:00Zx""#, "-1", "1e300", "true", "{}",
        "\"\"",
    ])
    func whatIsNoTimeIsNone(_ json: String) throws {
        #expect(ThingTime.parse(try JSONNode(parsing: Array(json.utf8))) == nil)
    }

    @Test(
        arguments: [
            ("1700000000000", 1_700_000_000_000), ("1.7e12", 1_700_000_000_000),
            (#""1700000000000""#, 1_700_000_000_000), ("12.9", 12),
        ] as [(String, Int64)])
    func millisecondsAreRead(_ json: String, _ time: Int64) throws {
        #expect(ThingTime.parse(try JSONNode(parsing: Array(json.utf8))) == time)
    }

    @Test(arguments: [
        ("true", #""x""#, true), ("true", "1", false), (#""percentage""#, "100", true),
        (#""percentage""#, "101", false),
        (#""celsius""#, "-3.5", true), (#""celsius""#, #""21""#, false), (#""db""#, "1", true),
        (#"["on","off"]"#, #""on""#, true), (#"["on","off"]"#, #""dim""#, false),
        (#""timestamp""#, "1", true), (#""latlng""#, "[1,2]", true), (#""coordinates""#, "[1]", false),
        (#"{"rgb":{}}"#, #"{"rgb":1}"#, true), (#"{"rgb":{}}"#, #"{"cie":1}"#, false), (#""id""#, #""a""#, true),
        (#""u8""#, "256", false), (#""fraction""#, "0.5", true), (#""parsecs""#, "[]", true), ("3", "{}", true),
    ])
    func propertiesHaveKinds(_ syntax: String, _ value: String, _ isRight: Bool) throws {
        let syntax = PropertySyntax(try JSONNode(parsing: Array(syntax.utf8)))
        #expect(syntax.accepts(try JSONNode(parsing: Array(value.utf8))) == isRight)
    }

    @Test func whatIsDueFirstComesFirst() {
        var queue = DeadlineQueue<Int>()
        for number in [5, 3, 9, 1, 7, 3, 8, 2] { queue.add(number, at: UInt64(number)) }
        #expect(queue.next == 1)
        var taken: [Int] = []
        while let number = queue.take(now: 7) { taken.append(number) }
        #expect(taken == [1, 2, 3, 3, 5, 7])
        #expect(queue.next == 8)
    }

    @Test func aSocketMaySendSoMuchASecond() {
        var rate = MessageRate()
        let start: UInt64 = 1_000_000_000_000
        #expect((0..<1_990).map { _ in rate.take(bytes: 10, isKnown: true, now: start) }.contains(false) == false)
        #expect((0..<50).map { _ in rate.take(bytes: 10, isKnown: true, now: start) }.contains(false) == true)
        var steady = MessageRate()
        #expect(
            (0..<5_000).map { steady.take(bytes: 100, isKnown: true, now: start + UInt64($0) * 1_100_000) }.contains(
                false) == false)
        var large = MessageRate()
        #expect((0..<40).map { _ in large.take(bytes: 256 << 10, isKnown: true, now: start) }.contains(false) == true)
    }

    @Test(arguments: [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1_000, 60)] as [(Int, UInt64)])
    func pausesGrowToAMinute(_ failures: Int, _ seconds: UInt64) {
        #expect(growingPause(failures: failures) == seconds * 1_000_000_000)
    }

    @Test func aServiceIdIsTheSameAfterEveryReconnect() {
        #expect(
            ThingName(pairing: "u-1", udn: "lamp-1").serviceID == ThingName(pairing: "u-1", udn: "lamp-1").serviceID)
        // printf 'a\0b' | sha256sum
        #expect(ThingName(pairing: "a", udn: "b").serviceID == "native.59b271ae1bbcb1d31d41")
    }
}
