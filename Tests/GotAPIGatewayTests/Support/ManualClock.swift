// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOConcurrencyHelpers

/// A clock that stands still until a test moves it.
final class ManualClock: Sendable {
    private let time = NIOLockedValueBox<UInt64>(1_000_000_000)

    /// Nanoseconds.
    var now: UInt64 { time.withLockedValue { $0 } }

    func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        time.withLockedValue { $0 += UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000) }
    }
}
