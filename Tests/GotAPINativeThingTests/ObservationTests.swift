// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Testing

@testable import GotAPINativeThing

/// Our requests to things, and what applications get of them, on a clock of the test's own.
@Suite struct ObservationTests {
    // MARK: - Perform

    @Test func performAsksTheThingAndAnswersWhenItHasAccepted() {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "on"), ("parameter", "x")])
        let request = driver.next(socket)
        #expect(request["path"]?.text == "/api/v1/perform")
        #expect(request["requestID"]?.text == "s-1")
        let task = request["tasks"]?.object?.first
        #expect(task?.value.string == #"{"thing":"\#(thingID)","perform":"on","parameter":"x","testOnly":false}"#)
        #expect(driver.replies[message] == nil)
        driver.answer(request, #""tasks": {"\#(task?.name ?? "")": {"status": "success"}}"#, on: socket)
        #expect(driver.reply(message).string == "{}")
    }

    @Test(arguments: [
        (#""tasks": {}"#, "{}"), (#""result": {"status": "success"}"#, "{}"),
        (
            #""tasks": {"t-1": {"error": {"permanent": true, "diagnostic": "no"}}}"#,
            #"{"result":1,"statusCode":400,"errorCode":"1","errorMessage":"[ERROR] no"}"#
        ),
        (
            #""tasks": {"t-1": {"error": {"diagnostic": "busy"}}}"#,
            #"{"result":1,"statusCode":503,"errorCode":"1","errorMessage":"[ERROR] busy"}"#
        ),
        (
            #""error": {"permanent": true}"#,
            #"{"result":1,"statusCode":400,"errorCode":"1","errorMessage":"[ERROR] The thing refused it."}"#
        ),
    ])
    func theThingsAnswerIsTheApplications(_ answer: String, _ members: String) {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "off")])
        driver.answer(driver.next(socket), answer, on: socket)
        #expect(driver.reply(message).string == members)
    }

    @Test func aThingThatNeverAnswersIsATimeoutAndALateAnswerIsIgnored() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "on")])
        let request = driver.next(socket)
        driver.advance(14.9)
        #expect(driver.replies[message] == nil)
        driver.advance(0.2)
        #expect(driver.replies[message] == .timeout)
        driver.answer(request, #""tasks": {}"#, on: socket)
        #expect(driver.replies[message] == .timeout)
        #expect(driver.closed.isEmpty)
    }

    @Test func aShorterDeadlineOfTheGatewaysHolds() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "on")], patience: 3)
        driver.answer(driver.next(socket), "", on: socket)
        driver.advance(3)
        #expect(driver.replies[message] == .timeout)
    }

    @Test func intermediateResponsesExtendTheDeadline() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "on")], patience: 60)
        let request = driver.next(socket)
        for _ in 0..<3 {
            driver.advance(14)
            driver.answer(request, "", on: socket)
        }
        driver.advance(14)
        #expect(driver.replies[message] == nil)
        driver.advance(4)
        #expect(driver.replies[message] == .timeout, "the gateway's deadline holds")
    }

    @Test func aReportWithOurRequestIDIsAResponse() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "on")])
        _ = driver.next(socket)
        driver.receive(#"{"path":"/api/v1/report","requestID":"s-1","tasks":{}}"#, on: socket)
        #expect(driver.reply(message).string == "{}")
        driver.receive(#"{"path":"/api/v1/report","requestID":"s-1","events":{"x":{"reason":"observe"}}}"#, on: socket)
        #expect(driver.next(socket)["events"]?["x"]?.diagnostic == "invalid eventID")
    }

    @Test func whatTheApplicationNoLongerWaitsForIsLetGo() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "on")])
        driver.run { state, _ in state.cancelApplication(message) }
        #expect(driver.replies[message] == .unanswered)
        driver.answer(driver.next(socket), #""tasks": {}"#, on: socket)
        #expect(driver.replies[message] == .unanswered)
    }

    @Test func oneThingHas64RequestsToAnswer() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        for _ in 0..<64 { _ = driver.request("post", "nativeThing/perform", id, [("verb", "on")]) }
        #expect(driver.read("post", "nativeThing/perform", id, [("verb", "on")])["statusCode"]?.integer == 503)
        #expect(driver.sent[socket]?.count == 64)
    }

    @Test(
        arguments: [
            ("post", "nativeThing/perform", [("verb", "explode")], 10, 400),
            ("post", "nativeThing/perform", [], 10, 400),
            ("post", "nativeThing/perform", [("verb", "on"), ("testOnly", "maybe")], 10, 400),
            ("get", "nativeThing/perform", [("verb", "on")], 3, 405), ("get", "nativeThing/nothing", [], 4, 404),
            ("get", "nativeThing/properties", [("name", "nothing")], 10, 400),
            ("put", "nativeThing/properties", [], 3, 405),
            ("put", "nativeThing/onEvent", [("verb", "noise")], 10, 400), ("get", "light", [("lightId", "1")], 10, 400),
            ("post", "light", [("color", "red")], 10, 400), ("post", "light", [("brightness", "2")], 10, 400),
            ("post", "light/state", [], 3, 405), ("get", "light/x", [], 4, 404), ("post", "temperature", [], 3, 405),
            ("get", "humanDetection/onDetection", [], 3, 405), ("put", "humanDetection", [], 4, 404),
            ("get", "temperature", [], 1, 503),
        ] as [(String, String, [(String, String)], Int, Int)])
    func whatCannotBeAskedIsRefusedAndNothingIsSent(
        _ method: String, _ path: String, _ parameters: [(String, String)], _ code: Int, _ status: Int
    ) {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let answer = driver.read(method, path, id, parameters)
        #expect(answer["result"]?.integer == code, "\(answer.string)")
        #expect(answer["errorCode"]?.text == "\(code)")
        #expect(answer["statusCode"]?.integer == status)
        #expect(driver.sent[socket] == [])
    }

    @Test func aTestIsAskedForOnlyWhereThePrototypeAllowsIt() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        _ = driver.request("post", "nativeThing/perform", id, [("verb", "on"), ("testOnly", "true")])
        let item = driver.next(socket)["tasks"]?.object?.first?.value
        #expect(item?["testOnly"]?.boolean == true)
        _ = driver.ask(
            "prototype",
            #""things": {"/device/lighting/acme/bulb": {"perform": ["on"], "properties": {"name": true, "status": []}}}"#,
            on: socket)
        let answer = driver.read("post", "nativeThing/perform", id, [("verb", "on"), ("testOnly", "true")])
        #expect(answer["result"]?.integer == 10)
    }

    // MARK: - Offline

    @Test func aThingThatIsAwayKeepsItsStateAndRefusesTheRest() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "on")])
        driver.run { state, _ in state.closed(socket) }
        #expect(driver.reply(message)["statusCode"]?.integer == 503)
        #expect(driver.service(id)["online"]?.boolean == false)
        #expect(driver.read("get", "nativeThing/properties", id)["thing"]?["status"]?.text == "off")
        #expect(
            driver.read("get", "nativeThing/prototype", id)["prototype"]?["path"]?.text == "/device/lighting/acme/bulb")
        for (method, path, parameters) in [
            ("post", "nativeThing/perform", [("verb", "on")]), ("put", "nativeThing/onEvent", [("verb", "motion")]),
            ("get", "light", []), ("delete", "light", []), ("get", "temperature", []),
            ("put", "humanDetection/onDetection", []),
        ] {
            let answer = driver.read(method, path, id, parameters)
            #expect(answer["result"]?.integer == 1, "\(path)")
            #expect(answer["statusCode"]?.integer == 503, "\(path)")
        }
        #expect(driver.read("put", "nativeThing/onPropertyChange", id).string == "{}")
    }

    @Test func anAbsentThingIsOffline() {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        _ = driver.ask("update", #""things": {"\#(thingID)": {"status": "absent"}}"#, on: socket)
        #expect(driver.service(id)["online"]?.boolean == false)
        #expect(driver.read("post", "nativeThing/perform", id, [("verb", "on")])["statusCode"]?.integer == 503)
    }

    // MARK: - Changed properties

    @Test func onlyEffectiveChangesArePushedAndOnlyWhatChanged() {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        #expect(driver.read("put", "nativeThing/onPropertyChange", id).string == "{}")
        #expect(driver.read("put", "nativeThing/onPropertyChange", id).string == "{}", "once for each client")
        #expect(driver.subscribed == [1])
        func update(_ item: String) { _ = driver.ask("update", #""things": {"\#(thingID)": \#(item)}"#, on: socket) }
        update(#"{"updated": 1700000000001}"#)
        update(#"{"info": {"brightness": 70}}"#)
        #expect(driver.pushes.isEmpty)
        update(#"{"info": {"brightness": 71, "hue": 1}, "updated": 1700000000002}"#)
        #expect(
            driver.pushes.last?.members.string
                == #"{"thing":{"name":"Lamp","status":"off","updated":1700000000002,"info":{"brightness":71,"hue":1}}}"#
        )
        update(#"{"info": {"hue": null}}"#)
        #expect(driver.pushes.last?.members["thing"]?["info"]?.string == #"{"hue":null}"#)
        update(#"{"status": "on"}"#)
        #expect(driver.pushes.last?.members["thing"]?["info"]?.string == "{}")
        #expect(driver.pushes.count == 3)
        #expect(driver.read("delete", "nativeThing/onPropertyChange", id).string == "{}")
        #expect(driver.unsubscribed == [1])
        update(#"{"status": "off"}"#)
        #expect(driver.pushes.count == 3)
    }

    // MARK: - Events

    /// A lamp whose motion one application listens to.
    private func observed() -> (driver: StateDriver, socket: UInt64, id: String, event: String) {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion")])
        let request = driver.next(socket)
        let event = request["events"]?.object?.first?.name ?? ""
        driver.answer(request, #""events": {"\#(event)": {"status": "success"}}"#, on: socket)
        #expect(driver.reply(message).string == "{}")
        return (driver, socket, id, event)
    }

    @Test func theFirstSubscriberObservesAndTheLastOneCancels() {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        let first = driver.request(
            "put", "nativeThing/onEvent", id, [("verb", "motion"), ("parameter", "p")], client: 1)
        let second = driver.request(
            "put", "nativeThing/onEvent", id, [("verb", "motion"), ("parameter", "p")], client: 2)
        let request = driver.next(socket)
        let event = request["events"]?.object?.first
        #expect(request["path"]?.text == "/api/v1/observe")
        #expect(event?.value.string == #"{"thing":"\#(thingID)","observe":"motion","parameter":"p","testOnly":false}"#)
        #expect(driver.sent[socket] == [], "observed once")
        driver.answer(request, #""events": {}"#, on: socket)
        #expect(driver.reply(first).string == "{}")
        #expect(driver.reply(second).string == "{}")
        #expect(driver.subscribed == [1, 2])
        #expect(
            driver.read("put", "nativeThing/onEvent", id, [("verb", "motion"), ("parameter", "p")], client: 3).string
                == "{}")
        #expect(driver.sent[socket] == [])

        _ = driver.ask("report", #""events": {"\#(event?.name ?? "")": {"reason": "observe"}}"#, on: socket)
        #expect(driver.pushes.map(\.subscription) == [1, 2, 3])
        #expect(driver.pushes.first?.members["event"]?["parameter"]?.text == "p")
        #expect(driver.pushes.first?.members["event"]?["time"]?.integer == Int(driver.wallTime))
        #expect(driver.pushes.first?.members["event"]?["thing"]?["info"]?.string == #"{"brightness":70}"#)

        _ = driver.read("delete", "nativeThing/onEvent", id, [("verb", "motion"), ("parameter", "p")], client: 1)
        driver.run { state, now in state.removeSubscription(2, now: now) }
        #expect(driver.sent[socket] == [])
        driver.run { state, now in state.removeSubscription(3, now: now) }
        let cancel = driver.next(socket)
        #expect(cancel["path"]?.text == "/api/v1/report")
        #expect(cancel["events"]?.string == #"{"\#(event?.name ?? "")":{"reason":"cancel"}}"#)
        driver.answer(cancel, #""events": {}"#, on: socket)
        let late = driver.ask("report", #""events": {"\#(event?.name ?? "")": {"reason": "observe"}}"#, on: socket)
        #expect(late["events"]?.object?.first?.value.diagnostic == "invalid eventID")
    }

    @Test func whatAThingAddsToItsReportIsPassedOn() {
        var (driver, socket, _, event) = observed()
        _ = driver.ask(
            "report", #""events": {"\#(event)": {"reason": "observe", "info": {"lux": 3}, "parameter": "hall"}}"#,
            on: socket)
        let pushed = driver.pushes.last?.members["event"]
        #expect(pushed?["info"]?.string == #"{"lux":3}"#)
        #expect(pushed?["parameter"]?.text == "hall")
    }

    @Test(arguments: [
        (#""x": {"reason": "observe"}"#, "x", "invalid eventID"),
        (#""EVENT": {"reason": "cancel"}"#, "EVENT", "invalid reason"),
        (#""EVENT": {}"#, "EVENT", "missing reason"), (#""EVENT": 5"#, "EVENT", "missing reason"),
    ])
    func aReportThatIsWrongIsAnErrorOfItsItem(_ item: String, _ key: String, _ diagnostic: String) {
        var (driver, socket, _, event) = observed()
        let text = item.split(separator: "EVENT", omittingEmptySubsequences: false).joined(separator: event)
        let answer = driver.ask("report", #""events": {\#(text)}"#, on: socket)
        #expect(
            answer["events"]?[key == "x" ? "x" : event]?.diagnostic?.contains(diagnostic) == true, "\(answer.string)")
        #expect(driver.pushes.isEmpty)
    }

    @Test(arguments: [(true, 400), (false, 503)])
    func anObservationThatTheThingRefusesIsTheApplicationsError(_ isPermanent: Bool, _ status: Int) {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion")])
        let request = driver.next(socket)
        let event = request["events"]?.object?.first?.name ?? ""
        driver.answer(
            request, #""events": {"\#(event)": {"error": {"permanent": \#(isPermanent), "diagnostic": "why"}}}"#,
            on: socket)
        #expect(driver.reply(message)["statusCode"]?.integer == status)
        #expect(driver.reply(message)["errorMessage"]?.text == "[ERROR] why")
        #expect(driver.subscribed.isEmpty)
        driver.advance(100)
        #expect(driver.sent[socket] == [], "nobody wants it any more")
    }

    @Test func anObservationWithoutAnAnswerIsATimeoutAndCancelled() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion")])
        let request = driver.next(socket)
        driver.advance(15)
        #expect(driver.replies[message] == .timeout)
        #expect(driver.next(socket)["events"]?.object?.first?.value["reason"]?.text == "cancel")
        driver.answer(request, #""events": {}"#, on: socket)
        #expect(driver.subscribed.isEmpty)
    }

    @Test func anApplicationThatIsGoneBeforeTheAnswerIsNotSubscribed() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let message = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion")])
        driver.run { state, _ in state.cancelApplication(message) }
        driver.answer(driver.next(socket), #""events": {}"#, on: socket)
        #expect(driver.subscribed.isEmpty)
        #expect(driver.next(socket)["events"]?.object?.first?.value["reason"]?.text == "cancel")
    }

    @Test func aFailureThatIsPermanentEndsTheSubscriptionWithAnErrorPush() {
        var (driver, socket, _, event) = observed()
        let answer = driver.ask(
            "report", #""events": {"\#(event)": {"reason": "failure", "permanent": true, "diagnostic": "broken"}}"#,
            on: socket)
        #expect(answer["events"]?[event]?["status"]?.text == "success")
        #expect(
            driver.pushes.last?.members.string
                == #"{"result":1,"statusCode":400,"errorCode":"1","errorMessage":"[ERROR] broken"}"#)
        #expect(driver.unsubscribed == [1])
        driver.advance(100)
        #expect(driver.sent[socket] == [])
    }

    @Test func aFailureThatPassesIsObservedAgainWithGrowingPauses() {
        var (driver, socket, _, event) = observed()
        let report = #""events": {"\#(event)": {"reason": "failure", "diagnostic": "busy"}}"#
        #expect(driver.ask("report", report, on: socket)["events"]?[event]?["status"]?.text == "success")
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] as [Double] {
            driver.advance(pause - 0.1)
            #expect(driver.sent[socket] == [], "before \(pause) s")
            driver.advance(0.1)
            let request = driver.next(socket)
            #expect(request["path"]?.text == "/api/v1/observe")
            driver.answer(request, #""error": {"permanent": false}"#, on: socket)
        }
        #expect(driver.pushes.isEmpty)
        #expect(driver.unsubscribed.isEmpty)
        driver.advance(60)
        driver.answer(driver.next(socket), #""events": {}"#, on: socket)
        driver.advance(1_000)
        #expect(driver.sent[socket] == [])
    }

    @Test func aCancellationThatIsRefusedIsTriedAgainAndReportsAreDropped() {
        var (driver, socket, _, event) = observed()
        driver.run { state, now in state.removeSubscription(1, now: now) }
        driver.answer(driver.next(socket), #""events": {"\#(event)": {"error": {"permanent": false}}}"#, on: socket)
        let answer = driver.ask("report", #""events": {"\#(event)": {"reason": "observe"}}"#, on: socket)
        #expect(answer["events"]?[event]?["status"]?.text == "success")
        #expect(driver.pushes.isEmpty)
        driver.advance(1)
        let again = driver.next(socket)
        #expect(again["events"]?[event]?["reason"]?.text == "cancel")
        driver.answer(again, #""events": {"\#(event)": {"error": {"permanent": true}}}"#, on: socket)
        driver.advance(1_000)
        #expect(driver.sent[socket] == [])
    }

    @Test func aSubscriptionLivesOnWhenTheThingComesBack() {
        var (driver, socket, id, event) = observed()
        _ = driver.read("put", "nativeThing/onPropertyChange", id)
        driver.run { state, _ in state.closed(socket) }
        let (again, _) = driver.pair()
        let thingID = driver.registerLamp(on: again)
        let request = driver.next(again)
        let newEvent = request["events"]?.object?.first
        #expect(request["path"]?.text == "/api/v1/observe")
        #expect(newEvent?.value["thing"]?.text == thingID)
        #expect(newEvent?.name != event)
        driver.answer(request, #""events": {}"#, on: again)
        let count = driver.pushes.count
        #expect(
            driver.ask("report", #""events": {"\#(event)": {"reason": "observe"}}"#, on: again)["events"]?[event]?
                .diagnostic == "invalid eventID")
        _ = driver.ask("report", #""events": {"\#(newEvent?.name ?? "")": {"reason": "observe"}}"#, on: again)
        _ = driver.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#, on: again)
        #expect(driver.pushes.count == count + 2)
        #expect(driver.unsubscribed.isEmpty)
    }

    // MARK: - The owner

    @Test func whoIsRevokedIsGone() throws {
        var (driver, socket, id, _) = observed()
        let message = driver.request("post", "nativeThing/perform", id, [("verb", "on")])
        try driver.run { state, _ in try state.revoke("u-1", operation: 1) }
        #expect(driver.closed == [socket])
        #expect(driver.reply(message)["statusCode"]?.integer == 503)
        #expect(driver.pushes.last?.members["result"]?.integer == 6)
        #expect(driver.unsubscribed == [1])
        #expect(driver.state.servicesJSON() == Array("[]".utf8))
        #expect(driver.read("get", "nativeThing/properties", id)["result"]?.integer == 6)
        #expect(driver.written.last == .removePairing(uuid: "u-1"))
        #expect(throws: OwnerRefusal.unknownPairing(uuid: "u-1")) {
            try driver.run { state, _ in try state.revoke("u-1", operation: 2) }
        }
        let (_, _, again) = driver.lamp("U-2")
        #expect(driver.service(again)["online"]?.boolean == true, "its UDN is free")
    }

    @Test func theOwnersNameWins() throws {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        _ = driver.read("put", "nativeThing/onPropertyChange", id)
        try driver.run { state, _ in try state.rename(id, to: "Küche", operation: 1) }
        #expect(driver.pushes.last?.members["thing"]?["name"]?.text == "Küche")
        _ = driver.ask("update", #""things": {"\#(thingID)": {"name": "Other"}}"#, on: socket)
        #expect(driver.service(id)["name"]?.text == "Küche")
        #expect(driver.pushes.count == 1, "nothing has changed for applications")
        try driver.run { state, _ in try state.rename("u-1", to: "Bridge", operation: 2) }
        #expect(driver.state.status(now: driver.now).pairings.first?.name == "Bridge")
        for name in ["", "a\u{1b}b", String(repeating: "x", count: 65)] {
            #expect(throws: OwnerRefusal.invalidName) {
                try driver.run { state, _ in try state.rename(id, to: name, operation: 3) }
            }
        }
        #expect(throws: OwnerRefusal.unknownThing("x")) {
            try driver.run { state, _ in try state.rename("x", to: "n", operation: 3) }
        }
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .seconds(601), .milliseconds(999)])
    func pairingIsOpenedForAMomentOnly(_ time: Duration) {
        var driver = StateDriver()
        #expect(throws: OwnerRefusal.invalidTime) {
            try driver.run { state, now in try state.openPairing(for: time, now: now) }
        }
    }
}
