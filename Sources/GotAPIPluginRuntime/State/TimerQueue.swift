// Swift GotAPI · SPDX-License-Identifier: MIT

/// A plug-in's timers (gotapi_plugin.h, `start_timer`). All times are nanoseconds on CLOCK_MONOTONIC.
struct TimerQueue {
    struct Timer {
        let handle: UInt64
        /// 0 where it runs once.
        let interval: UInt64
        let user: PluginPointer
        var due: UInt64
    }

    /// A timer's turn: `on_timer` is to be called with this status.
    struct Turn {
        let handle: UInt64
        let user: PluginPointer
        let status: Status
    }

    /// The most timers, those that wait for their last call included.
    static let limit = 1_024

    /// The one that is due first stands last. At most 1,024: moving half of them costs less than a heap's bookkeeping.
    private var timers: [Timer] = []
    /// Stopped; `on_timer` is still to be called with `CLOSED`.
    private var closed = Queue<Turn>()

    var count: Int { timers.count + closed.count }

    /// When ``popDue(now:)`` has something to give; `nil` where it never has.
    var nextDue: UInt64? { closed.isEmpty ? timers.last?.due : 0 }

    mutating func start(_ timer: Timer) {
        // In front of those that are due at the same moment, which were started before and come first.
        var low = 0
        var high = timers.count
        while low < high {
            let middle = (low + high) / 2
            if timers[middle].due > timer.due { low = middle + 1 } else { high = middle }
        }
        timers.insert(timer, at: low)
    }

    /// False where there is no such timer, or it was stopped before.
    mutating func stop(_ handle: UInt64) -> Bool {
        guard let index = timers.firstIndex(where: { $0.handle == handle }) else { return false }
        let timer = timers.remove(at: index)
        closed.append(Turn(handle: timer.handle, user: timer.user, status: .closed))
        return true
    }

    mutating func popDue(now: UInt64) -> Turn? {
        if let turn = closed.popFirst() { return turn }
        guard let timer = timers.last, timer.due <= now else { return nil }
        timers.removeLast()
        if timer.interval > 0 {
            // The next round that has not passed yet; those missed are left out.
            var next = timer
            let rounds = (now - timer.due) / timer.interval + 1
            let (distance, overflow) = rounds.multipliedReportingOverflow(by: timer.interval)
            let (due, carry) = timer.due.addingReportingOverflow(distance)
            next.due = overflow || carry ? .max : due
            start(next)
        }
        return Turn(handle: timer.handle, user: timer.user, status: .ok)
    }

    /// Stops them all and returns their last calls.
    mutating func closeAll() -> [Turn] {
        let turns = timers.reversed().map { Turn(handle: $0.handle, user: $0.user, status: .closed) }
        timers = []
        return closed.popAll() + turns
    }
}
