// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPINativeThing

/// What applications have things do, and what they are answered, on a clock of the test's own.
@Suite struct PerformTests {
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
        for number in 0..<64 as Range<UInt64> {
            _ = driver.request("post", "nativeThing/perform", id, [("verb", "on")], client: 1 + number / 16)
        }
        #expect(
            driver.read("post", "nativeThing/perform", id, [("verb", "on")], client: 9)["statusCode"]?.integer == 503)
        #expect(driver.sent[socket]?.count == 64)
    }

    @Test func oneApplicationLeavesOthersMostOfThem() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        for number in 0..<100 {
            let message = driver.request("post", "nativeThing/perform", id, [("verb", "on")])
            // What it no longer waits for counts as well.
            driver.run { state, _ in state.cancelApplication(message) }
            _ = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion"), ("parameter", "\(number)")])
        }
        #expect(driver.sent[socket]?.count == 16)
        let requests = driver.sent[socket] ?? []
        _ = driver.request("post", "nativeThing/perform", id, [("verb", "on")], client: 8)
        #expect(driver.sent[socket]?.count == 17)
        for request in requests { driver.answer(request, #""result": {"status": "success"}"#, on: socket) }
        _ = driver.request("post", "nativeThing/perform", id, [("verb", "on")])
        #expect(driver.sent[socket]?.count == 18)
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
}
