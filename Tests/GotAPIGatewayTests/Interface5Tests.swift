// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore
import Testing

@testable import GotAPIGateway

@Suite struct Interface5Tests {
    private static let verified = #"{"profile":"authorization","attribute":"verify","result":0,"serviceId":""}"#

    private static func message(_ token: String) -> WebSocketEvent { .text(#"{"accessToken":"\#(token)"}"#) }

    private static func json(_ action: WebSocketAction?) throws -> JSONNode {
        guard case .send(let text) = action else {
            Issue.record("nothing is sent")
            return JSONNode(.null)
        }
        return try JSONNode(parsing: text)
    }

    // MARK: - The state machine

    @Test(
        arguments: [
            ([.opened], .await(.seconds(5))), ([.opened, .knownToken], .confirm),
            ([.opened, .unknownToken], .dismiss(.unknownToken, closingAfter: .seconds(1))),
            ([.opened, .timerFired], .dismiss(.noToken, closingAfter: .seconds(1))),
            ([.opened, .badMessage], .complain(.badMessage)), ([.opened, .otherMessage], .none),
            ([.opened, .badMessage, .timerFired], .dismiss(.noToken, closingAfter: .seconds(1))),
            ([.opened, .badMessage, .knownToken], .confirm), ([.opened, .knownToken, .knownToken], .confirm),
            ([.opened, .knownToken, .unknownToken], .dismiss(.unknownToken, closingAfter: .seconds(1))),
            ([.opened, .knownToken, .badMessage], .complain(.badMessage)),
            ([.opened, .knownToken, .timerFired], .none),
            ([.opened, .unknownToken, .knownToken], .none), ([.opened, .unknownToken, .badMessage], .none),
            ([.opened, .unknownToken, .timerFired], .close(code: 1008)),
            ([.opened, .timerFired, .knownToken], .none), ([.opened, .timerFired, .timerFired], .close(code: 1008)),
        ] as [([SessionState.Event], SessionState.Action)])
    func eachEventHasItsAction(events: [SessionState.Event], expected: SessionState.Action) {
        var state = SessionState()
        let actions = events.map { state.receive($0) }
        #expect(actions.last == expected)
    }

    // MARK: - Messages

    @Test func aKnownTokenIsConfirmed() throws {
        let test = TestGateway()
        let socket = try test.openSocket()
        #expect(socket.receive(Self.message(try test.authorize())) == [.stopTimer, .send(Array(Self.verified.utf8))])
    }

    @Test(arguments: ["bogus", "", Client.debugToken])
    func anUnknownTokenIsDismissed(token: String) throws {
        let socket = try TestGateway().openSocket()
        let actions = socket.receive(Self.message(token))
        let json = try Self.json(actions.first)
        #expect(json["profile"]?.text == "authorization")
        #expect(json["attribute"]?.text == "verify")
        #expect(json["result"]?.integer == 401)
        #expect(json["errorCode"]?.integer == 401)
        #expect(json["errorText"]?.text == "Unauthorized")
        #expect(json["errorMessage"]?.text?.isEmpty == false)
        #expect(json["serviceId"]?.text == "")
        #expect(Array(actions.dropFirst()) == [.startTimer(after: .seconds(1))])
        #expect(socket.receive(.text("{}")).isEmpty)
        #expect(socket.receive(.timerFired) == [.close(code: 1008)])
    }

    @Test func aTokenThatIsNoTextIsUnknown() throws {
        let socket = try TestGateway().openSocket()
        #expect(try Self.json(socket.receive(.text(#"{"accessToken":7}"#)).first)["result"]?.integer == 401)
    }

    @Test func silenceEndsInDismissal() throws {
        let socket = try TestGateway().openSocket()
        let actions = socket.receive(.timerFired)
        let json = try Self.json(actions.first)
        #expect(json["result"]?.integer == 408)
        #expect(json["errorCode"]?.integer == 408)
        #expect(json["errorText"]?.text == "Request Timeout")
        #expect(
            Set(json.object?.map(\.name) ?? []) == ["result", "errorCode", "errorText", "errorMessage", "serviceId"])
        #expect(Array(actions.dropFirst()) == [.startTimer(after: .seconds(1))])
        #expect(socket.receive(.timerFired) == [.close(code: 1008)])
    }

    @Test(arguments: ["not json", "", "null", " null ", "{", "{}{}", String(repeating: "[", count: 70)])
    func badMessagesAreAnsweredAndTheSocketStaysOpen(text: String) throws {
        let test = TestGateway()
        let socket = try test.openSocket(token: try test.authorize())
        for event in [WebSocketEvent.text(text), .binary] {
            let actions = socket.receive(event)
            #expect(actions.count == 1)
            let json = try Self.json(actions.first)
            #expect(json["result"]?.integer == 400)
            #expect(json["errorCode"]?.integer == 400)
            #expect(json["profile"] == nil)
        }
    }

    @Test(arguments: ["{}", "7", "[]", "\"accessToken\"", "true", #"{"foo":1}"#, #"[{"accessToken":"x"}]"#])
    func otherJSONIsIgnored(text: String) throws {
        #expect(try TestGateway().openSocket().receive(.text(text)).isEmpty)
    }

    @Test func aSecondTokenIsVerifiedAsTheFirst() throws {
        let plugin = ScriptedEndpoint("p", services: [SamplePlugins.service("s")])
        let test = TestGateway([plugin])
        plugin.on(.request) { [gateway = test.gateway] message, reply in
            _ = gateway.subscribed(plugin, subscription: message.id, message: message)
            reply(.members(Array("{}".utf8)))
        }
        let tokens = try [test.authorize(), test.authorize()]
        for token in tokens { _ = try test.send("PUT", "/gotapi/t?serviceId=s&accessToken=\(token)") }
        let numbers = plugin.messages(.request).map(\.id)
        func push() {
            for number in numbers { test.gateway.pushed(plugin, subscription: number, members: Array("{}".utf8)) }
        }

        let socket = try test.openSocket(token: tokens[0])
        push()
        #expect(socket.outlet.texts.count == 1)
        #expect(socket.sends(#"{"accessToken":"\#(tokens[0])"}"#) == [Self.verified])
        #expect(socket.sends(#"{"accessToken":"\#(tokens[1])"}"#) == [Self.verified])
        push()
        #expect(socket.outlet.texts.count == 2)
        #expect(try Self.json(socket.receive(Self.message("bogus")).first)["result"]?.integer == 401)
        push()
        #expect(socket.outlet.texts.count == 2)
        _ = socket.receive(.closed)
        #expect(test.gateway.statistics.openSockets == 0)
        // Neither token is held by a socket any more.
        test.clock.advance(by: .seconds(24 * 3_600))
        test.gateway.tick(now: test.clock.now)
        #expect(test.gateway.statistics.clients == 0)
    }

    @Test func anOpenSocketKeepsItsToken() throws {
        let test = TestGateway()
        let token = try test.authorize()
        let socket = try test.openSocket(token: token)
        test.clock.advance(by: .seconds(48 * 3_600))
        test.gateway.tick(now: test.clock.now)
        #expect(try test.send("GET", "/gotapi/servicediscovery?accessToken=\(token)").result == 0)
        _ = socket.receive(.closed)
        test.clock.advance(by: .seconds(24 * 3_600))
        #expect(try test.send("GET", "/gotapi/servicediscovery?accessToken=\(token)").result == 13)
    }

    // MARK: - Who is let in

    @Test(arguments: [
        ([("Origin", TestGateway.origin)], "127.0.0.1", 0, 0), ([], "127.0.0.1", 0, 0), ([], "127.0.0.2", 403, 11),
        ([("Origin", "http://evil.example")], "127.0.0.1", 403, 18), ([("Origin", "null")], "127.0.0.1", 403, 18),
        ([("Origin", "http://evil.example")], "10.0.0.1", 403, 11),
        ([("Origin", TestGateway.origin), ("Origin", TestGateway.origin)], "127.0.0.1", 403, 18),
        ([("Referer", "http://evil.example/")], "127.0.0.1", 0, 0),  // says nothing here
    ])
    func addressAndOriginAreChecked(headers: [(String, String)], source: String, status: Int, code: Int) {
        switch TestGateway().connect(headers: headers, source: source) {
        case .socket: #expect(status == 0)
        case .refused(let answer):
            #expect(answer.status == status)
            #expect(answer.result == code)
        }
    }

    @Test func thereAreNoMoreSocketsThanMayBe() throws {
        let test = TestGateway { $0.webSocketLimit = 2 }
        let sockets = try (0..<2).map { _ in try test.openSocket() }
        guard case .refused(let answer) = test.connect() else {
            Issue.record("a third one was let in")
            return
        }
        #expect(answer.status == 503)
        #expect(answer.result == 1)
        _ = sockets[0].receive(.closed)
        _ = try test.openSocket()
        // One that never opened counts, too, and is counted out.
        test.gateway.apply(TestGateway.settings { $0.webSocketLimit = 3 })
        guard case .socket(let third) = test.connect() else {
            Issue.record("the higher limit does not count")
            return
        }
        _ = third.receive(.closed)
        #expect(test.gateway.statistics.openSockets == 2)
    }

    @Test func aTokenIsBoundToItsOriginHereToo() throws {
        let test = TestGateway()
        let token = try test.authorize()
        let foreign = try test.openSocket(headers: [("Origin", "http://127.0.0.1:4035")])
        #expect(try Self.json(foreign.receive(Self.message(token)).first)["result"]?.integer == 401)
        _ = try test.openSocket(token: token, headers: [])
    }

    @Test func withoutAuthorizationTheDebugTokenIsKnown() throws {
        let test = TestGateway { $0.isAuthorizationDisabled = true }
        _ = try test.openSocket(token: Client.debugToken, headers: [("Origin", "null")])
        let other = try test.openSocket()
        #expect(try Self.json(other.receive(Self.message("bogus")).first)["result"]?.integer == 401)
    }
}
