// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Testing

@testable import GotAPINativeThing

/// What things say of themselves: prototype, register and update, without sockets.
@Suite struct RegistrationTests {
    // MARK: - Prototype

    @Test(arguments: [
        (#""/device/a/b/c": 1"#, "invalid prototype"), (#""/device/a/b": {"properties": {}}"#, "invalid prototype"),
        (#""device/a/b/c": {"properties": {}}"#, "invalid prototype"),
        (#""/device/a//c": {"properties": {}}"#, "invalid prototype"),
        (#""/device/a/b/c": {}"#, "missing properties parameter"),
        (#""/device/a/b/c": {"properties": 1}"#, "invalid properties"),
        (#""/device/a/b/c": {"properties": {"name": true}}"#, "missing properties.status"),
        (#""/device/a/b/c": {"properties": {"status": []}}"#, "missing properties.name"),
        (#""/device/a/b/c": {"properties": {"name": true, "status": []}, "perform": "on"}"#, "invalid perform"),
        (#""/device/a/b/c": {"properties": {"name": true, "status": []}, "observe": [1]}"#, "invalid observe"),
        (
            #""/device/a/b/c": {"properties": {"name": true, "status": []}, "validate": {"perform": 1}}"#,
            "invalid validate.perform"
        ),
    ])
    func aPrototypeThatIsWrongIsAnErrorOfItsItem(_ item: String, _ diagnostic: String) {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        let good = #""/device/x/y/z": {"name": true, "status": ["a"], "properties": {}}"#
        let answer = driver.ask("prototype", #""things": {\#(item), \#(good)}"#, on: socket)
        let items = answer["things"]?.object ?? []
        #expect(items.first?.value.diagnostic?.contains(diagnostic) == true, "\(answer.string)")
        #expect(items.first?.value.isPermanent == true)
        #expect(items.last?.value["status"]?.text == "success", "name and status may stand in the item itself")
    }

    @Test func aNewDefinitionReplacesTheOldOneAndOnlyChangesAreWritten() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let count = driver.written.count
        _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        #expect(driver.written.count == count, "the same again")
        _ = driver.ask(
            "prototype", #""things": {"/device/lighting/acme/bulb": {"properties": {"name": true, "status": ["on"]}}}"#,
            on: socket)
        #expect(driver.written.count == count + 1)
        #expect(driver.service(id)["scopes"]?.string == #"["nativeThing"]"#)
    }

    @Test func aPairingHas64Prototypes() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        let items = (0..<65).map { #""/device/a/b/p\#($0)": {"properties": {"name": true, "status": []}}"# }
        let answer = driver.ask("prototype", #""things": {\#(items.joined(separator: ","))}"#, on: socket)
        let failed = (answer["things"]?.object ?? []).filter { $0.value["error"] != nil }
        #expect(failed.map(\.name) == ["/device/a/b/p64"])
        #expect(failed.first?.value.diagnostic?.contains("64 prototypes") == true)
    }

    @Test func aPrototypeIsSmall() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        let many = (0..<257).map { #""p\#($0)": true"# }.joined(separator: ",")
        let words = (0..<257).map { #""w\#($0)""# }.joined(separator: ",")
        let long = (0..<20).map { #""p\#($0)": "\#(String(repeating: "x", count: 4_000))""# }.joined(separator: ",")
        for (properties, diagnostic) in [
            (many, "256 properties"), (#""p": [\#(words)]"#, "as many values"), (long, "64 KiB"),
        ] {
            let answer = driver.ask(
                "prototype",
                #""things": {"/device/a/b/c": {"name": true, "status": [], "properties": {\#(properties)}}}"#,
                on: socket)
            #expect(answer["things"]?["/device/a/b/c"]?.diagnostic?.contains(diagnostic) == true, "\(answer.string)")
        }
    }

    @Test func theDeclaredPropertyOfAProfileIsTheNamedOneElseTheFirst() throws {
        let json = try JSONNode(
            parsing: Array(
                #"""
                {"name": true, "status": [], "properties": {"volume": "percentage", "outside": "celsius",
                  "roomTemperature": "celsius", "batteryLevel": "percentage", "brightness": "lux", "x": "millibars"}}
                """#.utf8))
        let prototype = try Prototype(path: "/device/a/b/c", json)
        #expect(
            prototype.measured == [
                .temperature: "roomTemperature", .battery: "batteryLevel", .illuminance: "brightness",
                .atmosphericPressure: "x",
            ])
        #expect(prototype.facades == [.battery, .temperature, .atmosphericPressure, .illuminance])
    }

    // MARK: - Register

    @Test(arguments: [
        ("1", "invalid thing"), (#"{"name": "n", "status": "s"}"#, "missing prototype"),
        (#"{"prototype": "/device/x/x/x", "name": "n", "status": "s"}"#, "unknown prototype"),
        (#"{"prototype": "/device/lighting/acme/bulb", "status": "s"}"#, "missing name"),
        (#"{"prototype": "/device/lighting/acme/bulb", "name": "", "status": "s"}"#, "missing name"),
        (#"{"prototype": "/device/lighting/acme/bulb", "name": "n"}"#, "missing status"),
        (#"{"prototype": "/device/lighting/acme/bulb", "name": 1, "status": "s"}"#, "invalid name"),
        (#"{"prototype": "/device/lighting/acme/bulb", "name": "a\u0000b", "status": "s"}"#, "invalid name"),
        (#"{"prototype": "/device/lighting/acme/bulb", "name": "n", "status": "s", "info": []}"#, "invalid info"),
        (
            #"{"prototype": "/device/lighting/acme/bulb", "name": "n", "status": "s", "updated": "x"}"#,
            "invalid updated"
        ),
        (
            #"{"prototype": "/device/lighting/acme/bulb", "name": "n", "status": "s", "device": {"unit": {"udn": "lamp-1"}}}"#,
            "UDN is already registered"
        ),
        (
            #"{"prototype": "/device/lighting/acme/bulb", "name": "n", "status": "s", "device": {"unit": {"udn": "theirs"}}}"#,
            "UDN is already registered"
        ),
    ])
    func aRegistrationThatIsWrongIsAnErrorOfItsItem(_ item: String, _ diagnostic: String) {
        var driver = StateDriver()
        _ = driver.lamp("U-2", udn: "theirs")
        let (socket, _, _) = driver.lamp()
        let answer = driver.ask(
            "register", #""things": {"bad": \#(item), "good": \#(ScriptedThing.lamp("good"))}"#, on: socket)
        #expect(answer["things"]?["bad"]?.diagnostic?.contains(diagnostic) == true, "\(answer.string)")
        #expect(answer["things"]?["bad"]?.isPermanent == true)
        #expect(answer["things"]?["good"]?["thingID"] != nil)
    }

    @Test func theDevicesUDNWinsAndTheReplyUsesTheKeyAsSent() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        let answer = driver.ask(
            "register", #""things": {"one": \#(ScriptedThing.lamp("real")), "two": \#(ScriptedThing.lamp("real"))}"#,
            on: socket)
        #expect(answer["things"]?["one"]?["status"]?.text == "success")
        #expect(answer["things"]?["two"]?.diagnostic == "UDN is already registered")
        #expect(driver.service(ThingName(pairing: "u-1", udn: "real").serviceID)["online"]?.boolean == true)
    }

    @Test func aPairingHas256Things() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        func items(_ range: Range<Int>) -> String {
            range.map { #""u\#($0)": \#(ScriptedThing.lamp("u\($0)"))"# }.joined(separator: ",")
        }
        let all = driver.ask("register", #""things": {\#(items(0..<256))}"#, on: socket)
        #expect(all["things"]?.object?.allSatisfy { $0.value["thingID"] != nil } == true)
        let one = driver.ask("register", #""things": {\#(items(256..<257))}"#, on: socket)
        #expect(one["things"]?["u256"]?.diagnostic?.contains("256 things") == true)
        #expect(Set(all["things"]?.object?.compactMap { $0.value["thingID"]?.text } ?? []).count == 256)
    }

    @Test func aRegistrationThatCannotBeWrittenMayBeTriedAgain() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        driver.failure = "disk full"
        let refused = driver.ask("register", #""things": {"u": \#(ScriptedThing.lamp("u"))}"#, on: socket)
        #expect(refused.isPermanent == false)
        driver.failure = nil
        let count = driver.written.count
        let answer = driver.ask("register", #""things": {"u": \#(ScriptedThing.lamp("u"))}"#, on: socket)
        #expect(answer["things"]?["u"]?["thingID"] != nil)
        #expect(driver.written.count > count, "nothing is acknowledged that was not written")
    }

    @Test func aThingIsAskedNothingBeforeItKnowsItsID() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        _ = driver.ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        driver.holdsCommits = true
        driver.receive(
            #"{"path":"/api/v1/register","requestID":1,"things":{"u":\#(ScriptedThing.lamp("u"))}}"#, on: socket)
        let id = ThingName(pairing: "u-1", udn: "u").serviceID
        #expect(driver.read("post", "nativeThing/perform", id, [("verb", "on")])["statusCode"]?.integer == 503)
        #expect(driver.sent[socket] == [])
        driver.completeCommits()
        #expect(driver.next(socket)["things"]?["u"]?["thingID"] != nil)
        _ = driver.request("post", "nativeThing/perform", id, [("verb", "on")])
        #expect(driver.next(socket)["path"]?.text == "/api/v1/perform")
    }

    // MARK: - Update

    @Test func updatesMergeAndNullClears() {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        func update(_ item: String) -> JSONNode {
            driver.ask("update", #""things": {"\#(thingID)": \#(item)}"#, on: socket)
        }
        #expect(update(#"{"info": {"temperature": "21.5"}}"#)["things"]?[thingID]?["status"]?.text == "success")
        #expect(
            driver.read("get", "nativeThing/properties", id)["thing"]?["info"]?.string
                == #"{"brightness":70,"temperature":"21.5"}"#)
        _ = update(#"{"info": {"brightness": null, "hue": 3}, "status": "on", "name": "New"}"#)
        let thing = driver.read("get", "nativeThing/properties", id)["thing"]
        #expect(thing?["info"]?.string == #"{"temperature":"21.5","hue":3}"#)
        #expect(thing?["status"]?.text == "on")
        #expect(thing?["name"]?.text == "New")
    }

    @Test func theTimeOfAnUpdateIsNeverInOurFuture() {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        for (updated, shown) in [
            ("5", 5), ("99999999999999", driver.wallTime), (#""2001-09-09T01:46:40Z""#, 1_000_000_000_000),
        ] {
            _ = driver.ask("update", #""things": {"\#(thingID)": {"updated": \#(updated)}}"#, on: socket)
            let thing = driver.read("get", "nativeThing/properties", id)["thing"]
            #expect(thing?["updated"]?.integer == Int(shown))
        }
    }

    @Test func aHeartbeatIsAnsweredWhenItsTimeIsWritten() {
        var driver = StateDriver()
        let (socket, thingID, _) = driver.lamp()
        let count = driver.written.count
        driver.holdsCommits = true
        driver.receive(
            #"{"path":"/api/v1/update","requestID":1,"things":{"\#(thingID)":{"updated":1700000000001}}}"#, on: socket)
        #expect(driver.sent[socket] == [], "what is acknowledged was written before")
        #expect(
            driver.written.last == .saveUpdate(pairing: "u-1", udn: "lamp-1", updated: 1_700_000_000_001),
            "and no more than that")
        driver.completeCommits()
        #expect(driver.next(socket)["things"]?[thingID]?["status"]?.text == "success")
        driver.holdsCommits = false
        _ = driver.ask("update", #""things": {"\#(thingID)": {"updated": 1700000000001}}"#, on: socket)
        #expect(driver.written.count == count + 1, "nothing has changed")
        _ = driver.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#, on: socket)
        guard case .saveThing(let thing)? = driver.written.last else { return #expect(Bool(false), "not written") }
        #expect(thing.status == "on")
    }

    @Test func thingIDsOfAnotherSessionAreUnknown() {
        var driver = StateDriver()
        let (_, theirs, _) = driver.lamp("U-2", udn: "theirs")
        let (socket, thingID, _) = driver.lamp()
        let answer = driver.ask(
            "update", #""things": {"\#(theirs)": {"status": "on"}, "\#(thingID)": {"status": "on"}, "x": 1}"#,
            on: socket)
        #expect(answer["things"]?[theirs]?.diagnostic == "no such thingID")
        #expect(answer["things"]?["x"]?.diagnostic == "no such thingID")
        #expect(answer["things"]?[thingID]?["status"]?.text == "success")
    }

    @Test func aThingHasSoManyProperties() {
        var driver = StateDriver()
        let (socket, thingID, _) = driver.lamp()
        let many = (0..<256).map { #""p\#($0)": 1"# }.joined(separator: ",")
        let answer = driver.ask("update", #""things": {"\#(thingID)": {"info": {\#(many)}}}"#, on: socket)
        #expect(answer["things"]?[thingID]?.diagnostic?.contains("256 properties") == true)
        let long = (0..<20).map { #""p\#($0)": "\#(String(repeating: "x", count: 4_000))""# }.joined(separator: ",")
        let second = driver.ask("update", #""things": {"\#(thingID)": {"info": {\#(long)}}}"#, on: socket)
        #expect(second["things"]?[thingID]?.diagnostic?.contains("64 KiB") == true)
    }

    @Test func asManyMembersAsAMessageHoldsAreRefusedInNoTime() {
        var driver = StateDriver()
        let (socket, thingID, _) = driver.lamp()
        let many = (0..<20_000).map { #""p\#($0)":1"# }.joined(separator: ",")
        var diagnostic: String?
        let time = ContinuousClock().measure {
            let answer = driver.ask("update", #""things": {"\#(thingID)": {"info": {\#(many)}}}"#, on: socket)
            diagnostic = answer["things"]?[thingID]?.diagnostic
        }
        #expect(diagnostic?.contains("256 properties") == true)
        #expect(time < .seconds(10))
    }

    @Test func smallUpdatesOfALargeThingCountAsWhatIsWritten() {
        var driver = StateDriver()
        let (socket, thingID, _) = driver.lamp()
        let long = (0..<15).map { #""p\#($0)": "\#(String(repeating: "x", count: 4_000))""# }.joined(separator: ",")
        _ = driver.ask("update", #""things": {"\#(thingID)": {"info": {\#(long)}}}"#, on: socket)
        for number in 0..<100 {
            _ = driver.ask("update", #""things": {"\#(thingID)": {"info": {"p": \#(number)}}}"#, on: socket)
        }
        #expect(driver.closed.isEmpty)
        for number in 0..<100 {
            driver.receive(
                #"{"path":"/api/v1/update","requestID":1,"things":{"\#(thingID)":{"info":{"p":\#(-number)}}}}"#,
                on: socket)
        }
        #expect(driver.closed == [socket])
    }

    @Test func whatIsKeptOfOnePairingIsBounded() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let long = (0..<15).map { #""p\#($0)": "\#(String(repeating: "x", count: 4_000))""# }.joined(separator: ",")
        var diagnostics: [String?] = []
        for number in 0..<80 {
            driver.advance(1)
            let thing = #"{"prototype":"/device/lighting/acme/bulb","name":"n","status":"s","info":{\#(long)}}"#
            let answer = driver.ask("register", #""things": {"u\#(number)": \#(thing)}"#, on: socket)
            diagnostics.append(answer["things"]?["u\(number)"]?.diagnostic)
        }
        #expect(diagnostics.first == .some(nil))
        #expect(diagnostics.last??.contains("4 MiB") == true)
        #expect(driver.service(id)["online"]?.boolean == true)
        #expect(driver.closed.isEmpty)
    }

    @Test func whatTheOwnerIsShownOfAThingIsShort() {
        var driver = StateDriver()
        let (socket, thingID, _) = driver.lamp()
        let long = String(repeating: "é", count: 2_000)
        _ = driver.ask("update", #""things": {"\#(thingID)": {"name": "\#(long)", "status": "\#(long)"}}"#, on: socket)
        let service = driver.state.status(now: driver.now).pairings.first?.services.first
        #expect(service?.name == String(repeating: "é", count: 30) + "…")
        #expect(service?.status == service?.name)
    }

    @Test func theLogSaysOnlySoOftenThatValuesAreOfTheWrongKind() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        let names = (0..<100).map { "p\($0)\\u001b" }
        let properties = names.map { #""\#($0)": "celsius""# }.joined(separator: ",")
        _ = driver.ask(
            "prototype",
            #""things": {"/device/a/b/c": {"name": true, "status": [], "properties": {\#(properties)}}}"#, on: socket)
        let info = names.map { #""\#($0)": "x""# }.joined(separator: ",")
        let thing = #"{"prototype": "/device/a/b/c", "name": "n", "status": "s", "info": {\#(info)}}"#
        for number in 0..<2 {
            _ = driver.ask("register", #""things": {"u\#(number)": \#(thing)}"#, on: socket)
        }
        let lines = driver.logged.filter { $0.contains("wrong kind") }
        #expect(lines.count == 32)
        #expect(lines.first?.contains(#"p0\u{1b}"#) == true)
    }

    @Test func everythingIsThereAgainAfterARestart() throws {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        _ = driver.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#, on: socket)
        try driver.run { state, _ in try state.rename(id, to: "Mine", operation: 1) }
        _ = driver.ask("update", #""things": {"\#(thingID)": {"updated": 1700000000009}}"#, on: socket)
        var stored = StoredThings(stewardUUID: "s")
        var things: [String: ThingRecord] = [:]
        for change in driver.written {
            switch change {
            case .savePairing(let record): stored.pairings = [record]
            case .savePrototype(let record): stored.prototypes = [record]
            case .saveThing(let record): things[record.udn] = record
            case .saveHello(_, let time): stored.pairings[0].lastHello = time
            case .saveUpdate(_, let udn, let time): things[udn]?.updated = time
            case .removePairing: ()
            }
        }
        stored.things = Array(things.values)
        var again = StateDriver()
        again.run { state, _ in state.load(stored) }
        let service = again.service(id)
        #expect(service["name"]?.text == "Mine")
        #expect(service["online"]?.boolean == false)
        #expect(service["manufacturer"]?.text == "ACME")
        #expect(service["scopes"]?.string == driver.service(id)["scopes"]?.string)
        let thing = again.read("get", "nativeThing/properties", id)["thing"]
        #expect(thing?["status"]?.text == "on")
        #expect(thing?["updated"]?.integer == 1_700_000_000_009)
        #expect(again.state.pairings["u-1"]?.record == driver.state.pairings["u-1"]?.record)
        #expect(
            driver.read("get", "nativeThing/prototype", id).string
                == again.read("get", "nativeThing/prototype", id).string)
    }
}
