// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What a runtime's owner, its plug-in's thread and the host functions share: the state behind its lock, and what follows
/// from a change of it outside the lock.
final class RuntimeCore: Sendable {
    let name: String
    let monitor: Monitor<RuntimeState>

    let activity: ActivityMark?
    let test: TestControl?

    init(
        name: String, activity: ActivityMark?, test: TestControl?, announce: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.activity = activity
        self.test = test
        var state = RuntimeState()
        state.announce = announce
        monitor = Monitor(state)
    }

    /// What all deadlines and timers go by, in nanoseconds.
    var now: UInt64 { test?.time.now ?? MonotonicClock.now }

    /// Changes the state, then wakes whoever has to know: the plug-in's thread, the transport.
    @inline(__always)
    func update<Result>(_ body: (inout RuntimeState) -> Result) -> Result {
        let (result, announce, wakes) = monitor.withLock { state in
            (body(&state), state.takeAnnouncement(), state.takeWakeUp())
        }
        // In a test the plug-in's thread is not the only one that waits.
        if test != nil { monitor.signalAll() } else if wakes { monitor.signal() }
        announce?()
        return result
    }

    func deliver(_ payload: ArraySlice<UInt8>) throws(FrameError) {
        // Read before the lock is taken; messages, which are nearly all, without making strings of their texts.
        if payload.first == MessageFrame.tag {
            let message = HeldMessage(try MessageFrame(payload), of: payload)
            let now = now
            try update { state in
                Result { () throws(FrameError) in try state.receive(message, now: now) }
            }.get()
            return
        }
        let frame = try HostFrame(payload)
        try update { state in
            Result { () throws(FrameError) in try state.receive(frame) }
        }.get()
        if case .load = frame, let reason = PluginThread.run(for: self) {
            update { $0.refuse(LoadFailure(.startFailed, reason)) }
        }
    }

    /// A message that comes without a frame: in process. The plug-in's thread is left asleep. [any thread]
    ///
    /// - Returns: whether it has to be woken (``wake()``).
    func deliver(_ message: PluginMessage) throws(FrameError) -> Bool {
        let message = HeldMessage(message)
        let now = now
        let (outcome, announce, isAsleep) = monitor.withLock { state in
            let outcome = Result { () throws(FrameError) in try state.receive(message, now: now) }
            return (outcome, state.takeAnnouncement(), state.threadSleeps)
        }
        announce?()
        try outcome.get()
        return isAsleep
    }

    /// Wakes the plug-in's thread if there is something for it.
    func wake() { update { _ in } }

    /// Calls the plug-in for a request right here, where that is possible. [any thread]
    func call(_ message: PluginMessage) -> InlineOutcome {
        let held = HeldMessage(message)
        let began = now
        guard let call = update({ $0.beginInlineCall(held, now: began) }) else { return .notCalled }
        activity?.set(true, place: call.place)
        call.callee.onMessage(call.callee.plugin.raw, held.handle)
        activity?.set(false, place: call.place)
        return update { $0.endInlineCall(call, now: now) }
    }

    /// The thread waits here for what is next.
    func nextWork() -> Work {
        while true {
            typealias Next = (work: Work?, announce: (@Sendable () -> Void)?)
            let (work, announce) = monitor.wait { state -> Monitor<RuntimeState>.Step<Next> in
                let step = state.nextWork(now: now)
                let announce = state.takeAnnouncement()
                switch step {
                case .done(let work): return .done((work, announce))
                case .wait(let moment):
                    guard let announce else {
                        guard test != nil else { return .wait(until: moment) }
                        // The moment comes when the time is moved; who moves it waits for this sleep.
                        monitor.signalAll()
                        return .wait(until: nil)
                    }
                    state.threadSleeps = false
                    return .done((nil, announce))
                }
            }
            announce?()
            if let work { return work }
        }
    }

    /// The owner is gone.
    func end() {
        update { state in
            state.isEnding = true
            // What the closure holds shall not live as long as a library that is never unmapped.
            state.announce = nil
        }
    }
}
