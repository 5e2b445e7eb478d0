// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers

/// A request on GotAPI-1 that waits for its answer.
final class Exchange: Sendable {
    /// Also the id of the message that becomes of it.
    let number: UInt64
    let context: AnswerContext
    let completion: Completion

    init(number: UInt64, context: AnswerContext, completion: Completion) {
        self.number = number
        self.context = context
        self.completion = completion
    }
}

/// The requests that wait for an answer. Whoever takes one out answers it, so each is answered once.
final class Exchanges: Sendable {
    /// What is known of an exchange that was taken out.
    struct Entry: Sendable {
        let exchange: Exchange
        /// Whom the request goes to; `nil` for a discovery.
        var endpoint: (any PluginEndpoint)?
        /// Whether the plug-in began a subscription in its name.
        var hasSubscription = false
    }

    private struct State: Sendable {
        var entries: [UInt64: Entry] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())

    /// A number that was never used before, for an exchange or a message of the gateway's own.
    func makeNumber() -> UInt64 {
        state.withLockedValue { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    var count: Int { state.withLockedValue { $0.entries.count } }

    /// - Returns: the new exchange's number.
    func begin(_ context: AnswerContext, endpoint: (any PluginEndpoint)?, completion: Completion) -> UInt64 {
        state.withLockedValue { state in
            state.lastNumber += 1
            let exchange = Exchange(number: state.lastNumber, context: context, completion: completion)
            state.entries[state.lastNumber] = Entry(exchange: exchange, endpoint: endpoint)
            return state.lastNumber
        }
    }

    func isWaiting(_ number: UInt64) -> Bool { state.withLockedValue { $0.entries[number] != nil } }

    /// The request goes to another endpoint than was thought.
    func move(_ number: UInt64, to endpoint: any PluginEndpoint) {
        state.withLockedValue { $0.entries[number]?.endpoint = endpoint }
    }

    func take(_ number: UInt64) -> Entry? { state.withLockedValue { $0.entries.removeValue(forKey: number) } }

    func takeAll() -> [Entry] {
        state.withLockedValue { state in
            let entries = Array(state.entries.values)
            state.entries = [:]
            return entries
        }
    }

    /// - Returns: false where the request was answered before, or its client is gone.
    func noteSubscription(_ number: UInt64) -> Bool {
        state.withLockedValue { state in
            guard state.entries[number] != nil else { return false }
            state.entries[number]?.hasSubscription = true
            return true
        }
    }
}
