// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIGateway

/// What becomes of requests and subscriptions while one generation of a plug-in gives way to another: plugin-abi.md,
/// "Reload", steps 3 to 5.
struct SupersessionTests {
    private let held = HeldReplies()
    private let closings = NIOLockedValueBox<[@Sendable () -> Void]>([])
    private let first: ScriptedEndpoint
    private let test: TestGateway
    private let token: String

    init() throws {
        first = ScriptedEndpoint("p", services: [SamplePlugins.service("s")])
        test = TestGateway([first])
        token = try test.authorize()
    }

    private func next(_ name: String = "p", isReplayable: Bool = true) -> ScriptedEndpoint {
        let next = ScriptedEndpoint(
            name, generation: 2, services: [SamplePlugins.service("s")], isReplayable: isReplayable)
        next.on(.request, answer: #"{"data":"next"}"#)
        return next
    }

    private func request(_ method: String = "GET") -> TestGateway.Pending {
        test.begin(method, "/gotapi/t/x?serviceId=s&accessToken=\(token)")
    }

    // MARK: - Requests

    @Test func whatTheOneBeforeHasNotSeenGoesToTheNext() throws {
        first.on(.request, held.script)
        let pending = request()
        let next = next()
        test.gateway.apply(EndpointChange([next], draining: [first]))
        held.answerNext(.superseded)
        #expect(pending.answer?.json["data"]?.text == "next")
        #expect(next.messages(.clientID).count == 1, "negotiated anew")
        #expect(pending.all.count == 1)
    }

    @Test func whatTheOneBeforeHasSeenItAnswers() throws {
        first.on(.request, held.script)
        let pending = request()
        let next = next()
        test.gateway.apply(EndpointChange([next], draining: [first]))
        first.supersede()
        #expect(request().answer?.json["data"]?.text == "next")
        held.answerNext(#"{"data":"first"}"#)
        #expect(pending.answer?.json["data"]?.text == "first")
        #expect(next.messages(.request).count == 1)
    }

    @Test(arguments: [PluginMessage.Kind.clientID, .accessToken])
    func requestsThatWaitForANegotiationGoToTheNext(kind: PluginMessage.Kind) throws {
        first.on(kind, held.script)
        let pending = [request(), request(), request()]
        test.gateway.apply(EndpointChange([next()], draining: [first]))
        first.supersede()
        held.answerNext(.superseded)
        #expect(pending.map { $0.answer?.json["data"]?.text } == ["next", "next", "next"])
        #expect(test.gateway.statistics.pendingRequests == 0)
    }

    @Test func aRequestToAPluginThatIsGoneIsToldSo() throws {
        first.on(.request, held.script)
        let pending = request()
        test.gateway.apply(EndpointChange([], draining: [first]))
        held.answerNext(.superseded)
        #expect(pending.answer?.result == 6)
    }

    @Test func aRequestDoesNotGoRoundInCircles() throws {
        first.supersede()
        #expect(request().answer?.status == 503)
    }

    @Test func aClientThatIsGoneIsNotServed() throws {
        first.on(.request, held.script)
        let pending = request()
        let next = next()
        test.gateway.apply(EndpointChange([next], draining: [first]))
        pending.cancel()
        held.answerNext(.superseded)
        #expect(next.messages(.request).isEmpty)
    }

    // MARK: - Subscriptions

    /// What was pushed is still on its way, until ``flush()``.
    private func holdClosing() {
        first.onClose { [closings] completion in closings.withLockedValue { $0.append(completion) } }
    }

    private func flush() { for completion in closings.withLockedValue({ $0 }) { completion() } }

    private func subscribe(_ number: UInt64, holdingAnswer: Bool = false) -> TestGateway.Pending {
        let (gateway, first, held) = (test.gateway, first, held)
        first.on(.request) { message, reply in
            _ = gateway.subscribed(first, subscription: number, message: message)
            if holdingAnswer { held.script(message, reply) } else { reply(.members(Array("{}".utf8))) }
        }
        return request("PUT")
    }

    private func takeOver(_ next: ScriptedEndpoint, isReplayable: Bool = true) {
        let succession = EndpointChange.Succession(predecessor: first, successor: next)
        test.gateway.apply(
            EndpointChange([next], draining: [first], successions: isReplayable ? [succession] : []))
    }

    @Test func whatWasPushedIsDeliveredBeforeTheSuccessorIsAsked() throws {
        let socket = try test.openSocket(token: token)
        _ = subscribe(1)
        holdClosing()
        let next = next()
        takeOver(next)
        #expect(first.ended.map(\.subscription) == [1])
        test.gateway.pushed(first, subscription: 1, members: Array(#"{"data":1}"#.utf8))
        #expect(socket.outlet.texts.count == 1)
        #expect(next.messages(.request).isEmpty)
        // Whatever changes meanwhile, it is moved once.
        takeOver(next)
        test.gateway.apply(EndpointChange([next]))
        #expect(socket.outlet.texts.count == 1)
        flush()
        #expect(next.messages(.request).map(\.isReplay) == [true])
    }

    @Test func aSubscriptionWhoseClientIsGoneMeanwhileIsNotRepeated() throws {
        _ = subscribe(1)
        holdClosing()
        let next = next()
        takeOver(next)
        test.clock.advance(by: .seconds(11))
        test.gateway.tick(now: test.clock.now)
        flush()
        #expect(next.messages(.request).isEmpty)
        #expect(test.gateway.statistics.subscriptions == 0)
    }

    @Test func aSubscriptionStaysUntilItsRequestIsAnswered() throws {
        let socket = try test.openSocket(token: token)
        let pending = subscribe(1, holdingAnswer: true)
        let next = next()
        takeOver(next)
        #expect(first.ended.isEmpty)
        #expect(next.messages(.request).isEmpty)
        held.answerNext("{}")
        #expect(pending.answer?.result == 0)
        takeOver(next)
        #expect(next.messages(.request).map(\.isReplay) == [true])
        #expect(socket.outlet.texts.contains { $0.contains("did not subscribe") })
    }

    @Test func withoutReplayItEndsWithAnErrorPushOnceItsRequestIsAnswered() throws {
        let socket = try test.openSocket(token: token)
        let pending = subscribe(1, holdingAnswer: true)
        let next = next(isReplayable: false)
        takeOver(next, isReplayable: false)
        #expect(socket.outlet.texts.isEmpty)
        held.answerNext("{}")
        #expect(pending.answer?.result == 0)
        takeOver(next, isReplayable: false)
        #expect(socket.outlet.texts.count == 1)
        #expect(socket.outlet.texts.first?.contains("was replaced") == true)
        #expect(next.messages(.request).isEmpty, "it may have been a command")
    }

    @Test(arguments: [PluginReply.timeout, .unanswered, .unavailable("The plug-in is stopped.")])
    func aSubscriptionWhoseRequestFailsIsNotRepeated(reply: PluginReply) throws {
        let pending = subscribe(1, holdingAnswer: true)
        let next = next()
        takeOver(next)
        held.answerNext(reply)
        #expect(pending.answer?.result != 0)
        takeOver(next)
        #expect(next.messages(.request).isEmpty)
        #expect(test.gateway.statistics.subscriptions == 0)
    }

    @Test(arguments: [true, false])
    func aRepeatedRequestThatIsOvertakenGoesOnlyToOneThatRepeats(isReplayable: Bool) throws {
        let socket = try test.openSocket(token: token)
        _ = subscribe(1)
        let second = ScriptedEndpoint("p", generation: 2, services: [SamplePlugins.service("s")])
        second.on(.request, held.script)
        takeOver(second)
        let third = next(isReplayable: isReplayable)
        test.gateway.apply(EndpointChange([third], draining: [second]))
        held.answerNext(.superseded)
        #expect(third.messages(.request).map(\.isReplay) == (isReplayable ? [true] : []))
        #expect(socket.outlet.texts.count == 1, "neither subscribes")
        #expect(test.gateway.statistics.subscriptions == 0)
    }
}
