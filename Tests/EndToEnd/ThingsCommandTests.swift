// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOPosix
import Testing

/// Things as their owner and applications see them: the gateway and lamp.py as processes, `gotapi things`, HTTP.
@Suite(.timeLimit(.minutes(1))) struct ThingsCommandTests {
    @Test func theOwnerOpensAWindowListsRenamesAndRevokes() async throws {
        try await ThingHome.run { home in
            let lamp = try await home.startLamp()
            _ = try await lamp.process.waitForOutput { $0.contains("refused: pairing is closed") }
            let waiting = try await home.things()
            #expect(waiting["pairings"]?.array?.isEmpty == true)
            #expect(waiting["waiting"]?.array?.first?["uuid"]?.text == lamp.uuid)
            #expect(try await home.command("things").contains(lamp.uuid))

            let words = try await home.command("things", "pair", "--seconds", "60")
            #expect(words.contains("for one thing, for 60 s"))
            #expect(words.contains("native_thing.allowed_address_list"))
            _ = try await lamp.process.waitForOutput { $0.contains("connected") }
            #expect(try await home.things()["pairingOpenFor"]?.content == .null)
            let service = try await home.service { $0["state"]?.text == "online" }
            let id = try #require(service["serviceId"]?.text)
            #expect(service["name"]?.text == "Lamp" && service["prototype"]?.text == "/device/lighting/gotapi/lamp")

            #expect(try await home.command("things", "rename", id, "Küche").contains("is called Küche"))
            _ = try await home.service { $0["name"]?.text == "Küche" }
            lamp.process.signal(SIGKILL)
            _ = try await home.service { $0["state"]?.text == "offline" }
            #expect(try await home.command("things", "revoke", lamp.uuid).contains("not paired any more"))
            #expect(try await home.things()["pairings"]?.array?.isEmpty == true)
        }
    }

    @Test func theOwnerApprovesOneOfThoseWhoTried() async throws {
        try await ThingHome.run { home in
            let lamps = (try await home.startLamp("one"), try await home.startLamp("two"))
            for lamp in [lamps.0, lamps.1] {
                _ = try await lamp.process.waitForOutput { $0.contains("refused: pairing is closed") }
            }
            #expect(try await home.command("things", "approve", lamps.1.uuid.uppercased()).contains("will succeed"))
            _ = try await lamps.1.process.waitForOutput { $0.contains("connected") }
            let pairings = try await home.things()["pairings"]?.array ?? []
            #expect(pairings.map { $0["uuid"]?.text } == [lamps.1.uuid])
        }
    }

    @Test(arguments: [
        (["things", "approve", "nobody"], "nobody"), (["things", "revoke", "nobody"], "nobody"),
        (["things", "rename", "nobody", "x"], "nobody"), (["things", "pair", "--seconds", "0"], "1 to 600"),
    ])
    func whatCannotBeDoneIsSaid(words: [String], reason: String) async throws {
        try await ThingHome.run { home in
            let outcome = try await TestProcess.run(GatewayProcess.program, words + home.configuration)
            #expect(outcome.status == 1)
            #expect(outcome.output.contains(reason))
        }
    }

    @Test func withoutThingsTheCommandSaysSo() async throws {
        try await ThingHome.run(more: ", \"native_thing\": {\"enabled\": false}") { home in
            let outcome = try await TestProcess.run(GatewayProcess.program, ["things"] + home.configuration)
            #expect(outcome.status == 1 && outcome.output.contains("native_thing.enabled"))
        }
    }

    /// The whole way, with two applications: one switches, both are told; the lamp goes and comes back.
    @Test func twoApplicationsUseALampThatGoesAndComesBack() async throws {
        try await ThingHome.run { home in
            let lamp = try await home.startLamp()
            _ = try await home.command("things", "pair")
            _ = try await lamp.process.waitForOutput { $0.contains("connected") }
            let group = MultiThreadedEventLoopGroup.singleton
            let applications = (
                try await TestApplication.connect(port: home.port, tls: true, group: group),
                try await TestApplication.connect(port: home.port, tls: true, group: group)
            )
            let id = try await applications.0.thing(isOnline: true)
            let sockets = (try await applications.0.openSocket(), try await applications.1.openSocket())
            for application in [applications.0, applications.1] {
                let answer = try await application.request("PUT", "nativeThing/onPropertyChange", service: id)
                #expect(answer.status == 200, "\(answer.text)")
            }
            let motion = try await applications.0.request(
                "PUT", "nativeThing/onEvent", service: id, parameters: [("verb", "motion")])
            #expect(motion.status == 200, "\(motion.text)")
            let digits = String(repeating: "0", count: 400)
            let depths = String(repeating: "[", count: 3_000)
            for parameter in [#"{"brightness": 1\#(digits)}"#, #"{"brightness": \#(depths)"#] {
                let answer = try await applications.0.request(
                    "POST", "nativeThing/perform", service: id, parameters: [("verb", "on"), ("parameter", parameter)])
                #expect(answer.status == 400, "\(answer.text)")
            }
            let on = try await applications.0.request(
                "POST", "nativeThing/perform", service: id,
                parameters: [("verb", "on"), ("parameter", #"{"brightness": 40}"#)])
            #expect(on.status == 200, "\(on.text)")
            for socket in [sockets.0, sockets.1] {
                let push = try await socket.nextPush("onPropertyChange")
                #expect(push["thing"]?["status"]?.text == "on")
                #expect(push["thing"]?["info"]?["brightness"] != nil)
            }
            _ = try await sockets.0.nextPush("onEvent")

            lamp.process.signal(SIGKILL)
            #expect(try await applications.0.thing(isOnline: false) == id)
            let away = try await applications.1.request(
                "POST", "nativeThing/perform", service: id, parameters: [("verb", "off")])
            #expect(away.status == 503)
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            let death = now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
            let again = try await home.startLamp()
            #expect(again.uuid == lamp.uuid)
            _ = try await again.process.waitForOutput { $0.contains("connected") }
            #expect(try await applications.0.thing(isOnline: true) == id)
            let event = try await sockets.0.nextPush("onEvent") { push in
                push["event"]?["time"]?.integer ?? 0 > death
            }
            #expect(event["event"]?["verb"]?.text == "motion")
            // By the facade, as applications do that were written for lights.
            let light = try await applications.1.request("DELETE", "light", service: id, parameters: [("lightId", "0")])
            #expect(light.status == 200, "\(light.text)")
            for socket in [sockets.0, sockets.1] { await socket.close() }
        }
    }
}
