// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPINativeThing
import GotAPIServer
import GotAPITesting
import Testing

/// Things as services, over real sockets on both sides.
@Suite(.timeLimit(.minutes(1))) struct ServiceTests {
    @Test func aLampThatRegistersIsAServiceThatCanBeRead() async throws {
        try await withThings { gateway in
            let (lamp, _, thingID) = try await ScriptedThing.lamp(at: gateway)
            let application = try await gateway.connect()
            let services = try await application.request("GET", "servicediscovery").json["services"]
            let service = try #require(services?.array?.first)
            #expect(service["name"]?.text == "Lamp")
            #expect(service["online"]?.boolean == true)
            #expect(service["manufacturer"]?.text == "ACME")
            #expect(service["version"]?.text == "B-1")
            #expect(service["status"]?.text == "off")
            #expect(service["prototype"]?.text == "/device/lighting/acme/bulb")
            #expect(
                service["scopes"]?.array?.compactMap(\.text) == [
                    "nativeThing", "light", "temperature", "humanDetection",
                ])
            let id = try #require(service["serviceId"]?.text)

            let answer = try await lamp.ask(
                "update", #""things": {"\#(thingID)": {"status": "on", "info": {"brightness": 20, "hue": 3}}}"#)
            #expect(answer["things"]?[thingID]?["status"]?.text == "success")
            let read = try await application.request("GET", "nativeThing/properties", service: id).json
            #expect(read["result"]?.integer == 0)
            #expect(read["thing"]?["status"]?.text == "on")
            #expect(read["thing"]?["info"]?.string == #"{"brightness":20,"hue":3}"#)
        }
    }

    @Test func anApplicationMakesAThingAct() async throws {
        try await withThings { gateway in
            let (lamp, _, thingID) = try await ScriptedThing.lamp(at: gateway)
            let application = try await gateway.connect()
            let id = try await application.onlyService(isOnline: true)
            for (answer, status, message) in [
                (#""tasks": {}"#, 200, nil), (#""error": {"permanent": true, "diagnostic": "no"}"#, 400, "[ERROR] no"),
                (#""error": {"permanent": false, "diagnostic": "busy"}"#, 503, "[ERROR] busy"),
            ] as [(String, Int, String?)] {
                async let response = application.request(
                    "POST", "light", service: id, parameters: [("brightness", "0.5"), ("color", "ff8000")])
                let request = try await lamp.next()
                let task = try #require(request["tasks"]?.object?.first?.value)
                #expect(task["thing"]?.text == thingID)
                #expect(task["perform"]?.text == "on")
                #expect(
                    task["parameter"]?.text
                        == #"{"brightness":50,"color":{"model":"rgb","rgb":{"r":255,"g":128,"b":0}}}"#)
                try await lamp.answer(request, answer)
                #expect(try await response.status == status)
                #expect(try await response.json["errorMessage"]?.text == message)
            }
            let light = try await application.request("GET", "light", service: id).json
            #expect(light["lights"]?.string == #"[{"lightId":"0","name":"Lamp","on":false,"config":""}]"#)
        }
    }

    @Test func aThingThatNeverAnswersIsATimeout() async throws {
        try await withThings {
            $0.pluginResponseTimeout = 1
        } _: { gateway in
            let (lamp, _, thingID) = try await ScriptedThing.lamp(at: gateway)
            let application = try await gateway.connect()
            let id = try await application.onlyService(isOnline: true)
            let answer = try await application.request(
                "POST", "nativeThing/perform", service: id, parameters: [("verb", "on")]
            ).json
            #expect(answer["result"]?.integer == 7)
            // What comes now answers nothing.
            try await lamp.answer(try await lamp.next(), #""tasks": {}"#)
            let update = try await lamp.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#)
            #expect(update["things"]?[thingID]?["status"]?.text == "success")
        }
    }

    @Test func changesAndEventsArePushedAndSubscriptionsLiveOn() async throws {
        try await withThings { gateway in
            let (lamp, passcode, thingID) = try await ScriptedThing.lamp(at: gateway)
            let application = try await gateway.connect()
            let socket = try await application.openSocket()
            let id = try await application.onlyService(isOnline: true)
            let watches = try await application.request("PUT", "nativeThing/onPropertyChange", service: id)
            #expect(watches.status == 200)
            async let observes = application.request(
                "PUT", "nativeThing/onEvent", service: id, parameters: [("verb", "motion")])
            let request = try await lamp.next()
            try await lamp.answer(request, #""events": {}"#)
            #expect(try await observes.status == 200)

            _ = try await lamp.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#)
            let change = try await socket.nextJSON()
            #expect(change["attribute"]?.text == "onPropertyChange")
            #expect(change["serviceId"]?.text == id)
            #expect(change["thing"]?["status"]?.text == "on")
            let event = request["events"]?.object?.first?.name ?? ""
            _ = try await lamp.ask("report", #""events": {"\#(event)": {"reason": "observe"}}"#)
            let push = try await socket.nextJSON()
            #expect(push["attribute"]?.text == "onEvent")
            #expect(push["event"]?["verb"]?.text == "motion")
            #expect(push["event"]?["thing"]?["status"]?.text == "on")

            await lamp.socket.abort()
            _ = try await application.onlyService(isOnline: false)
            let refused = try await application.request("DELETE", "light", service: id)
            #expect(refused.status == 503)
            let again = try await ScriptedThing.connect(to: gateway)
            try await again.hello(passcode)
            _ = try await again.registerLamp()
            // Its status is another one now.
            #expect(try await socket.nextJSON()["thing"]?["status"]?.text == "off")
            let repeated = try await again.next()
            #expect(repeated["path"]?.text == "/api/v1/observe")
            try await again.answer(repeated, #""events": {}"#)
            let newEvent = repeated["events"]?.object?.first?.name ?? ""
            _ = try await again.ask(
                "report", #""events": {"\#(newEvent)": {"reason": "failure", "permanent": true, "diagnostic": "x"}}"#)
            let end = try await socket.nextJSON()
            #expect(end["attribute"]?.text == "onEvent")
            #expect(end["errorMessage"]?.text == "[ERROR] x")
            #expect(end["statusCode"]?.integer == 400)
        }
    }

    @Test func comingAndGoingIsPushed() async throws {
        try await withThings { gateway in
            let application = try await gateway.connect()
            let socket = try await application.openSocket()
            #expect(try await application.request("PUT", "servicediscovery/onServiceChange").status == 200)
            let (lamp, _, _) = try await ScriptedThing.lamp(at: gateway)
            #expect(try await socket.nextJSON()["networkService"]?["online"]?.boolean == true)
            await lamp.socket.abort()
            #expect(try await socket.nextJSON()["networkService"]?["online"]?.boolean == false)
        }
    }

    @Test func aThingThatGoesInTheMiddleOfAnExchangeIsOffline() async throws {
        try await withThings { gateway in
            let (lamp, _, _) = try await ScriptedThing.lamp(at: gateway)
            let application = try await gateway.connect()
            let id = try await application.onlyService(isOnline: true)
            async let answer = application.request(
                "PUT", "nativeThing/onEvent", service: id, parameters: [("verb", "motion")])
            _ = try await lamp.next()
            await lamp.socket.abort()
            #expect(try await answer.status == 503)
        }
    }

    @Test func theOwnerApprovesRenamesAndRevokes() async throws {
        try await withThings { gateway in
            let steward = try #require(gateway.steward)
            let thing = try await ScriptedThing.connect(to: gateway, uuid: "U-1")
            #expect(try await thing.ask("pair", #""uuid": "U-1""#).diagnostic == "pairing is closed")
            #expect(await steward.things().waiting.map(\.uuid) == ["U-1"])
            try await steward.approve("u-1")
            let passcode = try await thing.ask("pair", #""uuid": "U-1""#)["result"]?["passCode"]?.text ?? ""
            try await thing.hello(passcode)
            _ = try await thing.registerLamp()
            let application = try await gateway.connect()
            let id = try await application.onlyService(isOnline: true)
            try await steward.rename(id, to: "Mine")
            try await steward.rename("U-1", to: "Bridge")
            let pairing = try #require(await steward.things().pairings.first)
            #expect(pairing.name == "Bridge")
            #expect(pairing.services.map(\.name) == ["Mine"])
            #expect(pairing.isOnline)
            try await steward.revoke("U-1")
            #expect(try await thing.closeCode() == 1_008)
            #expect(try await application.request("GET", "servicediscovery").json["services"]?.array?.isEmpty == true)
            await #expect(throws: OwnerRefusal.self) { try await steward.revoke("U-1") }
        }
    }
}

extension WebSocketTestConnection {
    /// The next push.
    func nextJSON() async throws -> JSONNode {
        guard case .text(let text) = await next() else { throw TestConnectionError(description: "closed") }
        return try JSONNode(parsing: Array(text.utf8))
    }
}

/// Runs a gateway with TLS and things.
func withThings<Result: Sendable>(
    configure: @Sendable (inout Configuration) -> Void = { _ in },
    _ body: @escaping @Sendable (TestGateway) async throws -> Result
) async throws -> Result {
    let folder = try TestFolder()
    return try await TestGateway.run(
        plugins: folder.path,
        configure: { configuration in
            configuration.isTLSEnabled = true
            configure(&configuration)
        }, body)
}
