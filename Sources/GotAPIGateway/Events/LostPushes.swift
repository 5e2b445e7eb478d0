// Swift GotAPI · SPDX-License-Identifier: MIT

/// Counts the pushes that clients lost because they read too slowly, and decides when the log says so: at once, and then
/// at most once a minute.
struct LostPushes: Sendable {
    /// Nanoseconds between two lines.
    private static let pause: UInt64 = 60_000_000_000

    private(set) var total: UInt64 = 0
    private var reported: UInt64 = 0
    private var nextReport: UInt64 = 0

    mutating func add(_ count: Int) { total += UInt64(count) }

    /// - Parameter now: nanoseconds on a clock that never goes back.
    /// - Returns: how many were lost since the last report, or `nil` where there is nothing to say now.
    mutating func report(now: UInt64) -> UInt64? {
        guard now >= nextReport, let lost = takeRest() else { return nil }
        nextReport = now + Self.pause
        return lost
    }

    /// As ``report(now:)`` whenever it is: the last report.
    mutating func takeRest() -> UInt64? {
        defer { reported = total }
        return total > reported ? total - reported : nil
    }
}
