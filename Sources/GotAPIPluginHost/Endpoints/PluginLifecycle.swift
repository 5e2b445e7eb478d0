// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The life of one generation of a plug-in, as a state machine: what happened goes in, what is to be done comes out.
///
///     idle → loading → loaded → starting → running → stopping → stopped
///                └────────┴─────────┴──▶ failed        │
///                                       running ──▶ ending ──▶ crashed
struct PluginLifecycle: Sendable, Equatable {
    /// Allowed times, from plugin-abi.md.
    enum Timeout {
        static let load = Duration.seconds(10)
        static let start = Duration.seconds(10)
        static let stop = Duration.seconds(2)
    }

    enum State: Sendable, Equatable {
        case idle
        case loading
        /// The descriptor is known; the host decides whether to start it.
        case loaded
        case starting
        case running
        case stopping
        case stopped
        /// It was never served.
        case failed(LoadFailure)
        /// It is being ended because it misbehaved.
        case ending(reason: String)
        case crashed(reason: String)
    }

    enum Event: Sendable, Equatable {
        // What the host wants.
        case load
        case start
        /// The host does not want it after all.
        case reject(LoadFailure)
        case stop(Duration)
        // What the plug-in's side says.
        case loaded
        case refused(LoadFailure)
        case started
        case startFailed(reason: String)
        case stopped
        // What happens.
        case timeout
        /// There is no process: it could not be started.
        case notOpened(reason: String)
        /// Its process or connection is gone; the text says how.
        case ended(reason: String)
        /// It broke the rules of the connection; the text says how.
        case violation(reason: String)
        /// Its own thread has been blocked for too long.
        case hung(reason: String)
    }

    enum Action: Sendable, Equatable {
        case sendLoad
        case sendStart
        case sendStop
        case startTimer(Duration)
        case cancelTimer
        /// SIGTERM, to it and to the programs that it has started.
        case terminate
        /// No more is said to it; its process stops the plug-in, if it can, and ends by itself.
        case close
        /// SIGKILL; in process: it is left alone for good.
        case kill
    }

    private(set) var state = State.idle

    mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.idle, .load):
            state = .loading
            return [.sendLoad, .startTimer(Timeout.load)]
        case (.loading, .loaded):
            state = .loaded
            return [.cancelTimer]
        case (.loading, .refused(let failure)):
            return fail(failure, [.close])
        case (.loaded, .start):
            state = .starting
            return [.sendStart, .startTimer(Timeout.start)]
        case (.loaded, .reject(let failure)):
            return fail(failure, [.close])
        case (.starting, .started):
            state = .running
            return [.cancelTimer]
        case (.starting, .startFailed(let reason)):
            return fail(LoadFailure(.startFailed, reason), [.close])
        case (.loading, .notOpened(let reason)):
            return fail(LoadFailure(.startFailed, reason), [])
        case (.loading, .timeout):
            return fail(LoadFailure(.startTimeout, "did not finish loading within 10 s"), [.kill])
        case (.starting, .timeout):
            return fail(LoadFailure(.startTimeout, "did not start within 10 s"), [.sendStop, .kill])

        case (.running, .stop(let grace)), (.starting, .stop(let grace)):
            state = .stopping
            return [.cancelTimer, .sendStop, .startTimer(grace)]
        case (.idle, .stop):
            state = .stopped
            return []
        case (.loading, .stop), (.loaded, .stop):
            // Nothing of it runs that would have to be ended in order.
            state = .stopped
            return [.cancelTimer, .kill]
        case (.stopping, .stopped):
            state = .stopped
            return [.cancelTimer, .close]
        case (.stopping, .startFailed):
            state = .stopped
            return [.cancelTimer, .close]
        case (.stopping, .started):
            return []
        case (.stopping, .timeout):
            state = .stopped
            return [.kill]

        case (.loading, .ended(let reason)), (.loaded, .ended(let reason)), (.starting, .ended(let reason)):
            let phase = state == .starting ? "while it started" : "while it was loaded"
            return fail(LoadFailure(.crashed, "\(reason) \(phase)"), [])
        case (.loading, .violation(let reason)), (.loaded, .violation(let reason)), (.starting, .violation(let reason)):
            return fail(LoadFailure(.crashed, reason), [.kill])
        case (.running, .ended(let reason)), (.running, .violation(let reason)):
            state = .crashed(reason: reason)
            return event == .ended(reason: reason) ? [] : [.kill]
        case (.running, .hung(let reason)):
            state = .ending(reason: reason)
            return [.terminate, .close, .startTimer(Timeout.stop)]
        case (.ending, .timeout):
            return [.kill]
        case (.ending(let reason), .ended), (.ending(let reason), .violation):
            state = .crashed(reason: reason)
            return [.cancelTimer, .kill]
        case (.ending(let reason), .stop):
            state = .crashed(reason: reason)
            return [.cancelTimer, .kill]
        case (.stopping, .ended), (.stopping, .violation):
            state = .stopped
            return [.cancelTimer, .kill]

        // A life-cycle frame that does not fit the state, while it is served.
        case (.loading, .started), (.loading, .startFailed), (.loading, .stopped), (.loaded, .loaded),
            (.loaded, .refused), (.loaded, .started), (.loaded, .startFailed), (.loaded, .stopped),
            (.starting, .loaded), (.starting, .refused), (.starting, .stopped), (.running, .loaded),
            (.running, .refused), (.running, .started), (.running, .startFailed), (.running, .stopped):
            return handle(.violation(reason: "said something that does not fit its state"))
        // All else comes too late, or says what is so already.
        default:
            return []
        }
    }

    private mutating func fail(_ failure: LoadFailure, _ actions: [Action]) -> [Action] {
        state = .failed(failure)
        return [.cancelTimer] + actions
    }

    /// Whether the life is over; its process may still be ending.
    var isOver: Bool {
        switch state {
        case .stopped, .failed, .crashed: true
        case .idle, .loading, .loaded, .starting, .running, .stopping, .ending: false
        }
    }
}
