// Swift GotAPI · SPDX-License-Identifier: MIT

/// Lets 1,000 lines a second through and counts the others. All times are nanoseconds on CLOCK_MONOTONIC.
struct LogLimiter {
    static let linesPerSecond = 1_000
    private static let window: UInt64 = 1_000_000_000

    private var windowStart: UInt64 = 0
    private var lines = 0
    private(set) var leftOut = 0

    /// When ``takeLeftOut(now:)`` is to be called; `nil` where nothing was left out.
    var reportDue: UInt64? { leftOut > 0 ? windowStart + Self.window : nil }

    /// Whether a line may be written now; else it counts as left out.
    mutating func admits(now: UInt64) -> Bool {
        openWindow(now: now)
        guard lines < Self.linesPerSecond else {
            leftOut += 1
            return false
        }
        lines += 1
        return true
    }

    /// Counts a line that was left out for another reason.
    mutating func leaveOut(now: UInt64) {
        openWindow(now: now)
        leftOut += 1
    }

    private mutating func openWindow(now: UInt64) {
        guard now >= windowStart + Self.window else { return }
        windowStart = now
        lines = 0
    }

    /// How many lines were left out, once their second is over, or `nil`.
    mutating func takeLeftOut(now: UInt64) -> Int? {
        guard let reportDue, now >= reportDue else { return nil }
        defer { leftOut = 0 }
        return leftOut
    }

    /// The same without waiting for the second's end.
    mutating func takeLeftOut() -> Int? {
        guard leftOut > 0 else { return nil }
        defer { leftOut = 0 }
        return leftOut
    }
}
