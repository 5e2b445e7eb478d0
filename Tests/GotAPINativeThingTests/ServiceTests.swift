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
