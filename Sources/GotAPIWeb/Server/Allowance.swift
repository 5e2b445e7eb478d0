// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOConcurrencyHelpers

/// A count that all event loops share and that has a limit: connections, or bytes of bodies.
final class Allowance: Sendable {
    private let used = NIOLockedValueBox(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes `count`, or nothing where that would be more than the limit. [any thread]
    func take(_ count: Int) -> Bool {
        used.withLockedValue { used in
            guard used + count <= limit else { return false }
            used += count
            return true
        }
    }

    /// Gives back what ``take(_:)`` took. [any thread]
    func giveBack(_ count: Int) { used.withLockedValue { $0 -= count } }

    /// What is taken at the moment. [any thread]
    var count: Int { used.withLockedValue { $0 } }
}
