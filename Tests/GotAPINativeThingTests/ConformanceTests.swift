// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPINativeThing
import GotAPIServer
import GotAPITesting
import Testing

/// A scripted thing on a real WebSocket: who may connect, what closes a socket, what survives.
@Suite(.timeLimit(.minutes(1))) struct ConformanceTests {
    private func isRefused(
        by gateway: TestGateway, path: String = "/native", origin: String? = nil, with status: Int
    ) async -> Bool {
        do {
            let thing = try await ScriptedThing.connect(to: gateway, path: path, origin: origin)
            await thing.socket.close()
            return false
        } catch {
            return "\(error)".contains("status \(status)")
        }
    }

    @Test func withoutTLSThingsAreRefused() async throws {
        try await withThings {
            $0.isTLSEnabled = false
        } _: { gateway in
            #expect(await isRefused(by: gateway, with: 403))
        }
    }

    @Test func withoutTLSThingsOfThisHostConnectWhereTheOwnerSaysSo() async throws {
        try await withThings {
            $0.isTLSEnabled = false
            $0.nativeThing.allowsPlainLoopback = true
        } _: { gateway in
            _ = try await ScriptedThing.lamp(at: gateway)
        }
    }

    @Test func aForeignPageIsRefusedAndAnOwnOneIsNot() async throws {
        try await withThings { gateway in
            for origin in ["https://evil.example", "null", "http://localhost:\(gateway.address.port)"] {
                #expect(await isRefused(by: gateway, origin: origin, with: 403))
            }
            let own = "https://localhost:\(gateway.address.port)"
            _ = try await ScriptedThing.connect(to: gateway, origin: own)
        }
    }

    @Test func theDialectsPathIsOffAndWithoutThingsThereIsNone() async throws {
        try await withThings { gateway in
            #expect(await isRefused(by: gateway, path: "/manage", with: 404))
            #expect(await isRefused(by: gateway, path: "/native/x", with: 404))
        }
        try await withThings {
            $0.nativeThing.isEnabled = false
        } _: { gateway in
            #expect(await isRefused(by: gateway, with: 404))
        }
    }

    @Test func aQueryBehindThePathIsIgnored() async throws {
        try await withThings { gateway in
            let thing = try await ScriptedThing.connect(to: gateway, path: "/native?a=b")
            #expect(try await thing.ask("nothing", #""a": 1"#).diagnostic == "unknown path")
        }
    }

    @Test func fourSocketsOfAnAddressMayBeWithoutHello() async throws {
        try await withThings { gateway in
            var things: [ScriptedThing] = []
            for _ in 0..<4 { things.append(try await ScriptedThing.connect(to: gateway)) }
            #expect(await isRefused(by: gateway, with: 503))
            try await gateway.steward?.openPairing(for: .seconds(60))
            let passcode = try await things[0].ask("pair", #""uuid": "u""#)["result"]?["passCode"]?.text ?? ""
            _ = try await things[0].ask("hello", #""uuid": "u", "passcode": "\#(passcode)""#)
            _ = try await ScriptedThing.connect(to: gateway)
            #expect(await isRefused(by: gateway, with: 503))
        }
    }

    @Test(arguments: ["no JSON", "[]", "{}", #"{"path":"/api/v1/pair","requestID":""}"#])
    func whatIsNoMessageIsClosedWith1008(_ text: String) async throws {
        try await withThings { gateway in
            let thing = try await ScriptedThing.connect(to: gateway)
            try await thing.socket.send(text)
            #expect(try await thing.closeCode() == 1_008)
        }
    }

    @Test func aLongMessageIsAnErrorAndAMuchLongerOneTheEnd() async throws {
        try await withThings { gateway in
            let (thing, _) = try await ScriptedThing.paired(with: gateway)
            let numbers = String(repeating: "1,", count: 150_000)
            let answer = try await thing.ask("update", #""things": {}, "x": [\#(numbers)1]"#, id: #""long""#)
            #expect(answer["requestID"]?.text == "long")
            #expect(answer.diagnostic?.contains("256 KiB") == true)
            #expect(try await thing.ask("update", #""things": {"x": {}}"#)["things"] != nil)
            try await thing.send("update", #""x": [\#(numbers)\#(numbers)1]"#)
            #expect(try await thing.closeCode() == 1_009)
        }
    }

    @Test(arguments: ["7", "7.5", #""7""#, #""ä \ud83d\ude00""#])
    func everyAnswerBearsTheRequestIDThatCame(_ id: String) async throws {
        try await withThings { gateway in
            let (thing, _) = try await ScriptedThing.paired(with: gateway)
            let things = #""things": \#(ScriptedThing.prototype), "unknown": [1]"#
            let sent = try JSONNode(parsing: Array(id.utf8)).content
            #expect(try await thing.ask("prototype", things, id: id)["requestID"]?.content == sent)
            #expect(try await thing.ask("nothing", things, id: id)["requestID"]?.content == sent)
            let report = try await thing.ask("report", #""events": {"e": {"reason": "observe"}}"#, id: id)
            #expect(report["requestID"]?.content == sent)
        }
    }

    @Test func aSecondSocketForAUUIDTakesOver() async throws {
        try await withThings { gateway in
            let (thing, passcode, thingID) = try await ScriptedThing.lamp(at: gateway)
            let again = try await ScriptedThing.connect(to: gateway)
            try await again.hello(passcode)
            #expect(try await thing.closeCode() == 1_008)
            let update = try await again.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#)
            #expect(update["things"]?[thingID]?.diagnostic == "no such thingID")
            _ = try await again.registerLamp()
        }
    }

    @Test func wrongPasscodesHarmNobodyElse() async throws {
        try await withThings { gateway in
            let (lamp, passcode, thingID) = try await ScriptedThing.lamp(at: gateway)
            var sockets = 0
            var thing = try await ScriptedThing.connect(to: gateway)
            for _ in 0..<50 {
                let answer = try await thing.ask("hello", #""uuid": "01234567-89ab", "passcode": "guess""#)
                guard answer.isPermanent == false else { continue }
                #expect(try await thing.closeCode() == 1_008)
                thing = try await ScriptedThing.connect(to: gateway)
                sockets += 1
            }
            #expect(sockets == 45, "five in a minute, then each one ends its socket")
            let update = try await lamp.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#)
            #expect(update["things"]?[thingID]?["status"]?.text == "success")
            try await thing.hello(passcode)
        }
    }

    @Test func whoFloodsIsClosedAlone() async throws {
        try await withThings { gateway in
            let (lamp, _, thingID) = try await ScriptedThing.lamp(at: gateway)
            let flood = try await ScriptedThing.connect(to: gateway)
            for _ in 0..<6_000 {
                guard (try? await flood.socket.send(#"{"path":"/x","requestID":1}"#)) != nil else { break }
            }
            #expect(try await flood.closeCode() == 1_008)
            let update = try await lamp.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#)
            #expect(update["things"]?[thingID]?["status"]?.text == "success")
        }
    }

    @Test func whatWasAcknowledgedIsThereAfterARestart() async throws {
        let state = try TestFolder()
        let passcode = try await withThings {
            $0.statePath = state.path
        } _: { gateway in
            let (thing, passcode, thingID) = try await ScriptedThing.lamp(at: gateway)
            _ = try await thing.ask("update", #""things": {"\#(thingID)": {"status": "on", "info": {"hue": 5}}}"#)
            return passcode
        }
        try await withThings {
            $0.statePath = state.path
        } _: { gateway in
            let application = try await gateway.connect()
            let id = try await application.onlyService(isOnline: false)
            let thing = try await application.request("GET", "nativeThing/properties", service: id).json["thing"]
            #expect(thing?["status"]?.text == "on")
            #expect(thing?["info"]?.string == #"{"brightness":70,"hue":5}"#)
            let lamp = try await ScriptedThing.connect(to: gateway)
            try await lamp.hello(passcode)
            _ = try await lamp.registerLamp()
            #expect(try await application.onlyService(isOnline: true) == id)
        }
    }

    @Test func theDialectOfSimpleThingsIsServedWhereTheOwnerSaysSo() async throws {
        try await withThings {
            $0.nativeThing.isSimpleThingEnabled = true
        } _: { gateway in
            let thing = try await ScriptedThing.connect(to: gateway, path: "/manage")
            try await gateway.steward?.openPairing(for: .seconds(60))
            try await thing.send("thing/pair/U-1", #""pairingCode": "1""#, id: #""1""#)
            #expect(try await thing.next().string == #"{"path":"/api/v1/thing/report","requestID":"1"}"#)
            let answer = try await thing.next()
            #expect(answer["success"]?.boolean == true)
            #expect(answer["params"]?["base32"]?.text?.utf8.count == 32)
            let hello = try await thing.ask("thing/hello/U-1", #""response": "000""#)
            #expect(hello.diagnostic == "authentication failed")
        }
    }
}

extension TestApplication {
    /// The id of the only service, once it is in this state.
    func onlyService(isOnline: Bool) async throws -> String {
        while true {
            try Task.checkCancellation()
            let services = try await request("GET", "servicediscovery").json["services"]?.array ?? []
            if services.count == 1, services[0]["online"]?.boolean == isOnline {
                return services[0]["serviceId"]?.text ?? ""
            }
        }
    }
}
