// Swift GotAPI · SPDX-License-Identifier: MIT

/// Counts what each one has attempted, or what was attempted in its name, within the last minute or so, so that a limit hits
/// nobody else.
struct AttemptLimit<Key: Hashable & Sendable>: Sendable {
    /// More addresses than a LAN has; beyond, the one that began first is forgotten.
    private static var keys: Int { 1_024 }
    /// In nanoseconds.
    private static var period: UInt64 { 60_000_000_000 }

    private struct Count: Sendable {
        let since: UInt64
        var attempts = 0
    }

    private var counts: [Key: Count] = [:]

    /// - Returns: how many it has been within the minute that began with the first, this one included.
    mutating func add(_ key: Key, now: UInt64) -> Int {
        if let count = counts[key], count.since + Self.period <= now { counts[key] = nil }
        if counts[key] == nil, counts.count >= Self.keys {
            counts = counts.filter { $0.value.since + Self.period > now }
            if counts.count >= Self.keys, let oldest = counts.min(by: { $0.value.since < $1.value.since }) {
                counts[oldest.key] = nil
            }
        }
        counts[key, default: Count(since: now)].attempts += 1
        return counts[key]?.attempts ?? 0
    }

    /// How many it has been within that minute.
    func count(_ key: Key, now: UInt64) -> Int {
        guard let count = counts[key], count.since + Self.period > now else { return 0 }
        return count.attempts
    }
}
