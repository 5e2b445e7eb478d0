// Swift GotAPI · SPDX-License-Identifier: MIT

/// A time that stands still until it is moved: what a runtime goes by where a test or the checker drives it. In nanoseconds,
/// as CLOCK_MONOTONIC; it begins with 1,000 s, since no deadline is 0. [any thread]
package final class ManualTime: Sendable {
    private let moment = Monitor<UInt64>(1_000_000_000_000)

    package init() {}

    package var now: UInt64 { moment.withLock { $0 } }

    /// Moves it forward; a moment that has passed changes nothing.
    func move(to later: UInt64) { moment.withLock { $0 = max($0, later) } }
}
