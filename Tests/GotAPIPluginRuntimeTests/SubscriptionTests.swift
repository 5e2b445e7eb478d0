// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginRuntime

@Suite(.timeLimit(.minutes(1)))
struct SubscriptionTests {
    /// A running plug-in with one subscription.
    private func subscribed() async throws -> (driver: RuntimeDriver, subscription: UInt64) {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("subscribe", id: 100)))
        guard case .subscribed(100, let subscription) = try await driver.nextButLog() else {
            throw RuntimeDriver.Unexpected(text: "no subscription")
        }
        #expect(try await driver.nextButLog() == .answer(message: 100, members: Array(#"{"status":0}"#.utf8)))
        return (driver, subscription)
    }

    @Test func subscriptionComesBeforeTheAnswerAndNotBehindIt() async throws {
        let (driver, subscription) = try await subscribed()
        #expect(subscription != 0)
        #expect(try await driver.nextLog() == "late subscribe 3 0")
    }

    @Test(arguments: [
        (#"{"a":1}"#, 0), ("[]", 8), (#"{"a":}"#, 8),
    ])
    func pushIsCheckedAndSent(members: String, status: Int) async throws {
        let (driver, subscription) = try await subscribed()
        try driver.deliver(.message(.request("push", id: 1, [("members", members)])))
        if status == 0 {
            #expect(try await driver.nextButLog() == .push(subscription: subscription, members: Array(members.utf8)))
        }
        #expect(try await driver.nextButLog() == .answer(message: 1, members: Array("{\"status\":\(status)}".utf8)))
    }

    @Test func pushIsDroppedWhileTheClientHasNoSocket() async throws {
        let (driver, subscription) = try await subscribed()
        try driver.deliver(.reachable(subscription: subscription, false))
        #expect(try await driver.request("push", id: 1, [("members", "{}")]) == #"{"status":5}"#)
        try driver.deliver(.reachable(subscription: subscription, true))
        #expect(try await driver.request("push", id: 2, [("members", "{}")]) == #"{"status":0}"#)
    }

    @Test func pushesThatNobodyReadFillUp() async throws {
        let (driver, _) = try await subscribed()
        try driver.deliver(.message(.request("flood", id: 1)))
        let frames = try await driver.frames { if case .answer(1, _) = $0 { true } else { false } }
        let pushes = frames.count { if case .push = $0 { true } else { false } }
        // Each payload has 1 byte of kind, 8 of the subscription, 4 of length and 1,000 of members.
        #expect(pushes == (1 << 20) / 1_013)
        #expect(frames.last == .answer(message: 1, members: Array("{\"status\":6,\"count\":\(pushes)}".utf8)))
        try driver.deliver(.pushesRead(bytes: 2_026))
        #expect(try await driver.request("flood", id: 2) == #"{"status":6,"count":2}"#)
        try driver.deliver(.pushesRead(bytes: .max))
        #expect(try await driver.request("flood", id: 3) == "{\"status\":6,\"count\":\(pushes)}")
    }

    @Test func plugInEndsItsSubscription() async throws {
        let (driver, subscription) = try await subscribed()
        try driver.deliver(.message(.request("unsubscribe", id: 1)))
        #expect(try await driver.nextButLog() == .unsubscribed(subscription: subscription))
        #expect(try await driver.nextButLog() == .answer(message: 1, members: Array(#"{"statuses":[0,4,4]}"#.utf8)))
        #expect(try await driver.request("push", id: 2, [("members", "{}")]) == #"{"status":4}"#)
        #expect(
            !(try await driver.stop()).contains {
                if case .log(_, let text) = $0 { text.hasPrefix("unsub") } else { false }
            })
    }

    @Test func lastReleaseEndsASubscription() async throws {
        let (driver, subscription) = try await subscribed()
        try driver.deliver(.message(.request("release-subscription", id: 1)))
        #expect(try await driver.nextButLog() == .unsubscribed(subscription: subscription))
        #expect(try await driver.nextButLog() == .answer(message: 1, members: Array(#"{"statuses":[0,0,0,4]}"#.utf8)))
    }

    @Test(arguments: [UnsubscribeReason.clientGone, .tokenEnded, .limit])
    func plugInIsToldOnceThatNobodyListens(reason: UnsubscribeReason) async throws {
        let (driver, subscription) = try await subscribed()
        try driver.deliver(.unsubscribe(subscription: subscription, reason: reason))
        try driver.deliver(.unsubscribe(subscription: subscription, reason: reason))
        let frames = try await driver.stop()
        let lines = frames.compactMap {
            if case .log(_, let text) = $0, text.hasPrefix("unsubscribed") { text } else { nil }
        }
        #expect(lines == ["unsubscribed \(reason.rawValue) push=4 release=4"])
    }

    @Test func subscriptionIsOverAtOnceWhileTheThreadIsBlocked() async throws {
        let (driver, subscription) = try await subscribed()
        let gate = try await driver.block("unsubscribe", id: 1, attribute: "push-block")
        try driver.deliver(.unsubscribe(subscription: subscription, reason: .clientGone))
        gate.open()
        #expect(try await driver.nextLog() == "push 4")
        #expect(try await driver.nextLog() == "unsubscribed 1 push=4 release=4")
    }

    @Test func stopEndsSubscriptionsWithItsReason() async throws {
        let (driver, _) = try await subscribed()
        let frames = try await driver.stop()
        #expect(frames.contains(.log(level: 2, text: "unsubscribed 3 push=4 release=4")))
        #expect(!frames.contains { if case .unsubscribed = $0 { true } else { false } })
    }
}
