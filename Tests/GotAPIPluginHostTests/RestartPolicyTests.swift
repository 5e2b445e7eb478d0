// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

@testable import GotAPIPluginHost

struct RestartPolicyTests {
    private static let second: UInt64 = 1_000_000_000

    /// A life: seconds that the plug-in ran before each crash.
    @Test(arguments: [
        ([0, 0, 0, 0, 0], [0.5, 1, 2, 4, nil]),
        ([299, 299, 0], [0.5, 1, 2]),
        // Five minutes of health: the shortest pause again.
        ([0, 0, 300, 0], [0.5, 1, 0.5, 1]),
        // Never five within ten minutes, never five minutes of health: up to the longest pause.
        ([160, 160, 160, 160, 160, 160, 160, 160, 160], [0.5, 1, 2, 4, 8, 16, 32, 60, 60]),
        ([140, 140, 140, 140, 140], [0.5, 1, 2, 4, nil]),
    ])
    func eachPauseIsTwiceTheOneBeforeAndFiveCrashesInTenMinutesAreTooMany(lives: [UInt64], pauses: [Double?]) {
        var policy = RestartPolicy()
        var now = 1_000 * Self.second
        for (life, pause) in zip(lives, pauses) {
            policy.started(now: now)
            now += life * Self.second
            let expected = pause.map { RestartPolicy.Decision.restart(after: UInt64($0 * Double(Self.second))) }
            #expect(policy.crashed(now: now, jitter: 0) == expected ?? .quarantine)
            now += UInt64((pause ?? 0) * Double(Self.second))
        }
    }

    @Test(arguments: [(0, 500), (0.5, 550), (1, 600), (-3, 500), (7, 600)])
    func jitterMakesThePauseUpToAFifthLonger(jitter: Double, milliseconds: UInt64) {
        var policy = RestartPolicy()
        #expect(policy.crashed(now: 1, jitter: jitter) == .restart(after: milliseconds * 1_000_000))
    }

    @Test func anOwnersStartForgetsAll() {
        var policy = RestartPolicy()
        for now in 1..<5 as Range<UInt64> { _ = policy.crashed(now: now, jitter: 0) }
        policy.reset()
        #expect(policy.crashed(now: 5, jitter: 0) == .restart(after: Self.second / 2))
    }

    @Test func aStartThatFailsCountsAsACrash() {
        var policy = RestartPolicy()
        policy.started(now: 0)
        // Healthy for long, then crashed, then never started again.
        #expect(policy.crashed(now: 400 * Self.second, jitter: 0) == .restart(after: Self.second / 2))
        #expect(policy.crashed(now: 401 * Self.second, jitter: 0) == .restart(after: Self.second))
    }
}
