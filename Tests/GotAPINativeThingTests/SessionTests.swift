// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Testing

@testable import GotAPINativeThing

/// What things are answered, each row of native-thing.md's table, without sockets.
@Suite struct SessionTests {
    // MARK: - Envelope

    @Test(arguments: ["x", "[]", "{}", #"{"path":"/api/v1/pair","requestID":""}"#])
    func whatIsNoMessageClosesTheSocket(_ text: String) {
        var driver = StateDriver()
        let socket = driver.open()
        driver.receive(text, on: socket)
        #expect(driver.closed == [socket])
    }

    @Test func aBinaryMessageClosesTheSocket() {
        var driver = StateDriver()
        let socket = driver.open()
        driver.run { state, _ in state.receivedBinary(on: socket) }
        #expect(driver.closed == [socket])
    }

    @Test(arguments: [#""/api/v1/nothing""#, #""/api/v1/pair/x""#, #""/api/v1/thing/pair/x""#, "1", "null", #""""#])
    func anUnknownPathIsAnErrorAndTheSocketStays(_ path: String) {
        var driver = StateDriver()
        let socket = driver.open()
        driver.receive(#"{"path": \#(path), "requestID": 7}"#, on: socket)
        let answer = driver.next(socket)
        #expect(answer["requestID"]?.integer == 7)
        #expect(answer.diagnostic == "unknown path")
        #expect(answer.isPermanent == true)
        #expect(driver.closed.isEmpty)
    }

    @Test(arguments: ["prototype", "register", "update", "report"])
    func beforeHelloOnlyPairAndHelloAreServed(_ verb: String) {
        var driver = StateDriver()
        let socket = driver.open()
        let answer = driver.ask(verb, #""things": {"x": {}}, "events": {"x": {}}"#, on: socket)
        #expect(answer.diagnostic == "say hello first")
        #expect(driver.closed.isEmpty)
    }

    @Test(arguments: [
        ("prototype", #""things": 1"#, "invalid things"), ("register", #""other": {}"#, "missing things"),
        ("update", #""things": {}"#, "invalid things"), ("report", #""things": {"a": {}}"#, "missing events"),
        ("report", #""events": []"#, "invalid events"),
        (
            "update",
            #""things": {\#((0..<257).map { #""t\#($0)": {}"# }.joined(separator: ","))}"#, "at most 256 items"
        ),
    ])
    func aMessageWithoutUsableItemsIsAnError(_ verb: String, _ members: String, _ diagnostic: String) {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        let answer = driver.ask(verb, members, on: socket)
        #expect(answer.diagnostic?.contains(diagnostic) == true, "\(answer.string)")
        #expect(answer.isPermanent == true)
        #expect(driver.closed.isEmpty)
    }

    @Test func requestsAreAnsweredInOrderOneAtATime() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        driver.holdsCommits = true
        driver.receive(#"{"path":"/api/v1/prototype","requestID":1,"things":\#(ScriptedThing.prototype)}"#, on: socket)
        driver.receive(
            #"{"path":"/api/v1/register","requestID":1,"things":{"u":\#(ScriptedThing.lamp("u"))}}"#, on: socket)
        driver.receive(#"{"path":"/api/v1/nothing","requestID":"3"}"#, on: socket)
        #expect(driver.sent[socket] == [], "what is acknowledged was written before")
        driver.completeCommits()
        #expect(driver.next(socket)["things"]?["/device/lighting/acme/bulb"]?["status"]?.text == "success")
        #expect(driver.sent[socket] == [])
        driver.completeCommits()
        #expect(driver.next(socket)["things"]?["u"]?["thingID"] != nil)
        #expect(driver.next(socket)["requestID"]?.text == "3")
    }

    @Test func aThingThatSendsRequestsFasterThanTheyCanBeAnsweredIsClosed() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        driver.holdsCommits = true
        driver.receive(#"{"path":"/api/v1/prototype","requestID":1,"things":\#(ScriptedThing.prototype)}"#, on: socket)
        for _ in 0..<256 { driver.receive(#"{"path":"/x","requestID":1}"#, on: socket) }
        #expect(driver.closed.isEmpty)
        driver.receive(#"{"path":"/x","requestID":1}"#, on: socket)
        #expect(driver.closed == [socket])
        driver.completeCommits()
    }

    @Test func aFloodClosesItsSocketAlone() {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        let (other, _) = driver.pair("U-2")
        for _ in 0..<2_100 { driver.receive(#"{"path":"/x","requestID":1}"#, on: socket) }
        #expect(driver.closed == [socket])
        #expect(driver.ask("nothing", #""a": 1"#, on: other).diagnostic == "unknown path")
    }

    // MARK: - Pair and hello

    @Test func pairingGivesAPasscodeThatHelloTakes() {
        var driver = StateDriver()
        let socket = driver.open()
        let refused = driver.ask("pair", #""uuid": "U-1""#, on: socket)
        #expect(refused.diagnostic == "pairing is closed")
        #expect(refused.isPermanent == false)
        driver.run { state, now in try? state.approve("u-1", now: now) }
        let answer = driver.ask("pair", #""uuid": "U-1""#, on: socket)
        let passcode = answer["result"]?["passCode"]?.text
        #expect(passcode?.utf8.count == 26)
        #expect(answer["result"]?["passcode"]?.text == passcode)
        #expect(answer["result"]?["status"]?.text == "success")
        let hello = driver.ask("hello", #""uuid": "u-1", "passCode": "\#(passcode ?? "")""#, on: socket, id: #""h""#)
        #expect(hello.string == #"{"requestID":"h","result":{"status":"success"}}"#)
        #expect(driver.state.status(now: driver.now).pairings.first?.isOnline == true)
        guard case .savePairing(let record)? = driver.written.last else { return #expect(Bool(false), "not written") }
        #expect(record.lastHello == driver.wallTime)
        #expect(record.shownUUID == "U-1")
    }

    @Test(arguments: ["", #""uuid": """#, #""uuid": 5"#, #""uuid": "a\n""#])
    func aUUIDMustBeUsable(_ members: String) {
        var driver = StateDriver()
        let socket = driver.open()
        let answer = driver.ask("pair", members.isEmpty ? #""x": 1"# : members, on: socket)
        #expect(answer.diagnostic?.contains("uuid") == true)
        #expect(answer.isPermanent == true)
    }

    @Test func wrongAndUnknownAreTheSameError() {
        var driver = StateDriver()
        _ = driver.pair()
        let socket = driver.open()
        for members in [
            #""uuid": "U-1", "passcode": "x""#, #""uuid": "U-9", "passcode": "x""#, #""uuid": "U-1""#, #""x": 1"#,
        ] {
            let answer = driver.ask("hello", members, on: socket)
            #expect(
                answer.string == #"{"requestID":1,"error":{"permanent":true,"diagnostic":"authentication failed"}}"#)
        }
        #expect(driver.closed.isEmpty)
    }

    @Test func theSixthWrongHelloOfAnAddressClosesAndARightOneIsServed() {
        var driver = StateDriver()
        let (_, passcode) = driver.pair()
        var socket = driver.open()
        for _ in 0..<5 {
            #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "x""#, on: socket).isPermanent == true)
        }
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "x""#, on: socket).isPermanent == false)
        #expect(driver.closed == [socket])
        socket = driver.open()
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: socket)["result"] != nil)
        let far = driver.open(from: IPAddress("192.0.2.1")!)
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "x""#, on: far).isPermanent == true)
        driver.advance(61)
        let later = driver.open()
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "x""#, on: later).isPermanent == true)
    }

    @Test func theOldPasscodeWorksUntilTheFirstHelloWithTheNewOne() {
        var driver = StateDriver()
        let (_, first) = driver.pair()
        let socket = driver.open()
        func works(_ passcode: String, _ driver: inout StateDriver) -> Bool {
            let socket = driver.open(from: IPAddress("192.0.2.\(driver.sent.count)")!)
            return driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: socket)["result"] != nil
        }
        func pairAgain(_ driver: inout StateDriver) -> String {
            driver.run { state, now in try? state.openPairing(for: .seconds(9), now: now) }
            return driver.ask("pair", #""uuid": "u-1""#, on: socket)["result"]?["passCode"]?.text ?? ""
        }
        let lost = pairAgain(&driver)
        #expect(works(first, &driver))
        let second = pairAgain(&driver)
        #expect(works(first, &driver), "the device itself keeps what it has said hello with")
        #expect(!works(lost, &driver), "superseded before it was used")
        #expect(works(second, &driver))
        #expect(!works(first, &driver))
    }

    @Test func aSecondHelloTakesOver() {
        var driver = StateDriver()
        let (socket, passcode) = driver.pair()
        let thingID = driver.registerLamp(on: socket)
        let again = driver.open()
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: again)["result"] != nil)
        #expect(driver.closed == [socket])
        let update = driver.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#, on: again)
        #expect(update["things"]?[thingID]?.diagnostic == "no such thingID")
        #expect(!driver.registerLamp(on: again).isEmpty)
        // What the old socket's end says comes late and changes nothing.
        driver.run { state, _ in state.closed(socket) }
        #expect(driver.state.status(now: driver.now).pairings.first?.services.first?.isOnline == true)
    }

    @Test func helloOnOneSocketIsForOneUUID() {
        var driver = StateDriver()
        let (socket, passcode) = driver.pair()
        let (_, other) = driver.pair("U-2")
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: socket)["result"] != nil)
        #expect(driver.ask("hello", #""uuid": "U-2", "passcode": "\#(other)""#, on: socket).isPermanent == true)
        #expect(driver.closed.isEmpty)
    }

    @Test func aPairingThatCannotBeWrittenIsNone() {
        var driver = StateDriver()
        driver.failure = "disk full"
        let socket = driver.open()
        driver.run { state, now in try? state.openPairing(for: .seconds(9), now: now) }
        let answer = driver.ask("pair", #""uuid": "U-1""#, on: socket)
        #expect(answer.isPermanent == false)
        #expect(driver.state.status(now: driver.now).pairings.isEmpty)
        #expect(driver.closed.isEmpty)
    }

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

    @Test func aHeartbeatIsAnsweredAndNotWritten() {
        var driver = StateDriver()
        let (socket, thingID, _) = driver.lamp()
        let count = driver.written.count
        let answer = driver.ask("update", #""things": {"\#(thingID)": {"updated": 1700000000001}}"#, on: socket)
        #expect(answer["things"]?[thingID]?["status"]?.text == "success")
        #expect(driver.written.count == count)
        _ = driver.ask(
            "update", #""things": {"\#(thingID)": {"status": "off", "info": {"brightness": 70}}}"#, on: socket)
        #expect(driver.written.count == count, "nothing has changed")
        _ = driver.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#, on: socket)
        #expect(driver.written.count == count + 1)
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

    @Test func everythingIsThereAgainAfterARestart() throws {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        _ = driver.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#, on: socket)
        try driver.run { state, _ in try state.rename(id, to: "Mine", operation: 1) }
        var stored = StoredThings(stewardUUID: "s")
        var things: [String: ThingRecord] = [:]
        for change in driver.written {
            switch change {
            case .savePairing(let record): stored.pairings = [record]
            case .savePrototype(let record): stored.prototypes = [record]
            case .saveThing(let record): things[record.udn] = record
            case .removePairing, .removeThing: ()
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
        #expect(again.read("get", "nativeThing/properties", id)["thing"]?["status"]?.text == "on")
        #expect(
            driver.read("get", "nativeThing/prototype", id).string
                == again.read("get", "nativeThing/prototype", id).string)
    }
}
