// Swift GotAPI · SPDX-License-Identifier: MIT

/// When a plug-in that has crashed is started again, and when no more.
///
/// Times are nanoseconds on CLOCK_MONOTONIC.
struct RestartPolicy: Sendable, Equatable {
    enum Decision: Sendable, Equatable {
        /// After a pause, in nanoseconds.
        case restart(after: UInt64)
        /// Not before its owner says so, or its file or its configuration has changed.
        case quarantine
    }

    static let longestPause: UInt64 = 60_000_000_000
    /// After so long without a crash the pause is the shortest again.
    static let health: UInt64 = 300_000_000_000
    /// So many crashes within ``period`` are too many.
    static let maximumCrashes = 5
    static let period: UInt64 = 600_000_000_000

    private let shortestPause: UInt64
    private var pause: UInt64
    private var startedAt: UInt64?
    /// Within the last ``period``, oldest first.
    private var crashes: [UInt64] = []

    /// - Parameter shortestPause: before the first restart, in nanoseconds; each further one is twice as long.
    init(shortestPause: UInt64 = 500_000_000) {
        self.shortestPause = shortestPause
        pause = shortestPause
    }

    /// The owner wants it to run: what was is forgotten.
    mutating func reset() { self = RestartPolicy(shortestPause: shortestPause) }

    /// The plug-in runs.
    mutating func started(now: UInt64) { startedAt = now }

    /// The plug-in has crashed, or could not be started again.
    ///
    /// - Parameter jitter: 0 to 1, so that plug-ins which crash together do not start together: the pause is up to a fifth
    ///   longer.
    mutating func crashed(now: UInt64, jitter: Double) -> Decision {
        if let startedAt, now - min(startedAt, now) >= Self.health { pause = shortestPause }
        startedAt = nil
        crashes = crashes.filter { now - min($0, now) < Self.period } + [now]
        guard crashes.count < Self.maximumCrashes else { return .quarantine }
        defer { pause = min(pause * 2, Self.longestPause) }
        return .restart(after: pause + UInt64(Double(pause) / 5 * min(max(jitter, 0), 1)))
    }
}
