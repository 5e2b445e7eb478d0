// Swift GotAPI · SPDX-License-Identifier: MIT

/// Bounds how often a plug-in has the gateway ask for its services: once a second, the last notice never lost, and none
/// before the plug-in is in the gateway's table. Times are nanoseconds on CLOCK_MONOTONIC.
struct ServiceChangeNotice: Sendable, Equatable {
    enum Action: Sendable, Equatable {
        case report
        /// Call ``due(now:)`` after so many nanoseconds.
        case wait(UInt64)
    }

    static let interval: UInt64 = 1_000_000_000

    private var isPublished = false
    private var isPending = false
    private var isWaiting = false
    private var lastReport: UInt64?

    /// The plug-in says that its services have changed.
    mutating func changed(now: UInt64) -> Action? {
        isPending = true
        return next(now: now)
    }

    /// The plug-in is in the gateway's table.
    mutating func published(now: UInt64) -> Action? {
        isPublished = true
        return next(now: now)
    }

    /// The time that was waited for has come.
    mutating func due(now: UInt64) -> Action? {
        isWaiting = false
        return next(now: now)
    }

    private mutating func next(now: UInt64) -> Action? {
        guard isPublished, isPending, !isWaiting else { return nil }
        if let lastReport, now < lastReport + Self.interval {
            isWaiting = true
            return .wait(lastReport + Self.interval - now)
        }
        lastReport = now
        isPending = false
        return .report
    }
}
