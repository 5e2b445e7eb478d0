// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOConcurrencyHelpers

/// Who wants a reload: signals, which wait for nothing, and commands, which wait for the report. One reload at a time; all
/// that is wanted meanwhile becomes one more (plugin-abi.md, "Reload", step 0).
final class ReloadRequests: Sendable {
    private struct State {
        var isWanted = false
        var waiting: [CheckedContinuation<ReloadReport?, Never>] = []
        var hasEnded = false
    }

    private let state = NIOLockedValueBox(State())
    private let wakeUps: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (wakeUps, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// How many wait for a reload that has not begun.
    var waitingCount: Int { state.withLockedValue { $0.waiting.count } }

    /// [any thread]
    func request() {
        state.withLockedValue { $0.isWanted = true }
        continuation.yield()
    }

    /// Asks for a reload that begins after this call.
    ///
    /// - Returns: its report, or `nil` where the gateway is stopping.
    func report() async -> ReloadReport? {
        await withCheckedContinuation { waiter in
            let hasEnded = state.withLockedValue { state in
                if !state.hasEnded { state.waiting.append(waiter) }
                return state.hasEnded
            }
            if hasEnded { return waiter.resume(returning: nil) }
            request()
        }
    }

    /// Reloads whenever that is wanted, until ``end()``.
    func serve(_ reload: () async -> ReloadReport) async {
        for await _ in wakeUps {
            let waiting = state.withLockedValue { state -> [CheckedContinuation<ReloadReport?, Never>]? in
                guard state.isWanted, !state.hasEnded else { return nil }
                state.isWanted = false
                defer { state.waiting = [] }
                return state.waiting
            }
            guard let waiting else { continue }
            let report = await reload()
            for waiter in waiting { waiter.resume(returning: report) }
        }
    }

    /// The gateway stops: whoever waits for a reload that has not begun is told so.
    func end() {
        let waiting = state.withLockedValue { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return state.waiting
        }
        continuation.finish()
        for waiter in waiting { waiter.resume(returning: nil) }
    }
}
