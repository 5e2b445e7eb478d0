// Swift GotAPI · SPDX-License-Identifier: MIT

/// Notices a plug-in's process that keeps the gateway busy with frames that serve nobody: answers to what is not waited for,
/// pushes and ends of what never began, lines beyond those that are logged. A burst is forgiven, a flood is not.
///
/// Times are nanoseconds on CLOCK_MONOTONIC.
struct FloodWatch: Sendable, Equatable {
    /// So many at once are a burst.
    static let burst = 100_000
    /// So many a second may go on for ever.
    static let perSecond = 10_000

    private var room = burst
    private var refilledAt: UInt64 = 0

    /// Counts one of them.
    ///
    /// - Returns: false where they are too many.
    mutating func admit(now: UInt64) -> Bool {
        if room == 0 {
            let refill = (now - min(refilledAt, now)) / (1_000_000_000 / UInt64(Self.perSecond))
            room = min(Self.burst, Int(clamping: refill))
            refilledAt = now
        }
        guard room > 0 else { return false }
        room -= 1
        return true
    }
}
