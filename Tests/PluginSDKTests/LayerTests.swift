// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

/// The C++ and Swift layers, each by a plug-in that uses all of it.
@Suite(.timeLimit(.minutes(10))) struct LayerTests {
    private func expectPushes(of driver: PluginDriver) async throws {
        let message = try driver.send(attribute: "push")
        guard case .subscribed(message, let subscription) = await driver.next() else {
            Issue.record("no subscription")
            return
        }
        #expect(try await driver.answer(to: message) != nil)
        for number in 1...3 {
            #expect(
                await driver.next() == .push(subscription: subscription, members: Array(#"{"data":\#(number)}"#.utf8)))
        }
        #expect(await driver.next() == .unsubscribed(subscription: subscription))
    }

    // MARK: - C++

    private func cpp(config: String = "{}") async throws -> PluginDriver {
        try await PluginDriver.start(
            try await Project.library("cpplayer", from: "Tests/Fixtures/Plugins/cpplayer"), id: "com.example.cpplayer",
            config: config)
    }

    @Test func cppExceptionsStopAtTheBorder() async throws {
        let driver = try await cpp()
        for attribute in ["throw", "throwint", "forget"] {
            #expect(try await driver.request(attribute: attribute) == nil, "\(attribute)")
        }
        #expect(try await driver.answer(to: driver.send(.clientID, origin: "https://throw.example")) == nil)
        #expect(try await driver.request(attribute: "throwtimer") != nil)
        #expect(try await driver.request(attribute: "unknown")?["result"]?.integer == 400)
        try await driver.stop()
        for text in [
            "a message's handler: thrown in on_message", "a message's handler: an exception",
            "a message's handler: thrown in on_client_id", "a timer: thrown in a timer",
        ] {
            #expect(driver.log.contains(text), "\(driver.log)")
        }
    }

    @Test func aCppConstructorThatThrowsIsAFailedStart() async throws {
        await #expect(throws: LoadFailure.self) { _ = try await cpp(config: #"{"fail":true}"#) }
    }

    @Test func cppMessagesAndSubscriptionsOwnWhatTheyHold() async throws {
        let driver = try await cpp()
        #expect(try await driver.request(attribute: "twice")?.object?.isEmpty == true)
        // ALREADY_ANSWERED, after OK
        #expect(try await driver.request(attribute: "last")?["data"]?.integer == 300)
        #expect(try await driver.request(attribute: "later")?["data"]?.text == "later")
        #expect(try await driver.request(attribute: "thread")?["data"]?.text == "called")
        try await expectPushes(of: driver)

        let held = try driver.send(attribute: "hold")
        #expect(try await driver.request(attribute: "held")?["data"]?.integer == 1)
        try driver.send(.expire(message: held))
        // on_expired drops it; the gateway expects no word about it any more, and hears none or that it is unanswered.
        var answer: JSONNode?
        let count = try driver.send(attribute: "held")
        while answer == nil {
            if case .answer(count, let members) = await driver.next() { answer = try JSONNode(parsing: members) }
        }
        #expect(answer?["data"]?.integer == 0)
        try await driver.stop()
    }

    @Test func cppReadsWhatAMessageHas() async throws {
        let driver = try await cpp()
        let answer = try await driver.request(
            "put", service: "s", attribute: "parameters", ["empty": "", "integer": "10", "number": "0.25"])
        let expected = #"""
            {"method":"put","serviceId_":"s","origin":"https://app.example","there":true,"absent":true,"integer":10,
             "integerStatus":0,"number":0.25,"numberStatus":0,"object":{"null":null,"text":"\"\\\n\ufffd"},
             "replay":false,"hasTime":true}
            """#
        #expect(
            answer?.sorted == (try JSONNode.json(expected)), "\(String(decoding: answer?.bytes ?? [], as: UTF8.self))")
        let other = try await driver.request(attribute: "parameters", ["integer": "11"])
        #expect(other?["integerStatus"]?.integer == 2 && other?["integer"]?.integer == -1)
        #expect(other?["numberStatus"]?.integer == 1)
        let refused = try await driver.answer(to: driver.send(.clientID, origin: "https://no.example"))
        #expect(refused?.sorted == (try JSONNode.json(#"{"accept":false,"errorMessage":"not you"}"#)))
        // Callbacks that are not overridden are the gateway's: the answer names the descriptor's services.
        let discovery = try await driver.answer(to: driver.send(.serviceDiscovery))
        #expect(discovery?["services"]?.array?.first?["serviceId"]?.text == "cpplayer")
        try await driver.stop()
    }

    // MARK: - Swift

    private func swift(config: String = "{}") async throws -> PluginDriver {
        let library = try await Project.package(
            "\(Project.root)/Tests/Fixtures/Plugins/swiftlayer", product: "gotapi-plugin-swiftlayer")
        return try await PluginDriver.start(library, id: "com.example.swiftlayer", config: config)
    }

    @Test func swiftErrorsBecomeAnswersOrAreLogged() async throws {
        let driver = try await swift()
        #expect(try await driver.request(attribute: "throw") == nil)
        let failure = try await driver.request(attribute: "failure")
        #expect(
            failure?.sorted == (try JSONNode.json(#"{"data":null,"result":7,"errorMessage":"by throwing"}"#)))
        #expect(try await driver.request(attribute: "laterthrow")?["errorMessage"]?.text == "later")
        #expect(try await driver.request(attribute: "unknown")?["result"]?.integer == 404)
        try await driver.stop()
        #expect(driver.log.contains("a handler failed: NotOurs()"), "\(driver.log)")
        await #expect(throws: LoadFailure.self) { _ = try await swift(config: #"{"fail":true}"#) }
    }

    @Test func swiftAnswersComeFromTheirThreadWheneverTheyAreReady() async throws {
        let driver = try await swift()
        #expect(try await driver.request(attribute: "later")?["data"]?.text == "later")
        try await expectPushes(of: driver)

        // An answer that no longer counts is cancelled.
        let hanging = try driver.send(attribute: "hang")
        #expect(try await settled(driver, "cancelled", 0))
        try driver.send(.expire(message: hanging))
        #expect(try await settled(driver, "cancelled", 1))
        // A timer's closure is freed after its last call.
        #expect(try await driver.request(attribute: "timer") != nil)
        #expect(try await settled(driver, "released", 1))
        // Nobody listens any more.
        let message = try driver.send(attribute: "listen")
        guard case .subscribed(message, let subscription) = await driver.next() else {
            Issue.record("no subscription")
            return
        }
        #expect(try await driver.answer(to: message) != nil)
        try driver.send(.unsubscribe(subscription: subscription, reason: .tokenEnded))
        #expect(try await settled(driver, "ended", 2))
        try await driver.stop()
    }

    @Test func aSwiftPluginStopsWithAnswersOutstandingAndStartsAgain() async throws {
        let driver = try await swift()
        for _ in 0..<3 {
            try driver.send(attribute: "hang")
            #expect(try await settled(driver, "cancelled", 0))
            try await driver.stop()
            try driver.send(.start)
            while await driver.next() != .started {}
        }
        #expect(try await driver.request(attribute: "later")?["data"]?.text == "later")
        try await driver.stop()
    }

    /// Asks for a number until it is what it should become.
    private func settled(_ driver: PluginDriver, _ name: String, _ value: Int) async throws -> Bool {
        for _ in 0..<100_000 {
            let message = try driver.send(attribute: "counts")
            while true {
                let frame = await driver.next()
                guard case .answer(message, let members) = frame else { continue }
                if try JSONNode(parsing: members)[name]?.integer == value { return true }
                break
            }
        }
        return false
    }

    @Test func swiftReadsAndWritesValuesOfEveryKind() async throws {
        let driver = try await swift()
        let good = ["text": "t", "integer": "10", "number": "0.25", "boolean": "true", "empty": ""]
        let answer = try await driver.request("delete", attribute: "parameters", client: "c", good)
        let expected = #"""
            {"result":0,"text":"t","integer":10,"number":0.25,"boolean":true,"absent":true,"empty":true,
             "method_":"delete","client":"c","escapes":"\"\\\n\u0001é","nan":null,"big":1e+22,"array":[1,[true],null]}
            """#
        #expect(
            answer?.sorted == (try JSONNode.json(expected)), "\(String(decoding: answer?.bytes ?? [], as: UTF8.self))")
        for (name, value, text) in [
            ("text", nil, "is required."), ("integer", "11", "must be an integer from 0 to 10."),
            ("integer", "+1", "must be an integer from 0 to 10."),
            ("number", "nan", "must be a number from 0.0 to 1.0."),
            ("number", "1e1", "must be a number from 0.0 to 1.0."), ("boolean", "yes", "must be true or false."),
        ] {
            var parameters = good
            parameters[name] = value
            let answer = try await driver.request(attribute: "parameters", parameters)
            #expect(answer?["result"]?.integer == 400)
            #expect(answer?["errorMessage"]?.text == "The parameter `\(name)` \(text)")
        }
        try await driver.stop()
    }

    @Test func swiftParametersHaveDefaultsAndChoices() async throws {
        let driver = try await swift()
        let answer = try await driver.request(attribute: "defaults", ["required": "right"])
        let expected = #"""
            {"result":0,"text":"t","integer":5,"number":0.5,"boolean":true,"choice":"left","required":"right"}
            """#
        #expect(answer?.sorted == (try JSONNode.json(expected)))
        // A default stands for what is not there, never for what is wrong.
        for (name, text) in [
            ("integer", "must be an integer from 0 to 10."), ("number", "must be a number from 0.0 to 1.0."),
            ("boolean", "must be true or false."), ("choice", "must be one of left, right."),
            ("required", "must be one of left, right."),
        ] {
            var parameters = ["required": "left"]
            parameters[name] = ""
            let answer = try await driver.request(attribute: "defaults", parameters)
            #expect(answer?["result"]?.integer == 400)
            #expect(answer?["errorMessage"]?.text == "The parameter `\(name)` \(text)")
        }
        let missing = try await driver.request(attribute: "defaults")
        #expect(missing?["errorMessage"]?.text == "The parameter `required` is required.")
        try await driver.stop()
    }

    @Test func aSwiftHandlerMayAwait() async throws {
        let library = try await Project.package(
            "\(Project.root)/Tests/Fixtures/Plugins/swiftlayer", product: "gotapi-plugin-asynclayer")
        let driver = try await PluginDriver.start(library, id: "com.example.asynclayer")
        #expect(try await driver.request(attribute: "elsewhere")?["data"]?.text == "elsewhere")
        #expect(try await driver.request(attribute: "failure")?["errorMessage"]?.text == "by throwing")
        #expect(try await driver.request(attribute: "throw") == nil)
        #expect(try await driver.request(attribute: "unknown")?["result"]?.integer == 404)
        let waiting = try driver.send(attribute: "wait")
        let waking = try driver.send(attribute: "wake")
        var answers: [UInt64: JSONNode] = [:]
        while answers.count < 2 {
            guard case .answer(let message, let members) = await driver.next() else { continue }
            answers[message] = try JSONNode(parsing: members)
        }
        #expect(answers[waiting]?["data"]?.text == "woken" && answers[waking]?["result"]?.integer == 0)
        // One that still waits does not hold up the end.
        try driver.send(attribute: "wait")
        try await driver.stop()
        #expect(driver.log.contains("a handler failed: NotOurs()"), "\(driver.log)")
    }

    // MARK: - Rust

    @Test func rustPanicsStopAtTheBorderAndMessagesOwnThemselves() async throws {
        let driver = try await PluginDriver.start(
            try await Project.library("rustlayer", from: "Tests/Fixtures/Plugins/rustlayer"),
            id: "com.example.rustlayer")
        for attribute in ["panic", "panicowned", "forget"] {
            #expect(try await driver.request(attribute: attribute) == nil, "\(attribute)")
        }
        #expect(try await driver.request(attribute: "later")?["data"]?.text == "later")
        #expect(try await driver.request(attribute: "thread")?["data"]?.text == "thread")
        #expect(try await driver.request(attribute: "called")?["data"]?.text == "called")
        #expect(try await driver.request(attribute: "unknown")?["result"]?.integer == 404)
        try await expectPushes(of: driver)

        let held = try driver.send(attribute: "hold")
        try driver.send(.expire(message: held))
        var answer: JSONNode?
        let count = try driver.send(attribute: "held")
        while answer == nil {
            if case .answer(count, let members) = await driver.next() { answer = try JSONNode(parsing: members) }
        }
        #expect(answer?["data"]?.integer == 0)
        try await driver.stop()
        for text in ["on_message: thrown", "on_message: thrown with 42", "on_timer: thrown in a timer"] {
            #expect(driver.log.contains(text), "\(driver.log)")
        }
        await #expect(throws: LoadFailure.self) {
            _ = try await PluginDriver.start(
                try await Project.library("rustlayer", from: "Tests/Fixtures/Plugins/rustlayer"),
                id: "com.example.rustlayer", config: #"{"fail":true}"#)
        }
    }

    @Test func rustReadsAndWritesValuesOfEveryKind() async throws {
        let driver = try await PluginDriver.start(
            try await Project.library("rustlayer", from: "Tests/Fixtures/Plugins/rustlayer"),
            id: "com.example.rustlayer")
        let good = ["integer": "-10", "number": "0.25", "empty": ""]
        let answer = try await driver.request("put", attribute: "parameters", client: "c", good)
        let expected = #"""
            {"method_":"put","profile_":"t","client":"c","origin":"https://app.example","integer":-10,"number":0.25,
             "empty":true,"absent":true,"replay":false,"text":"\"\\\n\u0001é","nan":null,"big":1e22,
             "object":{"none":{},"null":null}}
            """#
        #expect(
            answer?.sorted == (try JSONNode.json(expected)), "\(String(decoding: answer?.bytes ?? [], as: UTF8.self))")
        for (name, value, text) in [
            ("integer", nil, "is required."), ("integer", "11", "must be a number from -10 to 10."),
            ("integer", "+1", "must be a number from -10 to 10."), ("integer", "", "must be a number from -10 to 10."),
            ("number", "nan", "must be a number from 0 to 1."), ("number", "inf", "must be a number from 0 to 1."),
        ] {
            var parameters = good
            parameters[name] = value
            let answer = try await driver.request(attribute: "parameters", parameters)
            #expect(answer?["errorMessage"]?.text == "The parameter `\(name)` \(text)")
        }
        try await driver.stop()
    }

    @Test func swiftServicesAndClientsAreThePluginsChoice() async throws {
        let driver = try await swift()
        #expect(try await driver.answer(to: driver.send(.serviceDiscovery))?["services"]?.array == [])
        let message = try driver.send(attribute: "announce")
        #expect(await driver.next() == .servicesChanged)
        #expect(try await driver.answer(to: message) != nil)
        let services = try await driver.answer(to: driver.send(.serviceDiscovery))?["services"]?.array
        #expect(services?.first?["serviceId"]?.text == "new")
        #expect(try await driver.answer(to: driver.send(.clientID))?["accept"]?.boolean == true)
        let refused = try await driver.answer(to: driver.send(.clientID, origin: "https://no.example"))
        #expect(refused?["accept"]?.boolean == false && refused?["errorMessage"]?.text == "not you")
        #expect(try await driver.answer(to: driver.send(.clientID, origin: "https://throw.example")) == nil)
        try await driver.stop()
    }
}
