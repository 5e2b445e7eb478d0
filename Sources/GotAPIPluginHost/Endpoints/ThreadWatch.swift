// Swift GotAPI · SPDX-License-Identifier: MIT

/// Notices that a plug-in blocks its own thread: plugin-abi.md, "Misbehaviour and what it costs".
///
/// While requests wait, the thread is asked for a sign of life about once a second. Times are nanoseconds on
/// CLOCK_MONOTONIC.
struct ThreadWatch: Sendable, Equatable {
    enum Action: Sendable, Equatable {
        case probe(UInt64)
        /// It has been blocked for 5 s.
        case warn
        /// It counts as hung.
        case hung
    }

    /// Between two questions.
    static let interval: UInt64 = 1_000_000_000
    static let warning: UInt64 = 5_000_000_000

    /// How long without a sign of life until it counts as hung.
    var patience: UInt64
    private var lastNumber: UInt64 = 0
    private var askedAt: UInt64?
    private var answeredAt: UInt64 = 0
    private var isWarned = false
    private(set) var isHung = false

    init(patience: UInt64) { self.patience = patience }

    /// Whether an answer is awaited whose lateness is still to be noticed.
    var isWaiting: Bool { askedAt != nil && !isHung }

    /// Looks at the clock.
    mutating func tick(now: UInt64, hasPendingRequests: Bool) -> Action? {
        guard let askedAt else {
            guard hasPendingRequests, now &- answeredAt >= Self.interval else { return nil }
            self.askedAt = now
            lastNumber += 1
            return .probe(lastNumber)
        }
        let waited = now > askedAt ? now - askedAt : 0
        if waited >= patience, !isHung {
            isHung = true
            return .hung
        }
        if waited >= Self.warning, !isWarned {
            isWarned = true
            return .warn
        }
        return nil
    }

    /// Takes a sign of life.
    ///
    /// - Returns: how long the thread was blocked, in nanoseconds, where that was worth a warning.
    mutating func alive(_ number: UInt64, now: UInt64) -> UInt64? {
        guard number == lastNumber, let askedAt else { return nil }
        defer {
            self.askedAt = nil
            answeredAt = now
            isWarned = false
            isHung = false
        }
        return isWarned || isHung ? now - min(askedAt, now) : nil
    }
}
