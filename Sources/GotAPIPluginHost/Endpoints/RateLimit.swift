// Swift GotAPI · SPDX-License-Identifier: MIT

/// Lets at most so many lines a second pass and counts the others. Times are nanoseconds on CLOCK_MONOTONIC.
struct RateLimit: Sendable, Equatable {
    private let linesPerSecond: Int
    private var windowStart: UInt64 = 0
    private var passed = 0
    private var omitted = 0

    init(linesPerSecond: Int) { self.linesPerSecond = linesPerSecond }

    /// - Returns: whether this line passes; and how many were left out before it, once.
    mutating func take(now: UInt64) -> (passes: Bool, omittedBefore: Int) {
        if now &- windowStart >= 1_000_000_000 {
            windowStart = now
            passed = 0
        }
        guard passed < linesPerSecond else {
            omitted += 1
            return (false, 0)
        }
        passed += 1
        defer { omitted = 0 }
        return (true, omitted)
    }
}
