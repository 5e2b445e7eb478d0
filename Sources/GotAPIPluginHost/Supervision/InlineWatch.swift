// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import NIOConcurrencyHelpers

/// Looks at the calls of the inline lane from a thread of its own: an event loop that stands still cannot say so itself.
///
/// The thread is there while some plug-in has the lane.
final class InlineWatch: Sendable {
    /// Between two looks, in microseconds: a fifth of what a call may take.
    private static let interval: UInt32 = 20_000

    private struct State {
        var plugins: [HostedPlugin] = []
        var isRunning = false
    }

    private let state = NIOLockedValueBox(State())

    /// - Throws: ``SystemError`` where the system gives no thread; then nobody looks, and the plug-in must not have the lane.
    func add(_ plugin: HostedPlugin) throws(SystemError) {
        let starts = state.withLockedValue { state in
            state.plugins.append(plugin)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard starts else { return }
        do throws(SystemError) {
            try Thread.detach(name: "inline-watch", stackSize: 256 << 10) { [self] in
                while look() { usleep(Self.interval) }
            }
        } catch {
            state.withLockedValue { $0 = State() }
            throw error
        }
    }

    /// - Returns: false where there is nothing left to look at; the thread ends then.
    private func look() -> Bool {
        let plugins = state.withLockedValue(\.plugins)
        let done = plugins.filter { !$0.watchInlineCalls() }
        return state.withLockedValue { state in
            state.plugins.removeAll { plugin in done.contains { $0 === plugin } }
            state.isRunning = !state.plugins.isEmpty
            return state.isRunning
        }
    }
}
