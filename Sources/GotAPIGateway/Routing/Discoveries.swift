// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOConcurrencyHelpers

/// Which endpoints have been asked for their services and owe an answer; one question at a time for each.
final class Discoveries: Sendable {
    /// An endpoint that says again and again that its services have changed is asked this often, in nanoseconds.
    private static let interval: UInt64 = 1_000_000_000

    private struct State: Sendable {
        /// By plug-in, who waits for its answer.
        var asked: [UInt64: [@Sendable () -> Void]] = [:]
        /// Plug-ins whose services have changed since they were asked last.
        var changed: Set<UInt64> = []
        /// When a plug-in was asked because of a change.
        var lastAsked: [UInt64: UInt64] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// - Returns: true where the caller must ask; false where somebody has and `waiter` waits for that answer.
    func begin(_ plugin: UInt64, _ waiter: @escaping @Sendable () -> Void) -> Bool {
        state.withLockedValue { state in
            let isFirst = state.asked[plugin] == nil
            state.asked[plugin, default: []].append(waiter)
            return isFirst
        }
    }

    /// - Returns: those who waited.
    func end(_ plugin: UInt64) -> [@Sendable () -> Void] {
        state.withLockedValue { $0.asked.removeValue(forKey: plugin) ?? [] }
    }

    func noteChange(of plugin: UInt64) { state.withLockedValue { _ = $0.changed.insert(plugin) } }

    /// The changed ones that may be asked now; one that owes an answer is asked after it.
    func takeChanged(now: UInt64) -> Set<UInt64> {
        state.withLockedValue { state in
            state.lastAsked = state.lastAsked.filter { $0.value + Self.interval > now }
            let due = state.changed.filter { state.lastAsked[$0] == nil && state.asked[$0] == nil }
            state.changed.subtract(due)
            for plugin in due { state.lastAsked[plugin] = now }
            return due
        }
    }
}

/// Calls a function when it has been counted down to 0.
final class Countdown: Sendable {
    private let remaining: NIOLockedValueBox<Int>
    private let action: @Sendable () -> Void

    /// - Parameter count: 0 calls the function at once.
    init(_ count: Int, _ action: @escaping @Sendable () -> Void) {
        remaining = NIOLockedValueBox(count)
        self.action = action
        if count == 0 { action() }
    }

    func countDown() {
        let isDone = remaining.withLockedValue { remaining in
            remaining -= 1
            return remaining == 0
        }
        if isDone { action() }
    }
}
