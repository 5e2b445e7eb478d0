// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Testing

@testable import GotAPINativeThing

/// What every message of a thing is held to, and who is let in, without sockets.
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

    @Test func beforeHelloMessagesAreShortAndFew() {
        var driver = StateDriver()
        let (socket, others) = (driver.open(), (0..<2).map { _ in driver.open() })
        let (long, longer) = (String(repeating: "x", count: 8_000), String(repeating: "x", count: 8_200))
        #expect(
            driver.ask("nothing", #""a": "\#(long)""#, on: others[0]).diagnostic
                == "limit exceeded: a text has at most 4 KiB")
        driver.receive(#"{"path":"/x","requestID":1,"a":"\#(longer)"}"#, on: others[0])
        #expect(driver.closed == [others[0]])
        for _ in 0..<39 { driver.receive(#"{"path":"/x","requestID":1}"#, on: others[1]) }
        #expect(driver.closed == [others[0]])
        driver.receive(#"{"path":"/x","requestID":1}"#, on: others[1])
        #expect(driver.closed == others)
        driver.advance(5)
        driver.run { state, now in try? state.openPairing(for: .seconds(60), now: now) }
        let passcode = driver.ask("pair", #""uuid": "U-1""#, on: socket)["result"]?["passCode"]?.text ?? ""
        for _ in 0..<30 { driver.receive(#"{"path":"/x","requestID":1}"#, on: socket) }
        driver.sent[socket] = []
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: socket)["result"] != nil)
        for _ in 0..<1_500 { driver.receive(#"{"path":"/x","requestID":1}"#, on: socket) }
        #expect(driver.closed == others, "what came before hello does not count any more")
    }

    @Test func onlyWhoHasNotSaidHelloMakesRoom() {
        var driver = StateDriver()
        let (known, _) = driver.pair()
        let unknown = driver.open()
        for socket in [known, unknown, 99] { driver.run { state, _ in state.makeRoom(socket) } }
        #expect(driver.closed == [unknown])
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
        guard case .savePairing(let record)? = driver.written.first else { return #expect(Bool(false), "not written") }
        #expect(record.shownUUID == "U-1")
        #expect(driver.written.dropFirst() == [.saveHello(uuid: "u-1", lastHello: driver.wallTime)])
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

    @Test func aHelloThatEndsAnOldPasscodeIsAnsweredWhenThatIsWritten() {
        var driver = StateDriver()
        let (_, first) = driver.pair()
        let socket = driver.open()
        driver.run { state, now in try? state.openPairing(for: .seconds(9), now: now) }
        let second = driver.ask("pair", #""uuid": "u-1""#, on: socket)["result"]?["passCode"]?.text ?? ""
        let hello = #"{"path": "/api/v1/hello", "requestID": 1, "uuid": "U-1", "passcode": "\#(second)"}"#
        driver.holdsCommits = true
        driver.receive(hello, on: socket)
        #expect(driver.next(socket)["requestID"] == nil, "the old one would be good again after a restart")
        driver.completeCommits(failure: "the disk is full")
        #expect(driver.next(socket).isPermanent == false)
        driver.receive(hello, on: socket)
        #expect(driver.next(socket)["requestID"] == nil, "it still is not written")
        driver.completeCommits()
        #expect(driver.next(socket)["result"]?["status"]?.text == "success")
        let old = driver.ask("hello", #""uuid": "U-1", "passcode": "\#(first)""#, on: driver.open())
        #expect(old.isPermanent == true)
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

    @Test func helloIsWrittenOnceForASocketAndInFullOnlyWhereItSupersedesAPasscode() {
        var driver = StateDriver()
        let (socket, passcode) = driver.pair()
        func hello(_ passcode: String, on socket: UInt64, _ driver: inout StateDriver) -> [StorageChange] {
            driver.written = []
            _ = driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: socket)
            return driver.written
        }
        for _ in 0..<3 { #expect(hello(passcode, on: socket, &driver) == []) }
        driver.advance(1)
        let again = driver.open()
        #expect(
            hello(passcode, on: again, &driver) == [.saveHello(uuid: "u-1", lastHello: driver.wallTime)],
            "no wait for the disk, which others would share")
        driver.run { state, now in try? state.openPairing(for: .seconds(9), now: now) }
        let next = driver.ask("pair", #""uuid": "u-1""#, on: again)["result"]?["passCode"]?.text ?? ""
        guard case .savePairing(let record)? = hello(next, on: again, &driver).first else {
            return #expect(Bool(false), "the old passcode would be good again")
        }
        #expect(record.previousCredential == nil)
        #expect(hello(next, on: again, &driver) == [])
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
}
