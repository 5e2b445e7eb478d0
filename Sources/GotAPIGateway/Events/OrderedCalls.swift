// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOConcurrencyHelpers

/// Calls to the outside that must happen in the order of the decisions behind them, yet outside the lock under which
/// these were made: ``add(_:)`` inside, ``perform()`` outside.
final class OrderedCalls: Sendable {
    private struct State: Sendable {
        var calls: [@Sendable () -> Void] = []
        var isPerforming = false
    }

    private let state = NIOLockedValueBox(State())

    /// [any thread], with the decision's lock held.
    func add(_ call: @escaping @Sendable () -> Void) { state.withLockedValue { $0.calls.append(call) } }

    /// Performs what was added, or leaves it to the thread that is performing already. [any thread], no lock held.
    func perform() {
        while true {
            let calls = state.withLockedValue { state -> [@Sendable () -> Void] in
                guard !state.isPerforming, !state.calls.isEmpty else { return [] }
                state.isPerforming = true
                defer { state.calls = [] }
                return state.calls
            }
            guard !calls.isEmpty else { return }
            for call in calls { call() }
            state.withLockedValue { $0.isPerforming = false }
        }
    }
}
