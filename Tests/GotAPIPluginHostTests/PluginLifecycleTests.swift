// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginHost

struct PluginLifecycleTests {
    typealias Event = PluginLifecycle.Event
    typealias Action = PluginLifecycle.Action
    typealias State = PluginLifecycle.State

    private static let second = Duration.seconds(2)

    /// Events, then the state that they lead to and what the last one asks for.
    struct Life: Sendable, CustomTestStringConvertible {
        let events: [Event]
        let state: State
        let actions: [Action]

        var testDescription: String { "\(events.map { "\($0)" }.joined(separator: ", "))" }

        init(_ events: [Event], _ state: State, _ actions: [Action]) {
            self.events = events
            self.state = state
            self.actions = actions
        }
    }

    private static let running: [Event] = [.load, .loaded, .start, .started]
    private static let failure = LoadFailure(.entryRefused, "no")

    static let lives: [Life] = [
        Life([.load], .loading, [.sendLoad, .startTimer(.seconds(10))]),
        Life([.load, .loaded], .loaded, [.cancelTimer]),
        Life([.load, .loaded, .start], .starting, [.sendStart, .startTimer(.seconds(10))]),
        Life(running, .running, [.cancelTimer]),
        Life(running + [.stop(second)], .stopping, [.cancelTimer, .sendStop, .startTimer(second)]),
        Life(running + [.stop(second), .stopped], .stopped, [.cancelTimer, .close]),
        Life(running + [.stop(second), .timeout], .stopped, [.kill]),
        Life(running + [.stop(second), .ended(reason: "x")], .stopped, [.cancelTimer, .kill]),
        Life([.load, .refused(failure)], .failed(failure), [.cancelTimer, .close]),
        Life([.load, .loaded, .reject(failure)], .failed(failure), [.cancelTimer, .close]),
        Life([.load, .notOpened(reason: "x")], .failed(LoadFailure(.startFailed, "x")), [.cancelTimer]),
        Life(
            [.load, .timeout], .failed(LoadFailure(.startTimeout, "did not finish loading within 10 s")),
            [.cancelTimer, .kill]),
        Life(
            [.load, .loaded, .start, .timeout], .failed(LoadFailure(.startTimeout, "did not start within 10 s")),
            [.cancelTimer, .sendStop, .kill]),
        Life(
            [.load, .loaded, .start, .startFailed(reason: "x")], .failed(LoadFailure(.startFailed, "x")),
            [.cancelTimer, .close]),
        Life(
            [.load, .ended(reason: "x")], .failed(LoadFailure(.crashed, "x while it was loaded")), [.cancelTimer]),
        Life(
            [.load, .loaded, .start, .ended(reason: "x")], .failed(LoadFailure(.crashed, "x while it started")),
            [.cancelTimer]),
        Life(running + [.ended(reason: "x")], .crashed(reason: "x"), []),
        Life(running + [.violation(reason: "x")], .crashed(reason: "x"), [.kill]),
        Life(running + [.hung(reason: "x")], .ending(reason: "x"), [.terminate, .close, .startTimer(.seconds(2))]),
        Life(running + [.hung(reason: "x"), .timeout], .ending(reason: "x"), [.kill]),
        Life(running + [.hung(reason: "x"), .ended(reason: "y")], .crashed(reason: "x"), [.cancelTimer, .kill]),
        Life(running + [.hung(reason: "x"), .stop(second)], .crashed(reason: "x"), [.cancelTimer, .kill]),
        Life([.stop(second)], .stopped, []),
        Life([.load, .stop(second)], .stopped, [.cancelTimer, .kill]),
        Life([.load, .loaded, .stop(second)], .stopped, [.cancelTimer, .kill]),
        Life(
            [.load, .loaded, .start, .stop(second)], .stopping, [.cancelTimer, .sendStop, .startTimer(second)]),
        Life([.load, .loaded, .start, .stop(second), .started], .stopping, []),
        // Too late, or said already.
        Life([.load, .refused(failure), .loaded], .failed(failure), []),
        Life([.load, .refused(failure), .ended(reason: "x")], .failed(failure), []),
        Life(running + [.ended(reason: "x"), .stop(second)], .crashed(reason: "x"), []),
        Life(running + [.timeout], .running, []),
        Life([.start], .idle, []),
    ]

    @Test(arguments: lives)
    func eachEventLeadsToAStateAndActions(life: Life) {
        var lifecycle = PluginLifecycle()
        var actions: [Action] = []
        for event in life.events { actions = lifecycle.handle(event) }
        #expect(lifecycle.state == life.state)
        #expect(actions == life.actions)
    }

    @Test(arguments: [
        ([Event.load, .started]), [.load, .stopped], [.load, .loaded, .loaded], [.load, .loaded, .stopped],
        [.load, .loaded, .start, .loaded], [.load, .loaded, .started],
    ])
    func aFrameThatDoesNotFitTheStateEndsALoad(events: [Event]) {
        var lifecycle = PluginLifecycle()
        var actions: [Action] = []
        for event in events { actions = lifecycle.handle(event) }
        guard case .failed(let failure) = lifecycle.state else {
            Issue.record("\(lifecycle.state)")
            return
        }
        #expect(failure.code == .crashed)
        #expect(actions == [.cancelTimer, .kill])
    }

    @Test(arguments: [Event.loaded, .started, .stopped, .startFailed(reason: "x"), .refused(failure)])
    func aFrameThatDoesNotFitARunningPluginIsACrash(event: Event) {
        var lifecycle = PluginLifecycle()
        for event in Self.running { _ = lifecycle.handle(event) }
        #expect(lifecycle.handle(event) == [.kill])
        #expect(lifecycle.state == .crashed(reason: "said something that does not fit its state"))
        #expect(lifecycle.isOver)
    }
}
