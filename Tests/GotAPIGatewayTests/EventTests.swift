// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIGateway

@Suite struct EventTests {
    /// A gateway with a plug-in whose requests begin subscriptions, numbered from 1.
    private struct Stage {
        let test: TestGateway
        let plugin: ScriptedEndpoint
        let held = HeldReplies()
        let taken = NIOLockedValueBox<[Bool]>([])

        /// - Parameter holds: whether the requests' answers wait.
        init(holds: Bool = false) {
            plugin = ScriptedEndpoint("p", services: [SamplePlugins.service("s")])
            test = TestGateway([plugin])
            let (gateway, plugin, taken, hold) = (test.gateway, plugin, taken, held.script)
            plugin.on(.request) { message, reply in
                let number = UInt64(taken.withLockedValue { $0.count + 1 })
                let isTaken = gateway.subscribed(plugin, subscription: number, message: message)
                taken.withLockedValue { $0.append(isTaken) }
                if holds { hold(message, reply) } else { reply(.members(Array("{}".utf8))) }
            }
        }

        @discardableResult
        func subscribe(_ token: String, _ attribute: String = "x") -> TestGateway.Pending {
            test.begin("PUT", "/gotapi/t/\(attribute)?serviceId=s&accessToken=\(token)")
        }

        func push(_ subscription: UInt64, _ members: String = #"{"data":1}"#) {
            test.gateway.pushed(plugin, subscription: subscription, members: Array(members.utf8))
        }

        func tick(after duration: Duration) {
            test.clock.advance(by: duration)
            test.gateway.tick(now: test.clock.now)
        }
    }

    private static func text(_ attribute: String = "x", _ rest: String = #""result":0,"data":1"#) -> String {
        #"{"profile":"t","attribute":"\#(attribute)","serviceId":"s","# + rest + "}"
    }

    @Test func aPushReachesTheNewestSocketOfItsClientAlone() throws {
        let stage = Stage()
        let tokens = try [stage.test.authorize(), stage.test.authorize()]
        let first = try stage.test.openSocket(token: tokens[0])
        let other = try stage.test.openSocket(token: tokens[1])
        stage.subscribe(tokens[0])
        stage.subscribe(tokens[1], "y")
        stage.push(1)
        let newest = try stage.test.openSocket(token: tokens[0])
        stage.push(1, #"{"data":2}"#)
        _ = newest.receive(.closed)
        stage.push(1, #"{"data":3}"#)
        #expect(first.outlet.texts == [Self.text(), Self.text("x", #""result":0,"data":3"#)])
        #expect(newest.outlet.texts == [Self.text("x", #""result":0,"data":2"#)])
        #expect(other.outlet.texts.isEmpty)
        stage.push(2, #"{"result":"no number"}"#)
        stage.push(9)
        stage.test.gateway.pushed(ScriptedEndpoint("p"), subscription: 1, members: Array("{}".utf8))
        #expect(other.outlet.texts.isEmpty)
        #expect(stage.test.gateway.statistics.openSockets == 2)
        #expect(stage.test.gateway.statistics.subscriptions == 2)
    }

    /// What many are told in turn is made once; what only looks like it is not.
    @Test func eachSubscriptionGetsItsOwnTextHoweverMuchItIsLikeTheLast() throws {
        let stage = Stage()
        let tokens = try [stage.test.authorize(), stage.test.authorize(), stage.test.authorize()]
        let sockets = try tokens.map { try stage.test.openSocket(token: $0) }
        for (token, attribute) in zip(tokens, ["x", "x", "y"]) { stage.subscribe(token, attribute) }
        let members = [#"{"data":1}"#, #"{"data":2}"#, #"{"result":"no number"}"#, "{}", #"{"data":2}"#]
        for members in members { for subscription in 1...3 { stage.push(UInt64(subscription), members) } }
        for (socket, attribute) in zip(sockets, ["x", "x", "y"]) {
            let rest = [#""result":0,"data":1"#, #""result":0,"data":2"#, #""result":0"#, #""result":0,"data":2"#]
            #expect(socket.outlet.texts == rest.map { Self.text(attribute, $0) })
        }
    }

    @Test func pushesWithoutASocketAreDroppedAndCounted() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        stage.subscribe(token)
        stage.push(1)
        stage.push(1)
        #expect(stage.test.gateway.statistics.droppedPushes == 2)
        let socket = try stage.test.openSocket(token: token)
        #expect(socket.outlet.texts.isEmpty)
        stage.push(1)
        #expect(socket.outlet.texts.count == 1)
        #expect(stage.test.gateway.statistics.pushes == 1)
    }

    @Test func pushesLostBySlowClientsAreCountedAndReportedAtMostOnceAMinute() {
        let second: UInt64 = 1_000_000_000
        var lost = LostPushes()
        #expect(lost.report(now: second) == nil)
        lost.add(2)
        lost.add(3)
        #expect(lost.report(now: 2 * second) == 5)
        lost.add(1)
        #expect(lost.report(now: 61 * second) == nil)
        #expect(lost.report(now: 62 * second) == 1)
        #expect(lost.report(now: 200 * second) == nil)
        lost.add(4)
        #expect(lost.report(now: 201 * second) == 4)
        lost.add(7)
        #expect(lost.takeRest() == 7)
        #expect(lost.takeRest() == nil)
        #expect(lost.total == 17)
    }

    @Test func pushesLostBySlowClientsAreAFigureOfTheirOwn() {
        let stage = Stage()
        stage.test.gateway.countLostPushes(2)
        stage.test.gateway.tick(now: stage.test.clock.now)
        #expect(stage.test.gateway.statistics.lostPushes == 2)
        #expect(stage.test.gateway.statistics.droppedPushes == 0)
    }

    @Test func thePluginIsToldWhetherItsClientHasASocket() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        stage.subscribe(token)
        let sockets = try [stage.test.openSocket(token: token), stage.test.openSocket(token: token)]
        stage.subscribe(token)
        for socket in sockets { _ = socket.receive(.closed) }
        typealias Reachable = ScriptedEndpoint.Reachable
        let told = stage.plugin.reachable
        #expect(
            Array(told.prefix(3)) == [
                Reachable(subscription: 1, isReachable: false), Reachable(subscription: 1, isReachable: true),
                Reachable(subscription: 2, isReachable: true),
            ])
        #expect(Set(told.dropFirst(3).map(\.subscription)) == [1, 2])
        #expect(told.dropFirst(3).allSatisfy { !$0.isReachable })
        #expect(told.count == 5)
    }

    @Test func aClientHasAtMost256Subscriptions() throws {
        let stage = Stage()
        let tokens = try [stage.test.authorize(), stage.test.authorize()]
        for _ in 0..<257 { stage.subscribe(tokens[0]) }
        #expect(stage.taken.withLockedValue { $0 } == Array(repeating: true, count: 256) + [false])
        stage.subscribe(tokens[1])
        stage.test.gateway.unsubscribed(stage.plugin, subscription: 7)
        stage.subscribe(tokens[0])
        #expect(stage.taken.withLockedValue { $0.suffix(2) } == [true, true])
        #expect(!stage.test.gateway.subscribed(stage.plugin, subscription: 1_000, message: .nobodys))
    }

    // MARK: - Ends

    @Test func aSubscriptionEndsTenSecondsAfterTheAnswerIfThereNeverWasASocket() throws {
        let stage = Stage(holds: true)
        stage.subscribe(try stage.test.authorize())
        stage.tick(after: .seconds(30))
        #expect(stage.plugin.ended.isEmpty)
        stage.held.answerNext("{}")
        stage.tick(after: .seconds(9.9))
        #expect(stage.plugin.ended.isEmpty)
        stage.tick(after: .seconds(0.1))
        #expect(stage.plugin.ended == [.init(subscription: 1, reason: .clientGone)])
        stage.tick(after: .seconds(60))
        #expect(stage.plugin.ended.count == 1)
        #expect(stage.test.gateway.statistics.subscriptions == 0)
    }

    @Test func aSubscriptionEndsTenSecondsAfterTheLastSocketHasClosed() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        stage.subscribe(token)
        stage.tick(after: .seconds(100))
        _ = socket.receive(.closed)
        stage.tick(after: .seconds(9))
        let next = try stage.test.openSocket(token: token)
        stage.tick(after: .seconds(100))
        #expect(stage.plugin.ended.isEmpty)
        _ = next.receive(.closed)
        stage.tick(after: .seconds(5))
        stage.subscribe(token)  // counts from its own answer
        stage.tick(after: .seconds(5))
        #expect(stage.plugin.ended == [.init(subscription: 1, reason: .clientGone)])
        stage.tick(after: .seconds(5))
        #expect(stage.plugin.ended.map(\.subscription) == [1, 2])
    }

    @Test func aRequestWhoseClientIsGoneLeavesNoSubscription() throws {
        let stage = Stage(holds: true)
        let pending = stage.subscribe(try stage.test.authorize())
        pending.cancel()
        stage.tick(after: .seconds(10))
        #expect(stage.plugin.ended == [.init(subscription: 1, reason: .clientGone)])
    }

    @Test func aTokensEndEndsItsSubscriptions() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        stage.subscribe(token)
        stage.tick(after: .seconds(24 * 3_600))
        #expect(stage.plugin.ended == [.init(subscription: 1, reason: .tokenEnded)])
        #expect(stage.test.gateway.statistics.clients == 0)
    }

    @Test func aPluginThatIsGoneEndsItsSubscriptionsWithAnErrorPush() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let socket = try stage.test.openSocket(token: token)
        stage.subscribe(token)
        stage.test.gateway.apply(EndpointChange([]))
        let text = try #require(socket.outlet.texts.first)
        #expect(text.hasPrefix(Self.text("x", #""result":1,"statusCode":503,"errorCode":"1""#).dropLast()))
        #expect(text.contains(#""errorText":"Service Unavailable","errorMessage":"[ERROR] "#))
        #expect(stage.plugin.ended == [.init(subscription: 1, reason: .gatewayStops)])
        stage.push(1)
        #expect(socket.outlet.texts.count == 1)
    }

    @Test func aGatewayThatStopsEndsSubscriptionsAndClosesSockets() throws {
        let stage = Stage()
        let token = try stage.test.authorize()
        let sockets = try [stage.test.openSocket(token: token), stage.test.openSocket()]
        guard case .socket(let late) = stage.test.connect() else {
            Issue.record("refused")
            return
        }
        stage.subscribe(token)
        stage.test.gateway.shutDown()
        #expect(sockets.map(\.outlet.codes) == [[1001], [1001]])
        #expect(late.outlet.codes.isEmpty)
        #expect(late.receive(.opened) == [.close(code: 1001)])
        #expect(stage.plugin.ended == [.init(subscription: 1, reason: .gatewayStops)])
        for socket in sockets + [late] { _ = socket.receive(.closed) }
        #expect(stage.test.gateway.statistics.openSockets == 0)
    }
}

extension PluginMessage {
    /// A message in nobody's name.
    fileprivate static let nobodys = PluginMessage(id: 1, kind: .serviceDiscovery, deadline: 0)
}
