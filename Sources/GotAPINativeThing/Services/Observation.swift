// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// One event of a thing that applications listen to, observed once however many they are.
struct Observation: Sendable {
    enum Phase: Sendable, Equatable {
        /// The thing is away: it is asked as soon as it registers.
        case idle
        case asked(event: String)
        case active(event: String)
        /// It could not, and is asked again at this time.
        case pausing(until: UInt64)
    }

    var phase = Phase.idle
    /// The numbers of the subscriptions.
    var subscribers: Set<UInt64> = []
    /// Requests to subscribe that the thing's answer decides on.
    var waiting: [UInt64] = []
    /// Since its last report. That the thing accepts it proves nothing.
    var failures = 0

    var isWanted: Bool { !subscribers.isEmpty || !waiting.isEmpty }

    /// The id under which the thing knows it, if it may.
    var event: String? {
        switch phase {
        case .asked(let event), .active(let event): event
        case .idle, .pausing: nil
        }
    }
}

/// How long to wait before something is tried again: 1 s, then twice as long each time, a minute at most. In nanoseconds.
func growingPause(failures: Int) -> UInt64 { min(1 << UInt64(min(max(failures - 1, 0), 6)), 60) * 1_000_000_000 }
