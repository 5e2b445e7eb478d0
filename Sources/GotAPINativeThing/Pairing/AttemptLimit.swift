// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Counts what each address has attempted within the last minute or so, so that a limit hits the one who attempts.
struct AttemptLimit: Sendable {
    /// More addresses than a LAN has; beyond, the one that began first is forgotten.
    private static let addresses = 1_024
    /// In nanoseconds.
    private static let period: UInt64 = 60_000_000_000

    private struct Count: Sendable {
        let since: UInt64
        var attempts = 0
    }

    private var counts: [IPAddress: Count] = [:]

    /// - Returns: how many it has been within the minute that began with the first, this one included.
    mutating func add(_ address: IPAddress, now: UInt64) -> Int {
        if let count = counts[address], count.since + Self.period <= now { counts[address] = nil }
        if counts[address] == nil, counts.count >= Self.addresses {
            counts = counts.filter { $0.value.since + Self.period > now }
            if counts.count >= Self.addresses, let oldest = counts.min(by: { $0.value.since < $1.value.since }) {
                counts[oldest.key] = nil
            }
        }
        counts[address, default: Count(since: now)].attempts += 1
        return counts[address]?.attempts ?? 0
    }
}
