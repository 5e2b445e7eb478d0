// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

/// The samples behave as the recorded exchanges of the conformance suite show (gotapi-wire.md), case by case: those that
/// are built now, and those that were built when ABI 1.0 was published.
@Suite(.timeLimit(.minutes(10))) struct SampleTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let request: String
        let answer: String
        var testDescription: String { request }

        /// `method profile[/attribute] [name=value …]`
        func send(to driver: PluginDriver) async throws -> JSONNode? {
            let words = request.split(separator: " ").map(String.init)
            let path = words[1].split(separator: "/").map(String.init)
            var parameters: [String: String] = [:]
            for word in words[2...] {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                parameters[parts[0]] = parts[1]
            }
            return try await driver.request(
                words[0], profile: path[0], attribute: path.count > 1 ? path[1] : "", parameters)
        }
    }

    private func expect(_ cases: [Case], of driver: PluginDriver) async throws {
        for item in cases {
            let answer = try #require(try await item.send(to: driver))
            #expect(answer.sorted == (try JSONNode.json(item.answer)), "\(item.request)")
        }
    }

    @Test(arguments: Edition.all) func helloWorldSendsBackWhatItIsSent(edition: Edition) async throws {
        let driver = try await PluginDriver.start(
            try await edition.library("helloworld", from: "plugins/helloworld"), id: "com.github.futomi.hello-world")
        try await expect(
            [
                Case(request: "get echo msg=hello", answer: #"{"result":0,"data":"hello"}"#),
                Case(request: "post echo/foo msg=あ\"\\</😀", answer: ##"{"result":0,"data":"あ\"\\</😀"}"##),
                Case(request: "get echo msg=", answer: #"{"result":0,"data":""}"#),
                Case(request: "get echo", answer: #"{"result":0}"#),
                Case(
                    request: "get other", answer: #"{"result":400,"errorMessage":"Unknow profile was requested."}"#),
            ], of: driver)
        let long = String(repeating: "\u{1}é\"", count: 40_000)
        #expect(try await driver.request(profile: "echo", ["msg": long])?["data"]?.text == long)
        // More than an answer holds: the application gets an error of the gateway's.
        let tooLong = String(repeating: "x", count: 1 << 20)
        #expect(try await driver.request(profile: "echo", ["msg": tooLong]) == nil)
        try await driver.stop()
    }

    @Test(arguments: Edition.all) func lightsKeepTheirStates(edition: Edition) async throws {
        let driver = try await PluginDriver.start(
            try await edition.library("lightemulator", from: "plugins/lightemulator"),
            id: "com.github.futomi.lightemulator")
        let done = #"{"data":null}"#
        func error(_ text: String) -> String { #"{"result":400,"data":null,"errorMessage":"\#(text)"}"# }
        func state(_ json: String) -> String { #"{"data":\#(json)}"# }
        let fresh = ##"{"on":false,"name":"","color":"#ffffff","brightness":1,"flashing":0}"##
        try await expect(
            [
                Case(request: "get light lightId=1", answer: error("The HTTP Method `get` is not supported.")),
                Case(request: "get light/state lightId=1", answer: state(fresh)),
                Case(request: "post light lightId=1 name=a color=#ff0000 brightness=0.25 flashing=0", answer: done),
                Case(
                    request: "get light/state lightId=1",
                    answer: state(##"{"on":true,"name":"a","color":"#ff0000","brightness":0.25,"flashing":0}"##)),
                Case(request: "put light lightId=1 brightness=0.5 flashing=1000", answer: done),
                Case(
                    request: "get light/state lightId=1",
                    answer: state(##"{"on":true,"name":"a","color":"#ff0000","brightness":0.5,"flashing":1000}"##)),
                Case(request: "get light/state lightId=2", answer: state(fresh)),
                Case(request: "delete light lightId=1", answer: done),
                Case(
                    request: "get light/state lightId=1",
                    answer: state(##"{"on":false,"name":"a","color":"#ff0000","brightness":0.5,"flashing":1000}"##)),
                Case(request: "post light lightId=3", answer: done),
                Case(request: "post light lightId=4", answer: error("The specified lightId is unknown.")),
                Case(request: "post light lightId=0", answer: error("The specified lightId is unknown.")),
                Case(request: "put light lightId=", answer: error("The specified lightId is unknown.")),
                Case(request: "delete light", answer: error("The specified lightId is unknown.")),
                // A request that is wrong in one parameter changes nothing.
                Case(
                    request: "put light lightId=1 name=b brightness=2",
                    answer: error("The brightness must be a number from 0 to 1.")),
                Case(request: "put light lightId=1 color=red", answer: error("The color must be like #ff8800.")),
                Case(
                    request: "put light lightId=1 flashing=1.5",
                    answer: error("The flashing must be an integer from 0 to 60000 (milliseconds).")),
                Case(
                    request: "get light/state lightId=1",
                    answer: state(##"{"on":false,"name":"a","color":"#ff0000","brightness":0.5,"flashing":1000}"##)),
                Case(request: "get light/foo lightId=1", answer: error("Unknow profile was requested.")),
                Case(
                    request: "put light/state lightId=1",
                    answer: error("The HTTP Method `put` is not supported.")),
            ], of: driver)
        try await driver.stop()
        #expect(driver.log == [])
    }

    @Test(arguments: Edition.all) func theClockAnswersAsRecorded(edition: Edition) async throws {
        let driver = try await PluginDriver.start(try await edition.clock(), id: "com.github.futomi.hello-clock")
        try await expect(
            [
                Case(
                    request: "get clock/ticktack",
                    answer: #"{"result":400,"data":null,"errorMessage":"The HTTP Method `get` is not supported."}"#),
                Case(
                    request: "get clock/foo",
                    answer: #"{"result":400,"errorMessage":"Unknow profile was requested."}"#),
                Case(request: "delete clock/ticktack", answer: #"{"result":0,"data":null}"#),
            ], of: driver)
        try await driver.stop()
    }

    private func startClock(_ driver: PluginDriver, client: String) async throws -> UInt64 {
        let message = try driver.send(
            .request, "put", profile: "clock", attribute: "ticktack", client: client)
        // Clocks that run already may tick meanwhile.
        guard case .subscribed(message, let subscription) = await driver.nextThatIsNoPush() else {
            Issue.record("no subscription")
            return 0
        }
        let answer = await driver.nextThatIsNoPush()
        #expect(answer == .answer(message: message, members: Array(#"{"data":null,"result":0}"#.utf8)))
        return subscription
    }

    @Test(arguments: Edition.all) func eachClientHasAClockOfItsOwn(edition: Edition) async throws {
        let driver = try await PluginDriver.start(try await edition.clock(), id: "com.github.futomi.hello-clock")
        let begun = ContinuousClock.now
        let first = try await startClock(driver, client: "first")
        let second = try await startClock(driver, client: "second")
        var ticks: [UInt64: Int] = [:]
        while ticks[first, default: 0] < 2 || ticks[second, default: 0] < 2 {
            guard case .push(let subscription, let members) = await driver.next() else { continue }
            if ticks.isEmpty { #expect(ContinuousClock.now - begun > .milliseconds(900)) }
            ticks[subscription, default: 0] += 1
            let event = try JSONNode(parsing: members)
            #expect(event.object?.count == 1)
            let text = try #require(event["data"]?.text)
            #expect(text.wholeMatch(of: /\d{1,2}\/\d{1,2}\/\d{4}, \d{1,2}:\d\d:\d\d [AP]M/) != nil, "\(text)")
        }
        // The first client's DELETE ends the first client's clock.
        let stop = try driver.send(.request, "delete", profile: "clock", attribute: "ticktack", client: "first")
        #expect(await driver.nextThatIsNoPush() == .unsubscribed(subscription: first))
        var frame = await driver.next()
        while case .push(second, _) = frame { frame = await driver.next() }
        #expect(frame == .answer(message: stop, members: Array(#"{"data":null,"result":0}"#.utf8)))
        guard case .push(second, _) = await driver.next() else {
            Issue.record("the second clock stopped too")
            return
        }
        // The second client is gone: nothing more comes, and nothing is left at the end.
        try driver.send(.unsubscribe(subscription: second, reason: .clientGone))
        let third = try await startClock(driver, client: "third")
        guard case .push(third, _) = await driver.next() else {
            Issue.record("a tick for nobody")
            return
        }
        // Started again, a clock replaces the client's old one.
        let message = try driver.send(.request, "put", profile: "clock", attribute: "ticktack", client: "third")
        guard case .subscribed(message, let again) = await driver.nextThatIsNoPush() else {
            Issue.record("no subscription")
            return
        }
        #expect(await driver.nextThatIsNoPush() == .unsubscribed(subscription: third))
        guard case .answer(message, _) = await driver.nextThatIsNoPush() else {
            Issue.record("no answer")
            return
        }
        guard case .push(again, _) = await driver.next() else {
            Issue.record("no tick")
            return
        }
        try await driver.stop()
        #expect(driver.log == [])
    }
}
