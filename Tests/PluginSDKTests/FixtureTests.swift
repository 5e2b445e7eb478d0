// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

/// The fixtures are what they are said to be; what the gateway makes of them is tested elsewhere.
@Suite(.timeLimit(.minutes(10))) struct FixtureTests {
    private static func misbehaving(_ name: String) async throws -> String {
        try await Project.library(name, from: "Tests/Fixtures/Plugins/misbehaving")
    }

    /// What the runtime, which sees no ELF headers, says to libraries that must not be served.
    @Test(
        arguments: [
            ("noentry", LoadFailure.Code.notAPlugin), ("hiddenentry", .notAPlugin),
            ("missinglibrary", .missingLibrary), ("undefinedsymbol", .missingLibrary),
            ("entryrefuses", .entryRefused), ("otherid", .badDescriptor), ("descriptorsize", .badDescriptor),
            ("nullid", .badDescriptor), ("idlength", .badDescriptor), ("nameutf8", .badDescriptor),
            ("namelength", .badDescriptor), ("nostart", .badDescriptor), ("nostop", .badDescriptor),
            ("noonmessage", .badDescriptor), ("unknownflags", .badDescriptor), ("servicesjson", .badDescriptor),
            ("servicesobject", .badDescriptor), ("servicesutf8", .badDescriptor), ("servicemember", .badDescriptor),
            ("startfails", .startFailed), ("startstatus", .startFailed),
        ])
    func aBrokenLibraryIsRefused(name: String, code: LoadFailure.Code) async throws {
        let library = try await Self.misbehaving(name)
        let id = name == "otherid" ? "com.example.other" : "com.example.\(name)"
        let failure = await #expect(throws: LoadFailure.self) {
            _ = try await PluginDriver.start(library, id: id)
        }
        // A table of another size may be taken for another ABI.
        let codes = name == "descriptorsize" ? [code, .abiMajor] : [code]
        #expect(failure.map { codes.contains($0.code) } == true, "\(failure?.description ?? "")")
    }

    /// What the host functions say to those that misbehave: the statuses, in the order of the calls.
    @Test(
        arguments: [
            // OK, ALREADY_ANSWERED
            ("answerstwice", [0, 3]),
            // WRONG_THREAD, then two that are right
            ("ownthread", [9, 0, 0]),
            ("neverreleases", [0, 0, 0]),
            // The borrowed message survives a release too many.
            ("releasestwice", [0, 0, 4, 0, 4]),
            // All CLOSED
            ("stalehandle", [4, 4, 4, 4, 4, 4, 4, 4, 4, 4]),
            // BAD_JSON twice, no UTF-8, NULL, and nothing at all
            ("badjson", [8, 8, 2, 2, 8]),
            ("toolarge", [7]),
            ("forgets", []),
        ] as [(String, [Int])])
    func hostFunctionsSayWhatIsWrong(name: String, statuses: [Int]) async throws {
        let driver = try await PluginDriver.start(try await Self.misbehaving(name), id: "com.example.\(name)")
        let isAnswered = !["badjson", "toolarge", "forgets"].contains(name)
        #expect((try await driver.request(attribute: "go") != nil) == isAnswered)
        // The first request has no predecessor whose handle is stale.
        if name == "stalehandle" { #expect(try await driver.request(attribute: "go") != nil) }
        var answer: JSONNode?
        // A thread may still be at its last call.
        for _ in 0..<10_000 {
            answer = try await driver.request(attribute: "status")
            if answer?["statuses"]?.array?.count == statuses.count { break }
        }
        #expect(answer?["statuses"]?.array?.compactMap(\.integer) == statuses)
        #expect(try await driver.request(attribute: "ok") != nil)
        try await driver.stop()
    }

    @Test func messagesThatExpireAreAnsweredInVain() async throws {
        for (name, statuses) in [("neveranswers", [0, 0]), ("afterdeadline", [0, 4, 0])] {
            let driver = try await PluginDriver.start(try await Self.misbehaving(name), id: "com.example.\(name)")
            let message = try driver.send(attribute: "go")
            // Once the next one is answered the plug-in holds the first; expired before, it would not see it at all.
            #expect(try await driver.request(attribute: "ok") != nil)
            try driver.send(.expire(message: message))
            let question = try driver.send(attribute: "status")
            var answer: JSONNode?
            while answer == nil {
                if case .answer(question, let members) = await driver.next() { answer = try JSONNode(parsing: members) }
            }
            #expect(answer?["statuses"]?.array?.compactMap(\.integer) == statuses, "\(name)")
            try await driver.stop()
        }
    }

    @Test func aFloodOfPushesIsHeldUp() async throws {
        let driver = try await PluginDriver.start(try await Self.misbehaving("pushes"), id: "com.example.pushes")
        let message = try driver.send(attribute: "go")
        guard case .subscribed(message, let subscription) = await driver.next() else {
            Issue.record("no subscription")
            return
        }
        var pushes = 0
        var answer: JSONNode?
        var question: UInt64?
        while answer == nil {
            switch await driver.next() {
            case .push: pushes += 1
            case .answer(let number, let members) where number == question: answer = try JSONNode(parsing: members)
            default: break
            }
            // Nothing is ever read, so FULL comes after 1 MiB.
            if pushes >= 1_000, question == nil { question = try driver.send(attribute: "status") }
            if question != nil, answer?["statuses"]?.array?.last?.integer == 0 {
                answer = nil
                question = try driver.send(attribute: "status")
            }
        }
        #expect(answer?["statuses"]?.array?.last?.integer == 6)
        try driver.send(.unsubscribe(subscription: subscription, reason: .clientGone))
        try await driver.stop()
    }

    @Test(arguments: Edition.all) func theOracleAnswersAsItsSuiteAsks(edition: Edition) async throws {
        let driver = try await PluginDriver.start(
            try await edition.library("oracle", from: "Tests/Fixtures/Plugins/oracle"), id: "com.example.oracle")
        let set = #"{"result":0,"foo":{"bar":[1,null]}}"#
        #expect(try await driver.request(attribute: "raw", ["set": set])?.sorted == JSONNode.json(set))
        #expect(try await driver.request(attribute: "twice")?["data"]?.integer == 1)
        #expect(
            try await driver.request(attribute: "anything")?.sorted == JSONNode.json(#"{"data":"ok","result":0}"#))
        let message = try driver.send(attribute: "push", ["set": set])
        guard case .subscribed(message, let subscription) = await driver.next() else {
            Issue.record("no subscription")
            return
        }
        #expect(try await driver.answer(to: message)?.sorted == JSONNode.json(#"{"data":null,"result":0}"#))
        #expect(await driver.next() == .push(subscription: subscription, members: Array(set.utf8)))
        let silent = try driver.send(attribute: "silent")
        try driver.send(.expire(message: silent))
        let late = try driver.send(attribute: "late")
        #expect(try await driver.answer(to: late)?["data"]?.text == "late")
        try await driver.stop()
    }

    @Test func theGuardsRefuseAndTheDiscovererAnnounces() async throws {
        let deny = try await PluginDriver.start(
            try await Project.library("deny", from: "Tests/Fixtures/Plugins/deny"), id: "com.example.deny")
        #expect(
            try await deny.answer(to: deny.send(.clientID))?.sorted
                == JSONNode.json(#"{"accept":false,"errorMessage":"no client for you"}"#))
        #expect(try await deny.answer(to: deny.send(.accessToken))?["accept"]?.boolean == true)
        try await deny.stop()
        let token = try await PluginDriver.start(
            try await Project.library("denytoken", from: "Tests/Fixtures/Plugins/denytoken"),
            id: "com.example.denytoken")
        #expect(try await token.answer(to: token.send(.clientID))?["accept"]?.boolean == true)
        #expect(try await token.answer(to: token.send(.accessToken))?.sorted == JSONNode.json(#"{"accept":false}"#))
        try await token.stop()
        let disc = try await PluginDriver.start(
            try await Project.library("disc", from: "Tests/Fixtures/Plugins/disc"), id: "com.example.disc")
        let services = try await disc.answer(to: disc.send(.serviceDiscovery))?["services"]?.array
        #expect(services?.map { $0["serviceId"]?.text } == ["disc-dynamic"])
        try await disc.stop()
    }
}
