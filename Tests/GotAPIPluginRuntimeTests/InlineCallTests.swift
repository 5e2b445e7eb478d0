// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginRuntime

/// The inline lane without a plug-in: what the state does with a call.
struct InlineCallTests {
    private static let deadline: UInt64 = 1_000

    private func running() -> RuntimeState {
        var state = RuntimeState()
        state.phase = .running
        state.callee = InlineCall.Callee(onMessage: { _, _ in }, plugin: PluginPointer(raw: nil))
        return state
    }

    private func message(_ id: UInt64, kind: PluginMessage.Kind = .request) -> HeldMessage {
        HeldMessage(PluginMessage(id: id, kind: kind, profile: "t", deadline: Self.deadline))
    }

    private struct NotCalled: Error {}

    private func begin(_ id: UInt64, _ state: inout RuntimeState) throws -> InlineCall {
        guard let call = state.beginInlineCall(message(id), now: 0) else { throw NotCalled() }
        return call
    }

    private func frames(_ state: inout RuntimeState) throws -> [PluginFrame] {
        var buffer = FrameBuffer()
        buffer.append(state.outgoing.takeAll())
        var frames: [PluginFrame] = []
        while let payload = try buffer.next() { frames.append(try PluginFrame(payload)) }
        return frames
    }

    private let members = Array("{\"data\":1}".utf8)

    @Test func answerWithinTheCallGoesToTheCaller() throws {
        var state = running()
        let call = try begin(1, &state)
        let status = state.answer(call.message.handle, with: .members(members), now: 0)
        #expect(status == .ok)
        let outcome = state.endInlineCall(call, now: 0)
        #expect(outcome == .answered(members))
        #expect(try frames(&state).isEmpty)
        #expect(state.messages.isEmpty && state.messageHandles.isEmpty && state.leftovers.count == 0)
    }

    @Test func answerBehindASubscriptionIsAFrameBehindItsFrame() throws {
        var state = running()
        let call = try begin(1, &state)
        guard case .handle(let subscription) = state.subscribe(to: call.message.handle, now: 0) else {
            throw NotCalled()
        }
        let status = state.answer(call.message.handle, with: .members(members), now: 0)
        #expect(status == .ok)
        let outcome = state.endInlineCall(call, now: 0)
        #expect(outcome == .called)
        #expect(
            try frames(&state) == [
                .subscribed(message: 1, subscription: subscription), .answer(message: 1, members: members),
            ])
    }

    @Test func whatIsRetainedIsAnsweredLaterByAFrame() throws {
        var state = running()
        let call = try begin(1, &state)
        let retained = state.retain(call.message.handle)
        #expect(retained == .ok)
        let outcome = state.endInlineCall(call, now: 0)
        #expect(outcome == .called)
        let status = state.answer(call.message.handle, with: .members(members), now: 0)
        #expect(status == .ok)
        #expect(try frames(&state) == [.answer(message: 1, members: members)])
    }

    @Test func messageThatIsLetGoOfIsUnanswered() throws {
        var state = running()
        let call = try begin(1, &state)
        let outcome = state.endInlineCall(call, now: 0)
        #expect(outcome == .called)
        #expect(try frames(&state).contains(.unanswered(message: 1)))
    }

    @Test func expiryDuringTheCallIsToldAfterIt() throws {
        var state = running()
        let call = try begin(1, &state)
        _ = state.retain(call.message.handle)
        state.expire(1)
        #expect(state.inbox.isEmpty)
        let status = state.answer(call.message.handle, with: .members(members), now: 0)
        #expect(status == .closed)
        _ = state.endInlineCall(call, now: 0)
        guard case .done(.expired(call.message.handle)) = state.nextWork(now: 0) else {
            throw NotCalled()
        }
    }

    @Test func theStopWaitsForCallsAndNoneBeginsBehindIt() throws {
        var state = running()
        let call = try begin(1, &state)
        try state.receive(.stop)
        guard case .wait = state.nextWork(now: 0) else { throw NotCalled() }
        let next = state.beginInlineCall(message(2), now: 0)
        #expect(next == nil)
        _ = state.endInlineCall(call, now: 0)
        let wakes = state.takeWakeUp()
        #expect(wakes)
        guard case .done(.stop) = state.nextWork(now: 0) else { throw NotCalled() }
    }

    @Test func whatCannotBeCalledNowIsLeftToThePluginsThread() throws {
        var state = running()
        let negotiation = state.beginInlineCall(message(1, kind: .clientID), now: 0)
        let overdue = state.beginInlineCall(message(1), now: Self.deadline)
        #expect(negotiation == nil && overdue == nil)
        let calls = (1...InlineCalls.limit).compactMap { id in
            state.beginInlineCall(message(UInt64(id)), now: 0)
        }
        #expect(Set(calls.map(\.place)) == Set(1..<ActivityMark.places))
        let oneTooMany = state.beginInlineCall(message(100), now: 0)
        state.phase = .starting
        _ = state.endInlineCall(calls[0], now: 0)
        let early = state.beginInlineCall(message(100), now: 0)
        #expect(oneTooMany == nil && early == nil)
        #expect(state.messageHandles[100] == nil)
    }

    @Test func standstillIsNamedForEachTenthOfASecond() throws {
        var calls = InlineCalls()
        let patience = InlineCalls.patience
        guard let first = calls.begin(now: 0), let second = calls.begin(now: patience / 2) else { throw NotCalled() }
        let looks: [(UInt64, [UInt64])] = [
            (0, []), (patience - 1, []), (patience, [patience]), (patience + 1, []),
            (patience * 3 / 2, [patience]), (patience * 5 / 2, [patience * 5 / 2, patience * 2]),
        ]
        for (now, expected) in looks {
            let standstills = calls.takeStandstills(now: now)
            #expect(standstills == expected, "at \(now)")
        }
        calls.end(first)
        calls.end(second)
        let none = calls.takeStandstills(now: .max)
        #expect(calls.count == 0 && none == [])
    }
}
