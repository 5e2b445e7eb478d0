// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Testing

@testable import GotAPINativeThing

/// What becomes of a pairing while its removal, or it itself, is being written.
@Suite struct RevocationTests {
    @Test func aPairingThatIsBeingRemovedIsNobodysAnyMore() throws {
        var driver = StateDriver()
        let (socket, passcode) = driver.pair()
        _ = driver.registerLamp(on: socket)
        let id = ThingName(pairing: "u-1", udn: "lamp-1").serviceID
        driver.holdsCommits = true
        try driver.run { state, _ in try state.revoke("U-1", operation: 1) }
        let count = driver.written.count
        #expect(driver.closed == [socket])
        let again = driver.open()
        let hello = driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: again)
        #expect(hello.diagnostic == "authentication failed")
        driver.run { state, now in try? state.openPairing(for: .seconds(60), now: now) }
        let refused = driver.ask("pair", #""uuid": "U-1""#, on: again)
        #expect(refused.isPermanent == false)
        for name in ["u-1", id] {
            #expect(throws: OwnerRefusal.unknownThing(name)) {
                try driver.run { state, _ in try state.rename(name, to: "Mine", operation: 2) }
            }
        }
        #expect(throws: OwnerRefusal.unknownPairing(uuid: "u-1")) {
            try driver.run { state, _ in try state.revoke("u-1", operation: 3) }
        }
        #expect(driver.written.count == count, "nothing writes it back")
        driver.completeCommits()
        #expect(driver.state.status(now: driver.now).pairings.isEmpty)
        #expect(driver.state.servicesJSON() == Array("[]".utf8))
        #expect(driver.ask("pair", #""uuid": "U-1""#, on: again)["requestID"] == nil, "it is being written")
        driver.completeCommits()
        #expect(driver.next(again)["result"]?["passCode"] != nil, "the window was not used up")
    }

    @Test func aPairingWhoseRemovalCannotBeWrittenStays() throws {
        var driver = StateDriver()
        let (_, passcode) = driver.pair()
        driver.failure = "disk full"
        try driver.run { state, _ in try state.revoke("u-1", operation: 1) }
        driver.failure = nil
        let socket = driver.open()
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: socket)["result"] != nil)
        #expect("\(OwnerRefusal.notRevoked(reason: "disk full"))".contains("stays paired"))
    }

    @Test func aPairingThatCannotBeWrittenDoesNotTakeALaterOneWithIt() {
        var driver = StateDriver()
        driver.holdsCommits = true
        let (first, second) = (driver.open(), driver.open())
        for socket in [first, second] {
            driver.run { state, now in try? state.openPairing(for: .seconds(60), now: now) }
            driver.receive(#"{"path":"/api/v1/pair","requestID":1,"uuid":"U-1"}"#, on: socket)
        }
        let commitments = driver.held
        driver.run { state, now in state.committed(commitments[0], failure: "disk full", now: now) }
        driver.run { state, now in state.committed(commitments[1], failure: nil, now: now) }
        #expect(driver.next(first).isPermanent == false)
        driver.holdsCommits = false
        let passcode = driver.next(second)["result"]?["passCode"]?.text ?? ""
        #expect(driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: second)["result"] != nil)
    }
}
