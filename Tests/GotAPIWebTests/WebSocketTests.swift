// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIWeb

@Suite(.timeLimit(.minutes(1)))
struct WebSocketTests {
    @Test func messagesGoBothWaysAndTheSessionHearsItsLife() async throws {
        let session = ScriptedSession()
        try await withServer(webSocket: session) { server in
            var events = session.events.makeAsyncIterator()
            let client = try server.client()
            let response = try client.get(
                "/gotapi/websocket",
                RawClient.upgradeFields + [
                    "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: permessage-deflate",
                ])
            #expect(response.status == 101)
            #expect(response.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            #expect(response.headers["sec-websocket-protocol"] == nil)
            #expect(response.headers["sec-websocket-extensions"] == nil)
            #expect(await events.next() == .opened)
            try client.sendText("hello")
            #expect(await events.next() == .text("hello"))
            #expect(try client.frame() == .init(opcode: 1, payload: Array("hello".utf8)))
            try client.sendFrame(2, [1])
            #expect(await events.next() == .binary)
            session.outlet.send(Array("pushed".utf8))
            #expect(try client.frame().text == "pushed")
            try client.sendFrame(9, [7])
            #expect(try client.frame() == .init(opcode: 10, payload: [7]))
            try client.sendFrame(8, [0x0f, 0xa0])
            #expect(try client.frame().code == 4_000)
            #expect(try client.isClosed())
            #expect(await events.next() == .closed)
            #expect(await events.next() == nil)
            session.outlet.send([1])  // nobody is there, nothing happens
        }
    }

    @Test func connectionsAreCountedWhileTheyLive() async throws {
        try await withServer { server in
            func becomes(_ count: Int) async throws {
                while server.server.openCount != count {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
            let page = try server.client()
            _ = try page.get("/gotapi")
            try await becomes(1)
            let client = try server.client()
            #expect(try client.get("/gotapi/websocket", RawClient.upgradeFields).status == 101)
            // The HTTP handlers leave a moment after the upgrade.
            try await becomes(2)
            try client.sendFrame(8, [0x03, 0xe8])
            try await becomes(1)
            page.close()
            try await becomes(0)
        }
    }

    @Test func whatIsSentBehindTheRequestIsNotLost() async throws {
        try await withServer { server in
            let client = try server.client()
            let head =
                "GET /gotapi/websocket HTTP/1.1\r\nHost: a\r\n" + RawClient.upgradeFields.joined(separator: "\r\n")
            try client.send(Array((head + "\r\n\r\n").utf8) + [0x81, 0x81, 0, 0, 0, 0, 97])
            #expect(try client.response().status == 101)
            #expect(try client.frame().text == "a")
        }
    }

    @Test(arguments: [
        ("/gotapi/websocket?a=b", RawClient.upgradeFields, 404), ("/gotapi/websocket/", RawClient.upgradeFields, 404),
        ("/gotapi/websocket/x", RawClient.upgradeFields, 404), ("/gotapi/other", RawClient.upgradeFields, 404),
        (
            "/gotapi/websocket",
            ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="], 426
        ),
        ("/gotapi/websocket", RawClient.upgradeFields.map { $0.replacing("13", with: "8") }, 426),
        ("/gotapi/websocket", ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"], 400),
        ("/gotapi/websocket", RawClient.upgradeFields.map { $0.replacing("dGhl", with: "dG") }, 400),
        ("/gotapi/websocket", RawClient.upgradeFields.filter { !$0.hasPrefix("Connection") }, 400),
        ("/gotapi/websocket", RawClient.upgradeFields + ["Content-Length: 3"], 400),
    ])
    func otherUpgradesAreRefused(path: String, fields: [String], status: Int) async throws {
        try await withServer { server in
            let client = try server.client()
            let response = try client.get(path, fields)
            #expect(response.status == status)
            if status == 426 { #expect(response.headers["sec-websocket-version"] == "13") }
            #expect(try client.isClosed())
        }
    }

    @Test func anUpgradeToSomethingElseIsNoUpgrade() async throws {
        try await withServer { server in
            let client = try server.client()
            #expect(
                try client.get("/gotapi/a", ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings"]).text
                    == "GET /gotapi/a ")
            #expect(try client.get("/gotapi/b").text == "GET /gotapi/b ")
        }
    }

    @Test func theResponderCanRefuse() async throws {
        struct Refusing: WebSocketResponder {
            func admit(_ request: WebRequest, outlet: any WebSocketOutlet) -> WebSocketAdmission {
                .refused(WebResponse(status: 503, body: Array("full".utf8)))
            }
        }
        try await withServer(webSocket: Refusing()) { server in
            let client = try server.client()
            let response = try client.get("/gotapi/websocket", RawClient.upgradeFields)
            #expect(response.status == 503)
            #expect(response.text == "full")
            // It is an HTTP connection still.
            #expect(try client.get("/gotapi/a").text == "GET /gotapi/a ")
        }
    }

    /// Sends frames as bytes would be: opcode with the final bit, payload, masked.
    @Test(
        arguments: [
            ([(0x81, [0xff], true)], 1_007), ([(0x01, [0xc3], true), (0x80, [0x28], true)], 1_007),
            ([(0x81, [97], false)], 1_002), ([(0xc1, [97], true)], 1_002), ([(0x83, [], true)], 1_002),
            ([(0x80, [97], true)], 1_002), ([(0x09, [], true)], 1_002), ([(0x88, [3, 0xed], true)], 1_002),
            ([(0x89, [UInt8](repeating: 0, count: 126), true)], 1_002),
            ([(0x81, [UInt8](repeating: 97, count: 65_537), true)], 1_009),
            (
                [
                    (0x01, [UInt8](repeating: 97, count: 40_000), true),
                    (0x80, [UInt8](repeating: 97, count: 40_000), true),
                ], 1_009
            ),
        ] as [([(UInt8, [UInt8], Bool)], Int)])
    func whatIsForbiddenClosesWithItsCode(frames: [(UInt8, [UInt8], Bool)], code: Int) async throws {
        let session = ScriptedSession()
        try await withServer(webSocket: session) { server in
            let client = try server.client()
            try client.upgrade()
            for (first, payload, masked) in frames { try client.sendFrame(first, payload, fin: false, masked: masked) }
            let frame = try client.frame()
            #expect(frame.opcode == 8)
            #expect(frame.code == code)
            #expect(try client.isClosed())
            #expect(await session.events.reduce(into: []) { $0.append($1) } == [.opened, .closed])
        }
    }

    @Test func theGreatestMessageArrives() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.upgrade()
            let text = [UInt8](repeating: 97, count: 65_536)
            try client.sendFrame(1, Array(text[..<40_000]), fin: false)
            try client.sendFrame(9, [1])
            try client.sendFrame(0, Array(text[40_000...]))
            #expect(try client.frame() == .init(opcode: 10, payload: [1]))
            #expect(try client.frame().payload == text)
        }
    }

    @Test func actionsAreDoneInOrderAndTheTimerFires() async throws {
        let session = ScriptedSession { event in
            switch event {
            case .opened:
                [.send([97]), .startTimer(after: .seconds(30)), .startTimer(after: .milliseconds(20)), .send([98])]
            case .timerFired: [.send([99]), .close(code: 4_001), .send([100])]
            default: []
            }
        }
        try await withServer(webSocket: session) { server in
            let client = try server.client()
            try client.upgrade()
            #expect(try client.frame().text == "a")
            #expect(try client.frame().text == "b")
            #expect(try client.frame().text == "c")
            #expect(try client.frame().code == 4_001)
            try client.sendFrame(8, [0x0f, 0xa1])
            #expect(try client.isClosed())
        }
    }

    @Test func aStoppedTimerDoesNotFire() async throws {
        let session = ScriptedSession { event in
            switch event {
            case .opened: [.startTimer(after: .milliseconds(20)), .stopTimer]
            case .timerFired: [.send([120])]
            case .text: [.send([121])]
            default: []
            }
        }
        try await withServer(webSocket: session, timeouts: .with(\.ping, 80)) { server in
            let client = try server.client()
            try client.upgrade()
            #expect(try client.frame().opcode == 9)  // later than the timer would have been
            try client.sendText("a")
            #expect(try client.frame().text == "y")
        }
    }

    @Test func theOutletClosesAfterWhatItSent() async throws {
        let session = ScriptedSession()
        try await withServer(webSocket: session, timeouts: .with(\.closeHandshake, 60)) {
            server in
            var events = session.events.makeAsyncIterator()
            let client = try server.client()
            try client.upgrade()
            #expect(await events.next() == .opened)
            session.outlet.send([97])
            session.outlet.close(code: 4_002)
            session.outlet.send([98])
            #expect(try client.frame().text == "a")
            #expect(try client.frame().code == 4_002)
            // The client does not answer; it is not waited for.
            #expect(try client.isClosed())
            #expect(await events.next() == .closed)
        }
    }

    @Test(arguments: [true, false]) func aClientThatIsGoneIsNoticed(withReset: Bool) async throws {
        let session = ScriptedSession()
        try await withServer(webSocket: session) { server in
            let client = try server.client()
            try client.upgrade()
            if withReset { client.reset() } else { client.close() }
            #expect(await session.events.reduce(into: []) { $0.append($1) } == [.opened, .closed])
        }
    }

    @Test func aSilentPeerIsPingedTwiceAndDropped() async throws {
        try await withServer(timeouts: .with(\.ping, 60)) { server in
            let client = try server.client()
            try client.upgrade()
            #expect(try client.frame().opcode == 9)
            try client.sendFrame(10)
            #expect(try client.frame().opcode == 9)
            #expect(try client.frame().opcode == 9)
            #expect(try client.isClosed())
        }
    }

    @Test func manyPushesArriveInOrder() async throws {
        let session = ScriptedSession()
        try await withServer(webSocket: session) { server in
            var events = session.events.makeAsyncIterator()
            let client = try server.client()
            try client.upgrade()
            #expect(await events.next() == .opened)
            for round in 0..<20 {
                for number in 0..<500 { session.outlet.send(Array("\(round * 500 + number)".utf8)) }
                for number in 0..<500 { #expect(try client.frame().text == "\(round * 500 + number)") }
            }
        }
    }

    @Test func aClientThatReadsNothingLosesItsOldestPushesAndThenItsConnection() async throws {
        let dropped = NIOLockedValueBox(0)
        let session = ScriptedSession()
        try await withServer(webSocket: session, timeouts: .with(\.stall, 200), dropped: dropped) { server in
            var events = session.events.makeAsyncIterator()
            let client = try server.client(receiveBuffer: 4_096)
            try client.upgrade()
            #expect(await events.next() == .opened)
            let push = [UInt8](repeating: 97, count: 100_000)
            for _ in 0..<200 { session.outlet.send(push) }
            #expect(dropped.withLockedValue { $0 } > 50)
            #expect(await events.next() == .closed)
        }
    }

    @Test func whereNothingMayBeLostAClientThatReadsNothingLosesItsConnectionAtOnce() async throws {
        let dropped = NIOLockedValueBox(0)
        let session = ScriptedSession()
        try await withServer(
            webSocket: session, timeouts: .with(\.closeHandshake, 200), overflowCode: 1_008, dropped: dropped
        ) { server in
            var events = session.events.makeAsyncIterator()
            let client = try server.client(receiveBuffer: 4_096)
            try client.upgrade()
            #expect(await events.next() == .opened)
            for number in 0..<200 { session.outlet.send([UInt8](repeating: 97, count: 100_000 + number)) }
            #expect(await events.next() == .closed)
            #expect(dropped.withLockedValue { $0 } == 0)
        }
    }

    @Test func whereNothingMayBeLostAClientThatIsSlowHasReadAllBeforeTheClose() async throws {
        let session = ScriptedSession()
        try await withServer(
            webSocket: session, timeouts: .with(\.closeHandshake, 30_000), overflowCode: 1_008
        ) { server in
            var events = session.events.makeAsyncIterator()
            let client = try server.client(receiveBuffer: 4_096)
            try client.upgrade()
            #expect(await events.next() == .opened)
            for number in 0..<200 { session.outlet.send([UInt8](repeating: 97, count: 100_000 + number)) }
            var count = 0
            while case let frame = try client.frame(), frame.opcode == 1 {
                #expect(frame.payload.count == 100_000 + count, "none is missing in between")
                count += 1
            }
            #expect(1..<200 ~= count)
        }
    }
}
