// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIGateway

/// What becomes of services and subscriptions when a plug-in crashes or is replaced: plugin-abi.md, "Reload", step 4.
struct SuccessionTests {
    /// A gateway, and generations of a plug-in whose requests begin subscriptions.
    private struct Stage {
        let test: TestGateway
        let first: ScriptedEndpoint

        init() {
            first = ScriptedEndpoint("p", services: [SamplePlugins.service("s")])
            test = TestGateway([first])
            Self.script(first, test)
        }

        static func script(
            _ plugin: ScriptedEndpoint, _ test: TestGateway, answer: String = "{}", subscribes: Bool = true
        ) {
            let gateway = test.gateway
            let last = NIOLockedValueBox<UInt64>(0)
            plugin.on(.request) { [weak plugin] message, reply in
                if let plugin, subscribes {
                    let number = last.withLockedValue { last in
                        last += 1
                        return last
                    }
                    _ = gateway.subscribed(plugin, subscription: number, message: message)
                }
                reply(.members(Array(answer.utf8)))
            }
        }

        func next(answer: String = "{}", subscribes: Bool = true) -> ScriptedEndpoint {
            let next = ScriptedEndpoint("p", generation: 2, services: [SamplePlugins.service("s")])
            Self.script(next, test, answer: answer, subscribes: subscribes)
            return next
        }

        func subscribe(_ token: String, _ attribute: String = "x", _ rest: String = "") {
            _ = test.begin("PUT", "/gotapi/t/\(attribute)?serviceId=s&accessToken=\(token)\(rest)")
        }

        func push(_ plugin: ScriptedEndpoint, _ subscription: UInt64, _ data: Int = 1) {
            test.gateway.pushed(plugin, subscription: subscription, members: Array(#"{"data":\#(data)}"#.utf8))
        }

        /// The first has crashed, and nothing has come in its place yet.
        func crash() {
            first.crash()
            test.gateway.apply(EndpointChange([first], successions: [.init(predecessor: first, successor: nil)]))
        }

        func succeed(_ next: ScriptedEndpoint, after predecessor: ScriptedEndpoint? = nil) {
            test.gateway.apply(
                EndpointChange([next], successions: [.init(predecessor: predecessor ?? first, successor: next)]))
        }
    }

    private static func text(_ data: Int, _ attribute: String = "x") -> String {
        #"{"profile":"t","attribute":"\#(attribute)","serviceId":"s","result":0,"data":\#(data)}"#
    }

    @Test func whatWasPushedComesBeforeTheErrorThatEndsTheSubscription() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        stage.subscribe(token)
        let closings = NIOLockedValueBox<[@Sendable () -> Void]>([])
        stage.first.onClose { completion in closings.withLockedValue { $0.append(completion) } }
        let next = stage.next()
        stage.test.gateway.apply(EndpointChange([next], draining: [stage.first]))
        // It was on its way when the plug-in was told.
        stage.push(stage.first, 1, 1)
        #expect(socket.outlet.texts == [Self.text(1)])
        for completion in closings.withLockedValue({ $0 }) { completion() }
        #expect(socket.outlet.texts.count == 2)
        #expect(socket.outlet.texts.last?.contains(#""result":1"#) == true)
        stage.push(stage.first, 1, 2)
        #expect(socket.outlet.texts.count == 2)
    }

    @Test func aSubscriptionGoesOnWithTheSuccessorAndItsSocketStaysOpen() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        stage.subscribe(token, "x", "&set=1")
        stage.crash()
        #expect(stage.test.gateway.statistics.subscriptions == 1, "waits")
        let next = stage.next()
        stage.succeed(next)
        let replayed = try #require(next.messages(.request).first)
        #expect(replayed.isReplay && replayed.method == "put" && replayed.attribute == "x")
        #expect(replayed.parameters.contains(.init(name: "set", value: "1")))
        #expect(!replayed.clientID.isEmpty, "negotiated anew")
        #expect(next.messages(.clientID).count == 1)
        stage.push(next, 1, 2)
        stage.push(stage.first, 1, 3)
        #expect(socket.outlet.texts == [Self.text(2)])
        #expect(socket.outlet.codes.isEmpty)
        #expect(stage.test.gateway.statistics.subscriptions == 1)
        #expect(stage.test.gateway.statistics.pendingRequests == 0)
    }

    @Test func whatWasPushedBeforeTheSwapComesBeforeWhatTheSuccessorPushes() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        stage.subscribe(token)
        let next = stage.next()
        stage.push(stage.first, 1, 1)
        stage.succeed(next)
        stage.push(stage.first, 1, 2)
        stage.push(next, 1, 3)
        #expect(socket.outlet.texts == [Self.text(1), Self.text(3)])
        #expect(stage.first.ended == [.init(subscription: 1, reason: .gatewayStops)])
    }

    @Test(arguments: [
        (#"{"result":1}"#, true, "refused it"), ("{}", false, "did not subscribe"),
    ])
    func aSuccessorThatDoesNotTakeItEndsItWithAnErrorPush(answer: String, subscribes: Bool, words: String) throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        stage.subscribe(token)
        let next = stage.next(answer: answer, subscribes: subscribes)
        stage.succeed(next)
        #expect(socket.outlet.texts.count == 1)
        #expect(socket.outlet.texts.first?.contains(#""result":1,"statusCode":503"#) == true)
        #expect(socket.outlet.texts.first?.contains(words) == true)
        #expect(stage.test.gateway.statistics.subscriptions == 0)
    }

    @Test func aRequestTooLongToBeKeptEndsItsSubscription() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        stage.subscribe(token, "x", "&long=" + String(repeating: "a", count: 16 << 10))
        let next = stage.next()
        stage.succeed(next)
        #expect(next.messages(.request).isEmpty)
        #expect(socket.outlet.texts.first?.contains("too long") == true)
    }

    @Test func withoutASuccessionACrashEndsSubscriptionsWithAnErrorPush() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        stage.subscribe(token)
        stage.first.crash()
        stage.test.gateway.apply(EndpointChange([stage.first]))
        #expect(socket.outlet.texts.first?.contains("has crashed") == true)
        #expect(stage.test.gateway.statistics.subscriptions == 0)
    }

    @Test func whatASuccessorDiesOverWaitsForItsOwnSuccessor() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        for attribute in ["x", "y"] { stage.subscribe(token, attribute) }
        let second = stage.next()
        let held = HeldReplies()
        second.on(.request, held.script)
        stage.succeed(second)
        #expect(held.count == 2)
        second.crash()
        held.answerNext(.crashed)
        held.answerNext(.crashed)
        stage.test.gateway.apply(EndpointChange([second], successions: [.init(predecessor: second, successor: nil)]))
        #expect(stage.test.gateway.statistics.subscriptions == 2)
        let third = stage.next()
        stage.succeed(third, after: second)
        #expect(Set(third.messages(.request).map(\.attribute)) == ["x", "y"])
        #expect(socket.outlet.texts.isEmpty)
        #expect(stage.test.gateway.statistics.subscriptions == 2)
    }

    @Test func aSubscriptionWhoseRequestFailedWithTheCrashIsNotRepeated() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let held = HeldReplies()
        let (gateway, first) = (stage.test.gateway, stage.first)
        first.on(.request) { message, reply in
            _ = gateway.subscribed(first, subscription: 1, message: message)
            held.script(message, reply)
        }
        stage.subscribe(token)
        held.answerNext(.crashed)
        stage.crash()
        #expect(stage.test.gateway.statistics.subscriptions == 0)
    }

    /// Far more than may wait at once, and a successor that replies to each before the call returns.
    @Test func thousandsAreRepeatedWithoutMeetingTheLimits() throws {
        let stage = Stage()
        var tokens: [String] = []
        for _ in 0..<12 { tokens.append(try stage.test.authorize()) }
        for token in tokens { for _ in 0..<250 { stage.subscribe(token) } }
        #expect(stage.test.gateway.statistics.subscriptions == 3_000)
        let next = stage.next()
        stage.succeed(next)
        #expect(next.messages(.request).count == 3_000)
        #expect(stage.test.gateway.statistics.subscriptions == 3_000)
    }

    @Test func noMoreThanTheWindowWaitAtOnce() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        for _ in 0..<200 { stage.subscribe(token) }
        let next = stage.next()
        let held = HeldReplies()
        next.on(.request, held.script)
        stage.succeed(next)
        #expect(held.count == SubscriptionReplay.window)
        for _ in 0..<200 { held.answerNext("{}") }
        #expect(next.messages(.request).count == 200)
    }

    @Test func servicesOfAPluginThatIsAwayStayListedOffline() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        _ = stage.test.begin("PUT", "/gotapi/serviceDiscovery/onServiceChange?accessToken=\(token)")
        stage.crash()
        #expect(socket.outlet.texts.count == 1)
        #expect(socket.outlet.texts.first?.contains(#""online":false,"state":true"#) == true)
        let answer = stage.test.begin("GET", "/gotapi/t/x?serviceId=s&accessToken=\(token)")
        #expect(answer.all.first?.status == 502)
        stage.succeed(stage.next())
        #expect(socket.outlet.texts.count == 2)
        #expect(socket.outlet.texts.last?.contains(#""online":true"#) == true)
    }
}
