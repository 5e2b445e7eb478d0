// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Testing

@testable import GotAPINativeThing

/// What the gateway is told of things' services: at once where requests depend on it, and never more than it takes.
@Suite struct RoutingTests {
    @Test func aThingThatIsToldThatItIsRegisteredIsRouted() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        driver.holdsCommits = true
        driver.receive(
            #"{"path":"/api/v1/register","requestID":1,"things":{"u":\#(ScriptedThing.lamp("u"))}}"#, on: socket)
        #expect(driver.routed.isEmpty)
        let commitment = driver.held.removeFirst()
        driver.run { state, now in
            state.committed(commitment, failure: nil, now: now)
            let kinds = state.takeEffects().map { effect in
                switch effect {
                case .routesChanged: "routed"
                case .send: "answered"
                default: "else"
                }
            }
            #expect(kinds == ["routed", "answered"])
        }
    }

    @Test func manyRegistrationsShareAnAnnouncementAndAreAnsweredBehindIt() {
        var driver = StateDriver()
        let sockets = (0..<3).map { number in
            driver.advance(60)
            let (socket, _) = driver.pair("U-\(number)")
            _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
            return socket
        }
        for (number, socket) in sockets.enumerated() {
            let things = #"{"u\#(number)": \#(ScriptedThing.lamp("u\(number)"))}"#
            driver.receive(#"{"path": "/api/v1/register", "requestID": 1, "things": \#(things)}"#, on: socket)
            driver.receive(#"{"path": "/api/v1/nothing", "requestID": 2}"#, on: socket)
        }
        #expect(driver.routed.count == 1)
        #expect(driver.next(sockets[0])["things"]?["u0"]?["thingID"] != nil)
        #expect(driver.sent[sockets[1], default: []] + driver.sent[sockets[2], default: []] == [])
        let second = ThingName(pairing: "u-1", udn: "u1").serviceID
        #expect(driver.service(second)["online"]?.boolean == false, "it does not know its id")
        driver.run { state, _ in state.closed(sockets[2]) }
        driver.advance(0.001)
        #expect(driver.routed.count == 3)
        #expect(driver.service(second)["online"]?.boolean == true)
        #expect(driver.next(sockets[1])["things"]?["u1"]?["thingID"] != nil)
        #expect(driver.next(sockets[1])["requestID"]?.integer == 2)
        #expect(driver.sent[sockets[2], default: []] == [])
        driver.advance(1)
        #expect(driver.routed.count == 3)
    }

    @Test func requestsFindWhatAPrototypeHasBecome() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        #expect(driver.routed == [id])
        driver.routed = []
        driver.advance(1)
        _ = driver.registerLamp("lamp-2", on: socket)
        #expect(driver.routed.count == 2)
        driver.routed = []
        driver.advance(1)
        _ = driver.ask(
            "prototype",
            #""things": {"/device/lighting/acme/bulb": {"perform": ["on"], "properties": {"name": true, "status": []}}}"#,
            on: socket)
        #expect(driver.routed.count == 2, "they are no lights any more")
        driver.routed = []
        _ = driver.ask(
            "prototype",
            #""things": {"/device/lighting/acme/bulb": {"perform": [], "properties": {"name": true, "status": []}}}"#,
            on: socket)
        #expect(driver.routed.isEmpty, "their profiles are the same")
    }

    @Test func asManyThingsAsThereMayBeFitIntoOneDiscovery() throws {
        let verbs = #""observe": ["motion"], "perform": ["on", "off"]"#
        let properties = #"""
            {"name": true, "status": [], "battery": "percentage", "humidity": "percentage", "a": "celsius", "b": "lux",
             "c": "millibars"}
            """#
        let item = try JSONNode(parsing: Array("{\(verbs), \"properties\": \(properties)}".utf8))
        var longest = 0
        for category in ["lighting", "switch"] {
            let path = "/device/\(category)/m/"
            let prototype = try Prototype(
                path: path + String(repeating: "\"", count: (256 - path.utf8.count) / 2), item)
            for text in ["\u{1}", "\"", "x", "ü", "😀", "e\u{301}"].map({ String(repeating: $0, count: 1_000) }) {
                let thing = Thing(
                    name: ThingName(pairing: "u", udn: "u"), serviceID: ThingName(pairing: "u", udn: "u").serviceID,
                    prototype: prototype.path, ownName: text, ownerName: nil, status: text, info: [], updated: 0,
                    maker: text, model: text)
                longest = max(
                    longest, ServiceDescription.json(of: thing, prototype, isOnline: false).bytes.count)
            }
        }
        #expect(ThingLimits.things * (longest + 1) + 100 <= Limits.pluginMembers)
        let path = "/device/a/b/" + String(repeating: "\"", count: 123)
        #expect(throws: ThingFault.self) { try Prototype(path: path, item) }
    }

    @Test func theGatewayHasSoManyThings() {
        var driver = StateDriver()
        var diagnostics: [String?] = []
        for pairing in 0..<5 {
            driver.advance(60)
            let (socket, _) = driver.pair("U-\(pairing)")
            _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
            let things = (0..<(pairing < 4 ? 256 : 1)).map { number in
                #""\#(pairing)-\#(number)": {"prototype": "/device/lighting/acme/bulb", "name": "n", "status": "s"}"#
            }
            let answer = driver.ask("register", #""things": {\#(things.joined(separator: ","))}"#, on: socket)
            diagnostics += (answer["things"]?.object ?? []).map { $0.value.diagnostic }
        }
        #expect(diagnostics.count { $0 == nil } == 1_024)
        #expect(diagnostics.last == "limit exceeded: the gateway has at most 1024 things")
        #expect(driver.routed.count == 1_024)
    }

    @Test(arguments: [false, true])
    func aThingWhoseSocketEndsBeforeItIsWrittenIsRouted(_ comesBack: Bool) {
        var driver = StateDriver()
        let (socket, passcode) = driver.pair()
        _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        driver.holdsCommits = true
        let register = #""things": {"lamp-1": \#(ScriptedThing.lamp("lamp-1"))}"#
        driver.receive(#"{"path": "/api/v1/register", "requestID": 1, \#(register)}"#, on: socket)
        driver.run { state, _ in state.closed(socket) }
        driver.completeCommits()
        driver.holdsCommits = false
        driver.advance(1)
        let id = ThingName(pairing: "u-1", udn: "lamp-1").serviceID
        #expect(driver.routed == [id])
        guard comesBack else { return }
        let again = driver.open()
        _ = driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: again)
        #expect(driver.ask("register", register, on: again)["things"]?["lamp-1"]?["thingID"] != nil)
        #expect(driver.routed == [id])
        #expect(driver.service(id)["online"]?.boolean == true)
    }

    @Test func aThingThatChangesTooMuchIsRoutedAsFarAsItIsKept() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        driver.advance(5)
        // What is left suffices for the message, and not for what has to be written.
        _ = driver.state.sessions[socket]?.rate.take(written: 1_995_000_000 / 238, now: driver.time)
        let text = String(repeating: "x", count: 3_500)
        let info = (0..<3).map { #""p\#($0)": "\#(text)""# }.joined(separator: ",")
        let thing = #"{"prototype": "/device/lighting/acme/bulb", "name": "n", "status": "s", "info": {\#(info)}}"#
        _ = driver.ask("register", #""things": {"lamp-1": \#(thing)}"#, on: socket)
        #expect(driver.closed == [socket])
        #expect(driver.logged.last?.contains("changes too much") == true)
        driver.advance(1)
        #expect(driver.routed == [ThingName(pairing: "u-1", udn: "lamp-1").serviceID])
    }

    @Test func aThingThatCannotBeWrittenIsNotThere() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        let id = ThingName(pairing: "u-1", udn: "lamp-1").serviceID
        let register = #""things": {"lamp-1": \#(ScriptedThing.lamp("lamp-1"))}"#
        driver.failure = "the disk is full"
        #expect(driver.ask("register", register, on: socket).isPermanent == false)
        driver.advance(1)
        #expect(driver.service(id)["serviceId"] == nil)
        #expect(driver.routed.isEmpty)
        #expect(driver.state.owners["lamp-1"] == nil, "another pairing may have it")
        driver.failure = nil
        #expect(driver.ask("register", register, on: socket)["things"]?["lamp-1"]?["thingID"] != nil)
        driver.advance(1)
        #expect(driver.routed == [id])
        driver.failure = "the disk is full"
        let again = #""things": {"lamp-2": \#(ScriptedThing.lamp("lamp-2"))}"#
        _ = driver.ask("register", again, on: socket)
        driver.advance(1)
        #expect(driver.routed == [id], "what was there stays")
    }
}
