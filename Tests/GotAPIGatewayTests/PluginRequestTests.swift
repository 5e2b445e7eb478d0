// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIGateway
import NIOConcurrencyHelpers
import Testing

@Suite struct PluginRequestTests {
    private static func target(_ token: String, _ service: String = "s", _ attribute: String = "x") -> String {
        "/gotapi/t/\(attribute)?serviceId=\(service)&accessToken=\(token)&nonce=n"
    }

    private static func plugin(_ id: String = "p", services: [String] = ["s"]) -> ScriptedEndpoint {
        ScriptedEndpoint(id, services: services.map { SamplePlugins.service($0) })
    }

    @Test func aPluginSeesTheRequestAndItsOwnCredentialsOnly() throws {
        let plugins = [Self.plugin(), Self.plugin("q", services: ["z"])]
        let test = TestGateway(plugins)
        let token = try test.authorize()
        for target in [Self.target(token), Self.target(token), Self.target(token, "z")] {
            _ = try test.send("PUT", target + "&a=b&key=\(TestGateway.key)")
        }
        let message = try #require(plugins[0].messages(.request).first)
        #expect(message.method == "put")
        #expect(message.serviceID == "s")
        #expect(message.profile == "t")
        #expect(message.attribute == "x")
        #expect(message.package == TestGateway.origin)
        #expect(message.receiver == "com.github.futomi.node-gotapi")
        #expect(message.parameters.map(\.name) == ["serviceId", "a"])
        #expect(message.deadline == test.clock.now + 60_000_000_000)
        #expect(message.id > 0 && message.client > 0)

        // Two values for each plug-in, the same each time, none of them the application's.
        let again = plugins[0].messages(.request)[1]
        let other = try #require(plugins[1].messages(.request).first)
        #expect([again.clientID, again.accessToken] == [message.clientID, message.accessToken])
        let values = [message.clientID, message.accessToken, other.clientID, other.accessToken, token]
        #expect(Set(values).count == 5)
        #expect(values.allSatisfy { $0.utf8.count == 64 })

        let clientMessage = try #require(plugins[0].messages(.clientID).first)
        let tokenMessage = try #require(plugins[0].messages(.accessToken).first)
        for negotiation in [clientMessage, tokenMessage] {
            #expect(negotiation.profile == "authorization")
            #expect(negotiation.attribute == "createClient")
            #expect(negotiation.package == TestGateway.origin)
            #expect(negotiation.parameters.isEmpty)
            #expect(negotiation.accessToken.isEmpty)
            #expect(negotiation.deadline == message.deadline)
        }
        #expect(clientMessage.clientID.isEmpty)
        #expect(tokenMessage.clientID == message.clientID)
        #expect(plugins[0].messages(.clientID).count == 1)
        let ids = plugins.flatMap { $0.messages(.request) + $0.messages(.clientID) + $0.messages(.accessToken) }.map(
            \.id)
        #expect(Set(ids).count == 7)
    }

    @Test(arguments: [
        (PluginReply.timeout, 500, 7, "[TIMEOUT] "), (.unanswered, 500, 1, "[ERROR] "), (.crashed, 502, 1, "[ERROR] "),
        (.unavailable("it is stopped"), 503, 1, "[ERROR] it is stopped"), (.unavailable(""), 503, 1, "[ERROR] "),
        (.overloaded("1,024 wait"), 503, 1, "[ERROR] 1,024 wait"), (.members([]), 500, 1, "[ERROR] "),
    ])
    func repliesWithoutMembersAreErrors(reply: PluginReply, status: Int, result: Int, message: String) throws {
        let plugin = Self.plugin()
        plugin.on(.request) { $1(reply) }
        let test = TestGateway([plugin])
        let answer = try test.send("GET", Self.target(try test.authorize()))
        #expect(answer.status == status)
        #expect(answer.result == result)
        #expect(answer.message.hasPrefix(message) && answer.message.count > "[ERROR] ".count)
        #expect(answer.json["hmac"]?.text == TestGateway.hmac("n"))
    }

    @Test func aLateOrSecondReplyIsDropped() throws {
        let plugin = Self.plugin()
        let replies = NIOLockedValueBox<[ScriptedEndpoint.Reply]>([])
        plugin.on(.request) { _, reply in replies.withLockedValue { $0.append(reply) } }
        let test = TestGateway([plugin])
        let pending = test.begin("GET", Self.target(try test.authorize()))
        #expect(pending.all.isEmpty)
        #expect(test.gateway.statistics.pendingRequests == 1)
        let reply = try #require(replies.withLockedValue { $0.first })
        reply(.members(Array(#"{"data":1}"#.utf8)))
        reply(.members(Array(#"{"data":2}"#.utf8)))
        reply(.timeout)
        #expect(pending.all.count == 1)
        #expect(pending.answer?.json["data"]?.integer == 1)
        pending.cancel()
        #expect(plugin.cancelled.isEmpty)
        #expect(test.gateway.statistics.pendingRequests == 0)
    }

    @Test func aClientThatGoesAwayCancelsItsRequest() throws {
        let plugin = Self.plugin()
        let held = HeldReplies()
        plugin.on(.request, held.script)
        let test = TestGateway([plugin])
        let pending = test.begin("GET", Self.target(try test.authorize()))
        pending.cancel()
        pending.cancel()
        #expect(plugin.cancelled == plugin.messages(.request).map(\.id))
        held.answerNext("{}")
        #expect(pending.all.isEmpty)
    }

    @Test func aServiceOfTwoPluginsIsRoutedByProfile() throws {
        let one = ScriptedEndpoint("one", services: [SamplePlugins.service("s", scope: "a")])
        let two = ScriptedEndpoint("two", services: [SamplePlugins.service("s", scope: "b")])
        let test = TestGateway([one, two])
        let token = try test.authorize()
        for profile in ["a", "b", "c"] {
            let answer = try test.send("GET", "/gotapi/\(profile)?serviceId=s&accessToken=\(token)")
            #expect(answer.status == (profile == "c" ? 403 : 200))
        }
        #expect(one.messages(.request).map(\.profile) == ["a"])
        #expect(two.messages(.request).map(\.profile) == ["b"])
    }

    @Test(arguments: ["serviceinformation", "serviceInformation"])
    func serviceInformationHasTwoSpellings(scope: String) throws {
        let plugin = ScriptedEndpoint("p", services: [SamplePlugins.service("s", scope: scope)])
        let test = TestGateway([plugin])
        let token = try test.authorize()
        for profile in ["serviceinformation", "serviceInformation"] {
            #expect(try test.send("GET", "/gotapi/\(profile)?serviceId=s&accessToken=\(token)").status == 200)
        }
        #expect(try test.send("GET", "/gotapi/ServiceInformation?serviceId=s&accessToken=\(token)").status == 403)
    }

    // MARK: - Negotiation

    @Test(arguments: [
        (
            PluginMessage.Kind.clientID, #"{"accept":false,"errorMessage":"no \"you\""}"#, 401,
            #"[INVALID_CLIENT_ID] no "you""#
        ),
        (.clientID, #"{"accept":false,"errorMessage":"  "}"#, 401, "[INVALID_CLIENT_ID] The"),
        (.clientID, #"{"accept":"true"}"#, 401, "[INVALID_CLIENT_ID] The"),
        (.clientID, #"{"accept":null}"#, 401, "[INVALID_CLIENT_ID] The"),
        (.accessToken, #"{"accept":false}"#, 403, "[INVALID_TOKEN] The"),
        (.accessToken, #"{"accept":false,"errorMessage":7}"#, 403, "[INVALID_TOKEN] The"),
        (.accessToken, #"{"accept":false,"errorMessage":"later"}"#, 403, "[INVALID_TOKEN] later"),
        (.clientID, "nonsense", 500, "[ERROR] The"),
    ])
    func aRefusalIsToldAndAskedAgain(
        kind: PluginMessage.Kind, members: String, status: Int, message: String
    ) throws {
        let plugin = Self.plugin()
        plugin.on(kind, answer: members)
        let test = TestGateway([plugin])
        let token = try test.authorize()
        for _ in 0..<2 {
            let answer = try test.send("GET", Self.target(token))
            #expect(answer.status == status)
            #expect(answer.message.hasPrefix(message) && answer.message.count > "[INVALID_CLIENT_ID] ".count - 6)
            #expect(answer.json["hmac"]?.text == TestGateway.hmac("n"))
        }
        #expect(plugin.messages(kind).count == 2)
        #expect(plugin.messages(.request).isEmpty)
        plugin.on(kind, answer: #"{"accept":true}"#)
        #expect(try test.send("GET", Self.target(token)).status == 200)
        #expect(try test.send("GET", Self.target(token)).status == 200)
        #expect(plugin.messages(kind).count == 3)
    }

    @Test func anAcceptanceIsForOneClientServiceAndGeneration() throws {
        let plugin = Self.plugin(services: ["s", "s2"])
        let test = TestGateway([plugin])
        let tokens = try [test.authorize(), test.authorize()]
        for target in [
            Self.target(tokens[0]), Self.target(tokens[0]), Self.target(tokens[1]), Self.target(tokens[0], "s2"),
        ] {
            #expect(try test.send("GET", target).status == 200)
        }
        #expect(plugin.messages(.clientID).map(\.serviceID) == ["s", "s", "s2"])
        let next = ScriptedEndpoint("p", generation: 2, services: [SamplePlugins.service("s")])
        test.gateway.apply(EndpointChange([next]))
        #expect(try test.send("GET", Self.target(tokens[0])).status == 200)
        #expect(next.messages(.clientID).count == 1)
        #expect(try test.send("GET", Self.target(tokens[0], "s2")).result == 6)
        // The same client is known to the new generation by the same values.
        #expect(next.messages(.request)[0].clientID == plugin.messages(.request)[0].clientID)
    }

    @Test func concurrentFirstRequestsShareOneNegotiationAndKeepTheirOrder() throws {
        let plugin = Self.plugin()
        let clientIDs = HeldReplies()
        let tokens = HeldReplies()
        plugin.on(.clientID, clientIDs.script)
        plugin.on(.accessToken, tokens.script)
        let test = TestGateway([plugin])
        let token = try test.authorize()
        let pending = (0..<5).map { test.begin("GET", Self.target(token, "s", "\($0)")) }
        #expect(clientIDs.count == 1)
        pending[2].cancel()
        clientIDs.answerNext("{}")
        #expect(tokens.count == 1)
        #expect(plugin.messages(.request).isEmpty)
        tokens.answerNext("{}")
        #expect(plugin.messages(.request).map(\.attribute) == ["0", "1", "3", "4"])
        #expect(pending.map { $0.all.count } == [1, 1, 0, 1, 1])
    }

    @Test func aSilentNegotiationTimesEachRequestOutInItsTurn() throws {
        let plugin = Self.plugin()
        let held = HeldReplies()
        plugin.on(.clientID, held.script)
        let test = TestGateway([plugin])
        let token = try test.authorize()
        let first = test.begin("GET", Self.target(token))
        test.clock.advance(by: .seconds(1))
        let second = test.begin("GET", Self.target(token))
        test.clock.advance(by: .seconds(59))
        held.answerNext(.timeout)
        #expect(first.answer?.result == 7)
        #expect(second.answer == nil)
        test.clock.advance(by: .seconds(1))
        let message = held.answerNext(.timeout)
        #expect(message?.deadline == test.clock.now)
        #expect(second.answer?.result == 7)
        #expect(held.count == 0)
    }

    @Test func aCrashDuringTheNegotiationIsToldToAllWhoWait() throws {
        let plugin = Self.plugin()
        let held = HeldReplies()
        plugin.on(.accessToken, held.script)
        let test = TestGateway([plugin])
        let token = try test.authorize()
        let pending = (0..<3).map { _ in test.begin("GET", Self.target(token)) }
        held.answerNext(.crashed)
        #expect(pending.map { $0.answer?.status } == [502, 502, 502])
    }

    @Test(.timeLimit(.minutes(1))) func aClientsWaitingRequestsHaveALimit() throws {
        let plugin = Self.plugin()
        let held = HeldReplies()
        plugin.on(.clientID, held.script)
        let test = TestGateway([plugin])
        let tokens = try (0..<3).map { _ in try test.authorize() }
        let pending = tokens.map { token in (0..<513).map { _ in test.begin("GET", Self.target(token)) } }
        #expect(pending.map { $0.filter { $0.answer?.status == 503 }.count } == [1, 1, 513])  // 1,024 of one plug-in
        while held.count > 0 { held.answerNext("{}") }
        #expect(pending[0].filter { $0.answer?.status == 200 }.count == 512)
        plugin.on(.clientID, answer: "{}")
        #expect(try test.send("GET", Self.target(tokens[2])).status == 200)
    }

    @Test func aRequestStaysWithTheGenerationThatItWasGivenTo() throws {
        let old = Self.plugin()
        let held = HeldReplies()
        old.on(.clientID, held.script)
        let test = TestGateway([old])
        let token = try test.authorize()
        let pending = test.begin("GET", Self.target(token))
        let new = ScriptedEndpoint("p", generation: 2, services: [SamplePlugins.service("s")])
        test.gateway.apply(EndpointChange([new]))
        held.answerNext("{}")
        #expect(pending.answer?.status == 200)
        #expect(old.messages(.request).count == 1)
        #expect(try test.send("GET", Self.target(token)).status == 200)
        #expect(new.messages(.request).count == 1)
    }

    // MARK: - Stopping

    @Test func aGatewayThatStopsFinishesWhatIsInFlight() throws {
        let plugin = Self.plugin()
        let held = HeldReplies()
        plugin.on(.request, held.script)
        let test = TestGateway([plugin])
        let token = try test.authorize()
        let pending = (0..<2).map { _ in test.begin("GET", Self.target(token)) }
        test.gateway.shutDown()
        let answer = try test.send("GET", Self.target(token))
        #expect(answer.status == 503)
        #expect(answer.result == 1)
        #expect(answer.json["serviceId"]?.text == "s")
        guard case .refused(let refusal) = test.connect() else {
            Issue.record("a socket was let in")
            return
        }
        #expect(refusal.status == 503)
        held.answerNext("{}")
        #expect(pending[0].answer?.status == 200)
        test.gateway.failPendingRequests()
        #expect(pending[1].answer?.status == 503)
        #expect(pending[1].answer?.json["hmac"]?.text == TestGateway.hmac("n"))
        #expect(plugin.cancelled.count == 1)
        held.answerNext("{}")
        #expect(pending[1].all.count == 1)
    }
}
