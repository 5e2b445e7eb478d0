// Swift GotAPI · SPDX-License-Identifier: MIT

package import CGotAPIPlugin

/// What makes a runtime one for tests: a time that its owner moves, an account of what the plug-in's calls came to, and
/// perhaps a plug-in that is part of the program. Everything else is as in the gateway.
package final class TestControl: Sendable {
    /// gotapi_plugin_entry, as the header declares it.
    package typealias Entry = @convention(c) (UInt32, UInt32) -> UnsafePointer<gotapi_plugin>?

    package let time = ManualTime()
    package let tally = CallTally()
    /// Called instead of what a library exports; then no library is loaded.
    let entry: Entry?

    package init(entry: Entry? = nil) { self.entry = entry }
}

/// What a plug-in did that it should not; how often, since its runtime was made.
package struct Misdeeds: Sendable, Equatable {
    package var answeredTwice = 0
    /// Messages that it let go of without a valid answer.
    package var unanswered = 0
    package var badMembers = 0
    /// Why the first of ``badMembers`` were none.
    package var badMembersReason: String?
    /// References to messages that it still had when its last `stop` returned.
    package var keptReferences = 0
}

extension PluginRuntime {
    /// Whether the plug-in's thread has done everything that is due; waits for that until `limit` on CLOCK_MONOTONIC, in
    /// nanoseconds. For a runtime with a ``TestControl``.
    package func waitUntilIdle(until limit: UInt64) -> Bool {
        core.monitor.wait { state in
            if state.isIdle(now: core.now) { return .done(true) }
            return MonotonicClock.now < limit ? .wait(until: limit) : .done(false)
        }
    }

    /// Whether frames wait to be taken; waits for that as ``waitUntilIdle(until:)`` does.
    package func waitForFrames(until limit: UInt64) -> Bool {
        core.monitor.wait { state in
            if state.outgoing.count > 0 { return .done(true) }
            return MonotonicClock.now < limit ? .wait(until: limit) : .done(false)
        }
    }

    /// When the next timer is due, on the time of the ``TestControl``.
    package var nextTimer: UInt64? { core.monitor.withLock { $0.timers.nextDue } }

    /// Moves the time to `moment`, in nanoseconds, and wakes the plug-in's thread.
    package func move(to moment: UInt64) {
        core.test?.time.move(to: moment)
        // Under the lock: the thread has either looked at the time before and sleeps by now, or will look at it anew. Else the
        // signal could come between its look and its sleep, and be lost.
        core.monitor.withLock { _ in core.monitor.signalAll() }
    }

    package var misdeeds: Misdeeds { core.monitor.withLock { $0.misdeeds } }

    /// `nanoseconds` from now on CLOCK_MONOTONIC.
    package static func moment(after nanoseconds: UInt64) -> UInt64 { MonotonicClock.now + nanoseconds }
}
