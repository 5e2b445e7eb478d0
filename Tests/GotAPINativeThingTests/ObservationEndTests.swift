// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPINativeThing

/// How what is observed of a thing ends where the thing, or an application, does not do what is expected.
@Suite struct ObservationEndTests {
    /// A lamp whose motion one application listens to.
    private func observed() -> (driver: StateDriver, socket: UInt64, id: String, event: String) {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        _ = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion")])
        let request = driver.next(socket)
        driver.answer(request, #""events": {}"#, on: socket)
        return (driver, socket, id, request["events"]?.object?.first?.name ?? "")
    }

    @Test func aThingThatNeverAnswersACancellationIsAskedEightTimes() {
        var (driver, socket, _, event) = observed()
        driver.run { state, now in state.removeSubscription(1, now: now) }
        driver.advance(10_000)
        #expect(driver.sent[socket]?.compactMap { $0["events"]?[event]?["reason"]?.text }.count == 8)
        driver.sent[socket] = []
        let answer = driver.ask("report", #""events": {"\#(event)": {"reason": "observe"}}"#, on: socket)
        #expect(answer["events"]?[event]?.diagnostic == "invalid eventID")
        #expect(driver.pushes.isEmpty)
    }

    @Test func pausesGrowWhereAThingAcceptsAndFailsAtOnceUntilItReports() {
        var (driver, socket, _, event) = observed()
        for pause in [1, 2, 4] as [Double] {
            _ = driver.ask("report", #""events": {"\#(event)": {"reason": "failure"}}"#, on: socket)
            driver.advance(pause - 0.1)
            #expect(driver.sent[socket] == [], "before \(pause) s")
            driver.advance(0.1)
            let request = driver.next(socket)
            event = request["events"]?.object?.first?.name ?? ""
            driver.answer(request, #""events": {}"#, on: socket)
        }
        _ = driver.ask("report", #""events": {"\#(event)": {"reason": "observe"}}"#, on: socket)
        #expect(driver.pushes.count == 1)
        _ = driver.ask("report", #""events": {"\#(event)": {"reason": "failure"}}"#, on: socket)
        driver.advance(1)
        #expect(driver.next(socket)["path"]?.text == "/api/v1/observe")
    }

    @Test(arguments: [true, false])
    func aVerbThatLeavesThePrototypeEndsItsSubscriptions(_ isByPrototype: Bool) {
        var (driver, socket, id, event) = observed()
        let other = isByPrototype ? "/device/lighting/acme/bulb" : "/device/lighting/acme/other"
        let definition = #""things": {"\#(other)": {"name": true, "status": [], "properties": {}, "observe": ["x"]}}"#
        driver.receive(#"{"path":"/api/v1/prototype","requestID":1,\#(definition)}"#, on: socket)
        var now = socket
        if !isByPrototype {
            #expect(driver.pushes.isEmpty, "it is another one's prototype")
            driver.run { state, _ in state.closed(socket) }
            (now, _) = driver.pair()
            let thing = #"{"prototype": "\#(other)", "name": "n", "status": "s"}"#
            driver.receive(#"{"path":"/api/v1/register","requestID":1,"things":{"lamp-1":\#(thing)}}"#, on: now)
        }
        #expect(driver.pushes.last?.members["statusCode"]?.integer == 400)
        #expect(driver.unsubscribed == [1])
        let cancelled = driver.sent[now]?.compactMap { $0["events"]?[event]?["reason"]?.text }
        #expect(cancelled == (isByPrototype ? ["cancel"] : []))
        #expect(driver.read("delete", "nativeThing/onEvent", id, [("verb", "motion")]).string == "{}")
        #expect(driver.read("delete", "humanDetection/onDetection", id).string == "{}")
        #expect(driver.read("put", "nativeThing/onEvent", id, [("verb", "motion")])["result"]?.integer == 10)
    }

    @Test func anApplicationThatEndsItsSubscriptionBeforeTheThingHasAnsweredHasNone() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        let first = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion")], client: 1)
        let second = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion")], client: 2)
        let presence = driver.request("put", "humanDetection/onDetection", id, client: 1)
        let request = driver.next(socket)
        #expect(driver.read("delete", "nativeThing/onEvent", id, [("verb", "motion")], client: 1).string == "{}")
        #expect(driver.reply(first)["statusCode"]?.integer == 503)
        driver.answer(request, #""events": {}"#, on: socket)
        #expect(driver.reply(second).string == "{}")
        #expect(driver.reply(presence).string == "{}")
        #expect(driver.subscribed == [1, 2])
    }

    /// Each of its reports is pushed to everybody with all that it says of itself.
    @Test(arguments: [(1, 100, false), (1, 200, true), (4, 50, true)])
    func aThingPaysForWhatItsReportsPush(_ applications: Int, _ reports: Int, _ isClosed: Bool) {
        var driver = StateDriver()
        let (socket, thingID, id) = driver.lamp()
        let text = String(repeating: "x", count: 4_000)
        let info = (0..<15).map { #""p\#($0)": "\#(text)""# }.joined(separator: ",")
        _ = driver.ask("update", #""things": {"\#(thingID)": {"info": {\#(info)}}}"#, on: socket)
        for client in 0..<UInt64(applications) {
            _ = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion")], client: client)
        }
        let request = driver.next(socket)
        driver.answer(request, #""events": {}"#, on: socket)
        driver.advance(5)
        let event = request["events"]?.object?.first?.name ?? ""
        for _ in 0..<reports {
            _ = driver.ask("report", #""events": {"\#(event)": {"reason": "observe"}}"#, on: socket)
        }
        #expect(driver.closed == (isClosed ? [socket] : []))
        #expect(driver.pushes.count == reports * applications || isClosed)
        #expect(driver.pushes.last?.members["event"]?["thing"]?["info"]?["p14"]?.text == text)
    }

    /// Subscribes to many events of a thing; each is observed at once.
    private func observe(_ count: Int, of id: String, on socket: UInt64, _ driver: inout StateDriver) {
        for number in 0..<count {
            let parameters = [("verb", "motion"), ("parameter", "\(number)")]
            let message = driver.request("put", "nativeThing/onEvent", id, parameters)
            let request = driver.next(socket)
            driver.answer(request, #""events": {}"#, on: socket)
            #expect(driver.reply(message).string == "{}")
        }
    }

    /// Answers all that a thing is asked, one request after another.
    ///
    /// - Returns: the reasons or verbs of the items.
    private func answerAll(_ member: String, on socket: UInt64, _ driver: inout StateDriver) -> [String] {
        var items: [String] = []
        while case let request = driver.next(socket), request["requestID"] != nil {
            items += (request["events"]?.object ?? []).compactMap { $0.value[member]?.text }
            driver.answer(request, #""events": {}"#, on: socket)
        }
        return items
    }

    @Test func manyCancellationsFollowOneAnotherAsTheyAreAnswered() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        observe(200, of: id, on: socket, &driver)
        let subscriptions = driver.subscribed
        for number in subscriptions { driver.run { state, now in state.removeSubscription(number, now: now) } }
        #expect(driver.state.sessions[socket]?.requests.count == ThingLimits.pendingRequestsPerClient)
        let refused = driver.state.sessions[socket]?.cancelling.values.count { $0.failures > 0 }
        #expect(refused == 0, "none was refused")
        #expect(answerAll("reason", on: socket, &driver) == Array(repeating: "cancel", count: 200))
        #expect(driver.state.sessions[socket]?.events.isEmpty == true)
        #expect(driver.state.sessions[socket]?.cancelling.isEmpty == true)
    }

    @Test func manyEventsAreObservedAgainAsTheyAreAnswered() {
        var driver = StateDriver()
        let (old, passcode) = driver.pair()
        _ = driver.registerLamp(on: old)
        let id = ThingName(pairing: "u-1", udn: "lamp-1").serviceID
        observe(200, of: id, on: old, &driver)
        driver.run { state, _ in state.closed(old) }
        let socket = driver.open()
        _ = driver.ask("hello", #""uuid": "U-1", "passcode": "\#(passcode)""#, on: socket)
        _ = driver.registerLamp(on: socket)
        #expect(answerAll("observe", on: socket, &driver) == Array(repeating: "motion", count: 200))
        #expect(driver.state.sessions[socket]?.events.count == 200)
    }

    @Test func anObservationIsChargedToTheApplicationThatAsks() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        observe(1, of: id, on: socket, &driver)
        let event = driver.state.sessions[socket]?.events.keys.first ?? ""
        _ = driver.ask("report", #""events": {"\#(event)": {"reason": "failure"}}"#, on: socket)
        _ = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion"), ("parameter", "0")], client: 8)
        #expect(driver.state.sessions[socket]?.requests.values.map(\.client) == [8])
    }

    @Test func theLastApplicationThatEndsItsSubscriptionBeforeTheAnswerCancels() {
        var driver = StateDriver()
        let (socket, _, id) = driver.lamp()
        _ = driver.request("put", "nativeThing/onEvent", id, [("verb", "motion")])
        let request = driver.next(socket)
        _ = driver.read("delete", "nativeThing/onEvent", id, [("verb", "motion")])
        #expect(driver.next(socket)["events"]?.object?.first?.value["reason"]?.text == "cancel")
        driver.answer(request, #""events": {}"#, on: socket)
        #expect(driver.subscribed.isEmpty)
    }
}
