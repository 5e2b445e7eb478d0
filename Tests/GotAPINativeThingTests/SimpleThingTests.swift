// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Testing

@testable import GotAPINativeThing

/// The Simple Thing dialect: native-thing.md, the last section.
@Suite struct SimpleThingTests {
    private static let prototype = #"""
        {"/device/sensor/acme/hygro": {"device": {"name": "h", "maker": "ACME", "model": {"number": "H-2"}},
          "name": true, "status": ["present", "absent", "recent"], "properties": {"humidity": "percentage"}}}
        """#

    /// A sensor that is registered.
    private func sensor() -> (driver: StateDriver, socket: UInt64, thingID: String, id: String) {
        var driver = StateDriver()
        let socket = driver.open(.simple)
        driver.run { state, now in try? state.openPairing(for: .seconds(60), now: now) }
        let begun = driver.ask("thing/pair/U-1", #""x": 1"#, on: socket, id: #""1""#)
        #expect(begun.string == #"{"path":"/api/v1/thing/report","requestID":"1"}"#, "its client waits for this first")
        let answer = driver.next(socket)
        #expect(answer["success"]?.boolean == true)
        #expect(answer["status"]?.text == "success")
        #expect(answer["params"]?["length"]?.integer == 6)
        #expect(answer["params"]?["step"]?.integer == 30)
        #expect(answer["params"]?["timestamp"]?.integer == Int(driver.wallTime))
        let hello = driver.ask("thing/hello/\(answer["thingID"]?.text ?? "")", code(driver), on: socket)
        #expect(hello["success"]?.boolean == true, "\(hello.string)")
        _ = driver.ask("thing/prototype", #""things": \#(Self.prototype)"#, on: socket)
        let registered = driver.ask(
            "thing/register",
            #""things": {"s": {"devicetype": "/device/sensor/acme/hygro", "name": "S", "status": "present", "info": {"humidity": "45"}, "device": {"unit": {"udn": "s"}}}}"#,
            on: socket)
        #expect(registered["path"]?.text == "/api/v1/thing/report")
        let thingID = registered["things"]?["s"]?["thingID"]?.text ?? ""
        return (driver, socket, thingID, ThingName(pairing: "u-1", udn: "s").serviceID)
    }

    /// The member with the code of the moment.
    private func code(_ driver: StateDriver) -> String {
        code(driver, driver.state.pairings["u-1"]?.record.secrets?.current ?? [])
    }

    private func code(_ driver: StateDriver, _ secret: [UInt8]) -> String {
        #""response": "\#(OneTimeCode.make(secret: secret, counter: driver.wallTime / 30_000))""#
    }

    @Test func aSimpleThingIsAServiceLikeOthers() {
        var (driver, _, _, id) = sensor()
        let service = driver.service(id)
        #expect(service["manufacturer"]?.text == "ACME")
        #expect(service["version"]?.text == "H-2")
        #expect(service["scopes"]?.string == #"["nativeThing","humidity"]"#)
        #expect(driver.read("get", "humidity", id).string == #"{"humidity":0.45}"#)
    }

    @Test func aWrongCodeIsRefusedAndANativeHelloIsNone() {
        var (driver, _, _, _) = sensor()
        let socket = driver.open(.simple)
        #expect(
            driver.ask("thing/hello/U-1", #""response": "12345""#, on: socket).diagnostic == "authentication failed")
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "x""#, on: socket).diagnostic == "unknown path")
        let native = driver.open()
        #expect(
            driver.ask("hello", #""uuid": "U-1", "passcode": "x""#, on: native).diagnostic == "authentication failed")
    }

    static let strangers = (1...4).map { IPAddress("192.0.2.\($0)")! }

    /// Says hello on a new socket.
    private func says(_ members: String, from address: IPAddress, _ driver: inout StateDriver) -> Bool {
        let socket = driver.open(.simple, from: address)
        defer { driver.run { state, _ in state.closed(socket) } }
        return driver.ask("thing/hello/U-1", members, on: socket)["success"]?.boolean == true
    }

    @Test func whoHasFailedTooOftenIsNotServedEvenWithTheRightCodeUnlessTheThingWasThere() {
        var (driver, _, _, _) = sensor()
        driver.advance(60)
        for address in [Self.strangers[0], .loopbackIPv4] {
            for _ in 0..<5 { #expect(!says(#""response": "x""#, from: address, &driver)) }
        }
        #expect(!says(code(driver), from: Self.strangers[0], &driver), "so it learns nothing")
        #expect(says(code(driver), from: .loopbackIPv4, &driver), "its last good address")
        driver.advance(60)
        #expect(says(code(driver), from: Self.strangers[0], &driver))
    }

    @Test func strangersTogetherTryOnePairingsCodesTenTimesAMinute() {
        var (driver, _, _, _) = sensor()
        driver.advance(60)
        for address in Self.strangers[0..<3] {
            for _ in 0..<4 { #expect(!says(#""response": "x""#, from: address, &driver)) }
        }
        #expect(!says(code(driver), from: Self.strangers[3], &driver))
        #expect(says(code(driver), from: .loopbackIPv4, &driver))
    }

    @Test(arguments: [.loopbackIPv4, strangers[0]])
    func aCodeIsGoodOnce(_ address: IPAddress) {
        var (driver, _, _, _) = sensor()
        for _ in 0..<10 {
            let socket = driver.open(.simple, from: address)
            let answer = driver.ask("thing/hello/U-1", code(driver), on: socket)
            #expect(answer.isPermanent == false, "sensor() has used it; it has not been revoked")
            #expect(answer.diagnostic?.contains("used") == true)
            #expect(!driver.closed.contains(socket))
            driver.run { state, _ in state.closed(socket) }
        }
        let early = code(driver)
        driver.advance(30)
        #expect(says(code(driver), from: address, &driver), "to repeat a code is no failure")
        #expect(!says(early, from: address, &driver), "an earlier one than the last")
    }

    @Test func aCodeIsGoodOnceWhicheverGatewayHasAcceptedIt() {
        let (driver, _, _, _) = sensor()
        guard let record = driver.state.pairings["u-1"]?.record else { return #expect(Bool(false)) }
        var again = StateDriver()
        again.run { state, _ in state.load(StoredThings(stewardUUID: "s", pairings: [record])) }
        again.wallTime = driver.wallTime
        #expect(!says(code(driver), from: .loopbackIPv4, &again))
        again.advance(60)
        #expect(says(code(again), from: .loopbackIPv4, &again))
    }

    /// Pairs again, with whatever answer.
    private func pairAgain(_ driver: inout StateDriver, _ dialect: ThingDialect = .simple) -> JSONNode {
        let socket = driver.open(dialect)
        defer { driver.run { state, _ in state.closed(socket) } }
        driver.run { state, now in try? state.openPairing(for: .seconds(60), now: now) }
        guard dialect == .simple else { return driver.ask("pair", #""uuid": "U-1""#, on: socket) }
        _ = driver.ask("thing/pair/U-1", #""x": 1"#, on: socket)
        return driver.next(socket)
    }

    @Test func theOldSecretWorksUntilTheFirstHelloWithTheNewOne() {
        var (driver, _, _, _) = sensor()
        let first = driver.state.pairings["u-1"]?.record.secrets?.current ?? []
        #expect(pairAgain(&driver)["success"]?.boolean == true)
        let lost = driver.state.pairings["u-1"]?.record.secrets?.current ?? []
        driver.advance(60)
        #expect(says(code(driver, first), from: .loopbackIPv4, &driver))
        #expect(pairAgain(&driver)["success"]?.boolean == true)
        guard case .savePairing(let record)? = driver.written.last else { return #expect(Bool(false), "not written") }
        #expect(record.secrets?.previous == first, "it is kept across a restart")
        driver.advance(60)
        #expect(!says(code(driver, lost), from: .loopbackIPv4, &driver), "superseded before it was used")
        #expect(says(code(driver, first), from: .loopbackIPv4, &driver))
        driver.advance(60)
        #expect(says(code(driver), from: .loopbackIPv4, &driver))
        driver.advance(60)
        #expect(!says(code(driver, first), from: .loopbackIPv4, &driver))
    }

    @Test func aPairingDoesNotChangeItsDialect() {
        var (driver, _, _, _) = sensor()
        let record = driver.state.pairings["u-1"]?.record
        let answer = pairAgain(&driver, .native)
        #expect(answer.diagnostic?.contains("revoke") == true)
        #expect(answer.isPermanent == true)
        #expect(driver.state.pairings["u-1"]?.record == record)
        var other = StateDriver()
        _ = other.pair()
        let socket = other.open(.simple)
        other.run { state, now in try? state.openPairing(for: .seconds(60), now: now) }
        #expect(other.ask("thing/pair/U-1", #""x": 1"#, on: socket).diagnostic?.contains("revoke") == true)
    }

    @Test func aMinuteWithoutAnUpdateIsAbsence() {
        var (driver, socket, thingID, id) = sensor()
        driver.advance(59)
        _ = driver.ask("thing/update", #""things": {"\#(thingID)": {"updated": 1}}"#, on: socket)
        driver.advance(59)
        #expect(driver.service(id)["status"]?.text == "present")
        driver.advance(1)
        #expect(driver.service(id)["status"]?.text == "absent")
        #expect(driver.service(id)["online"]?.boolean == false)
        _ = driver.ask("thing/update", #""things": {"\#(thingID)": {"updated": 1}}"#, on: socket)
        #expect(driver.service(id)["status"]?.text == "present", "it is heard again")
        driver.advance(60)
        #expect(driver.service(id)["status"]?.text == "absent")
    }

    @Test(arguments: [("-5", 0), ("250", 1), ("45", 0.45)])
    func aShareIsWithinItsRangeWhateverTheThingSays(_ value: String, _ shown: Double) {
        var (driver, socket, thingID, id) = sensor()
        _ = driver.ask("thing/update", #""things": {"\#(thingID)": {"info": {"humidity": \#(value)}}}"#, on: socket)
        #expect(driver.read("get", "humidity", id)["humidity"]?.number == shown)
    }

    @Test func aSilenceThatBeganOnAnotherSocketIsOver() {
        var (driver, socket, _, id) = sensor()
        for _ in 0..<3 {
            driver.advance(10)
            driver.run { state, _ in state.closed(socket) }
            socket = driver.open(.simple)
            driver.advance(30)
            _ = driver.ask("thing/hello/U-1", code(driver), on: socket)
            let thing = #"{"devicetype": "/device/sensor/acme/hygro", "name": "S", "status": "present"}"#
            _ = driver.ask("thing/register", #""things": {"s": \#(thing)}"#, on: socket)
        }
        driver.advance(59)
        #expect(driver.service(id)["status"]?.text == "present")
        var waiting = 0
        while driver.state.deadlines.take(now: .max) != nil { waiting += 1 }
        #expect(waiting == 1, "what belongs to a closed socket is not put off")
    }

    @Test func anUpdateThatIsRefusedDoesNotUseUpTheStatusBeforeTheSilence() {
        var (driver, socket, thingID, id) = sensor()
        driver.advance(60)
        let many = (0..<257).map { #""p\#($0)": 1"# }.joined(separator: ",")
        _ = driver.ask("thing/update", #""things": {"\#(thingID)": {"info": {\#(many)}}}"#, on: socket)
        #expect(driver.service(id)["status"]?.text == "absent")
        _ = driver.ask("thing/update", #""things": {"\#(thingID)": {"updated": 1}}"#, on: socket)
        #expect(driver.service(id)["status"]?.text == "present")
    }

    @Test func aPairingThatIsRefusedLeavesTheOwnersWindowOpen() {
        var driver = StateDriver()
        _ = driver.pair()
        driver.run { state, now in try? state.openPairing(for: .seconds(60), now: now) }
        let answer = driver.ask("thing/pair/U-1", "\"x\": 1", on: driver.open(.simple))
        #expect(answer.diagnostic == ThingFault.otherDialect.diagnostic)
        let other = driver.ask("pair", #""uuid": "U-2""#, on: driver.open())
        #expect(other["result"]?["status"]?.text == "success")
    }

    @Test func requestsSayThingID() {
        var (driver, socket, thingID, id) = sensor()
        _ = driver.ask(
            "thing/prototype",
            #""things": {"/device/sensor/acme/hygro": {"perform": ["on"], "name": true, "status": [], "properties": {}}}"#,
            on: socket)
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "on")])
        let request = driver.next(socket)
        #expect(request["path"]?.text == "/api/v1/thing/perform")
        #expect(request["tasks"]?.object?.first?.value["thingID"]?.text == thingID)
        driver.receive(#"{"path":"/api/v1/thing/report","requestID":"s-1","result":{"status":"success"}}"#, on: socket)
        #expect(driver.reply(message).string == "{}")
    }
}
