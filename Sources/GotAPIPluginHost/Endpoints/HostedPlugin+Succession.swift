// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import NIOCore

/// How one generation gives way to another: plugin-abi.md, "Reload". A message that comes after it has given way is
/// replied to with ``PluginReply/superseded``, so that the gateway takes it to the next; none is lost between the two.
extension HostedPlugin {
    /// How long what was pushed may be on its way.
    private static let flushPatience = TimeAmount.seconds(1)

    // MARK: - Messages

    /// Waits until it has answered what it was given; from then on, at the latest, it takes nothing more. Comes after
    /// ``hold()`` or ``release()``.
    ///
    /// - Parameter patience: after so long it takes nothing more, whatever it still owes.
    func drain(patience: Duration) -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            let promise = eventLoop.makePromise(of: Void.self)
            own.value.draining.append(promise)
            traffic.withLockedValue { $0.isDraining = true }
            let timer = eventLoop.scheduleTask(in: TimeAmount(patience)) { self.finishDraining(isLate: true) }
            promise.futureResult.whenComplete { _ in timer.cancel() }
            finishDraining(isLate: false)
            return promise.futureResult
        }
    }

    /// Gives it no more messages, and keeps those that come until ``release()``: for a device that can be open only once.
    func hold() { traffic.withLockedValue { $0.isHolding = true } }

    /// Has the gateway take what was held to the generation that is served now.
    func release() {
        traffic.withLockedValue { traffic in
            traffic.isDraining = true
            traffic.refuse(.superseded)
            traffic.isHolding = false
        }
        answerAll(.superseded, held: true)
    }

    /// Something was answered, or its time was over. [any thread]
    func noteAnswer() {
        let (isDraining, hasSubscriptions) = traffic.withLockedValue { ($0.isDraining, !$0.subscriptions.isEmpty) }
        guard isDraining else { return }
        eventLoop.execute { [self] in
            if hasSubscriptions { own.value.onAnswer() }
            finishDraining(isLate: false)
        }
    }

    private func finishDraining(isLate: Bool) {
        let isDone = traffic.withLockedValue { traffic in
            guard isLate || !traffic.pending.hasDelivered else { return false }
            traffic.refuse(.superseded)
            return true
        }
        guard isDone else { return }
        for promise in own.value.draining { promise.succeed() }
        own.value.draining = []
    }

    // MARK: - Subscriptions

    func closeSubscriptions(_ subscriptions: [UInt64], _ completion: @escaping @Sendable () -> Void) {
        eventLoop.execute { [self] in
            guard !own.value.lifecycle.isOver else { return completion() }
            for subscription in subscriptions {
                send(.unsubscribe(subscription: subscription, reason: .gatewayStops))
            }
            own.value.lastFlush += 1
            let number = own.value.lastFlush
            own.value.flushes[number] = (subscriptions, completion)
            send(.flush(number))
            eventLoop.scheduleTask(in: Self.flushPatience) { _ = self.finishFlush(number) }
        }
    }

    /// - Returns: false where nobody waits for it.
    func finishFlush(_ number: UInt64) -> Bool {
        guard let flush = own.value.flushes.removeValue(forKey: number) else { return false }
        traffic.withLockedValue { $0.subscriptions.subtract(flush.subscriptions) }
        flush.completion()
        return true
    }

    /// Nothing more comes.
    func finishFlushes() {
        for number in own.value.flushes.keys.sorted() { _ = finishFlush(number) }
    }
}
