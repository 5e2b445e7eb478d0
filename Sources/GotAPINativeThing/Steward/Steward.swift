// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
package import GotAPICore
package import GotAPIStorage
package import Logging
import NIOConcurrencyHelpers
package import NIOCore

/// The steward of things: their sockets in front, the gateway behind, the storage below. It does what ``StewardState``
/// decides, all of it on one event loop.
package final class Steward: Sendable {
    /// What belongs to the event loop.
    final class Own {
        var state: StewardState
        var sockets: [UInt64: ThingSocket] = [:]
        /// By the gateway's message.
        var replies: [UInt64: @Sendable (PluginReply) -> Void] = [:]
        /// What the owner waits for.
        var operations: [UInt64: CheckedContinuation<Result<Void, OwnerRefusal>, Never>] = [:]
        var lastOperation: UInt64 = 0
        var timer: Scheduled<Void>?
        /// When the timer fires, on CLOCK_MONOTONIC.
        var timerTime: UInt64?
        var isPerforming = false

        init(_ state: StewardState) { self.state = state }
    }

    let settings: StewardSettings
    package let services: [Service]
    private let storage: Storage
    private let sink: any EventSink
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let own: NIOLoopBoundBox<Own>
    private let unknownSockets = NIOLockedValueBox(UnknownSockets())
    private let lastSocket = NIOLockedValueBox<UInt64>(0)

    /// - Parameters:
    ///   - stored: what `storage` has kept.
    ///   - sink: the gateway.
    ///   - eventLoop: one of its own or shared with connections.
    package init(
        settings: StewardSettings, stored: StoredThings, storage: Storage, sink: any EventSink,
        eventLoop: any EventLoop, logger: Logger
    ) {
        self.settings = settings
        self.storage = storage
        self.sink = sink
        self.eventLoop = eventLoop
        self.logger = logger
        var state = StewardState(answerPatience: settings.answerPatience)
        state.load(stored)
        // What this gateway has written itself reads back; the router would leave out a service that did not.
        services = (try? Service.list(state.servicesJSON()).services) ?? []
        own = .makeBoxSendingValue(Own(state), eventLoop: eventLoop)
        run { _, _ in }
    }

    // MARK: - The event loop

    /// Changes the state and does what that asks for, at once on the event loop. [any thread]
    func run(_ change: @escaping @Sendable (Own, Moment) -> Void) {
        guard eventLoop.inEventLoop else { return eventLoop.execute { self.run(change) } }
        let own = own.value
        change(own, .now())
        perform(own)
    }

    /// What an effect causes in turn waits until the effects before it are done.
    private func perform(_ own: Own) {
        guard !own.isPerforming else { return }
        own.isPerforming = true
        while case let effects = own.state.takeEffects(), !effects.isEmpty {
            for effect in effects { perform(effect, own) }
        }
        own.isPerforming = false
        schedule(own)
    }

    private func schedule(_ own: Own) {
        guard let next = own.state.nextDeadline, next < own.timerTime ?? .max else { return }
        own.timer?.cancel()
        own.timerTime = next
        own.timer = eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(next)) { [weak self] in
            guard let self else { return }
            let own = self.own.value
            own.timer = nil
            own.timerTime = nil
            run { own, now in own.state.timePassed(now: now) }
        }
    }

    private func perform(_ effect: StewardEffect, _ own: Own) {
        switch effect {
        case .send(let socket, let text): own.sockets[socket]?.outlet.send(text)
        case .close(let socket):
            own.sockets.removeValue(forKey: socket)?.outlet.close(code: ThingSocket.policyViolation)
        case .known(let number):
            guard let socket = own.sockets[number], socket.becomeKnown() else { return }
            unknownSockets.withLockedValue { $0.remove(number) }
        case .commit(let changes, let commitment):
            storage.commit(changes) { [self] result in
                run { own, now in self.committed(commitment, result, own, now) }
            }
        case .reply(let message, let reply): own.replies.removeValue(forKey: message)?(reply)
        case .subscribe(let subscription, let message):
            guard !sink.subscribed(self, subscription: subscription, message: message) else { return }
            own.replies.removeValue(forKey: message.id)?(
                .overloaded("The application has \(Limits.subscriptionsPerClient) subscriptions already."))
            own.state.removeSubscription(subscription, now: .now())
        case .push(let subscription, let members): sink.pushed(self, subscription: subscription, members: members)
        case .unsubscribe(let subscription): sink.unsubscribed(self, subscription: subscription)
        case .servicesChanged: sink.servicesChanged(self)
        case .routesChanged: sink.announced(self, services: own.state.servicesJSON())
        case .log(let level, let text): logger.log(level: level, "\(text)")
        }
    }

    private func committed(
        _ commitment: Commitment, _ result: Result<Void, StorageFailure>, _ own: Own, _ now: Moment
    ) {
        var failure: String?
        if case .failure(let reason) = result { failure = reason.description }
        own.state.committed(commitment, failure: failure, now: now)
        switch commitment.waiter {
        case .nobody, .request: ()
        case .owner(let operation):
            own.operations.removeValue(forKey: operation)?.resume(
                returning: failure.map { .failure(.notKept(reason: $0)) } ?? .success(()))
        case .revocation(let operation):
            own.operations.removeValue(forKey: operation)?.resume(
                returning: failure.map { .failure(.notRevoked(reason: $0)) } ?? .success(()))
        }
    }

    // MARK: - Sockets

    /// - Returns: `nil` where there are too many that have not said hello. [any thread]
    func makeSocket(_ dialect: ThingDialect, from address: IPAddress, outlet: any WebSocketOutlet) -> ThingSocket? {
        let (number, admission) = lastSocket.withLockedValue { last in
            last += 1
            return (last, unknownSockets.withLockedValue { $0.take(last, from: address) })
        }
        switch admission {
        case .refused: return nil
        case .admitted: ()
        case .admittedInstead(let displaced): run { own, _ in own.state.makeRoom(displaced) }
        }
        return ThingSocket(number: number, dialect: dialect, address: address, outlet: outlet, steward: self)
    }

    func opened(_ socket: ThingSocket) {
        run { [self] own, _ in
            // Others may have needed its place meanwhile.
            guard unknownSockets.withLockedValue({ $0.contains(socket.number) }) else {
                return socket.outlet.close(code: ThingSocket.policyViolation)
            }
            own.sockets[socket.number] = socket
            own.state.opened(socket.number, socket.dialect, from: socket.address)
        }
    }

    func received(_ text: [UInt8], on socket: ThingSocket) {
        run { own, now in
            socket.taken(text.count)
            own.state.received(text, on: socket.number, now: now)
        }
    }

    func receivedBinary(on socket: ThingSocket) {
        run { own, _ in own.state.receivedBinary(on: socket.number) }
    }

    func closed(_ socket: ThingSocket) {
        run { own, _ in
            own.sockets[socket.number] = nil
            own.state.closed(socket.number)
        }
        unknownSockets.withLockedValue { $0.remove(socket.number) }
    }

    /// Ends the timer. Sockets are the web server's to close, the storage is its owner's.
    package func shutDown() async {
        await withCheckedContinuation { continuation in
            run { own, _ in
                own.timer?.cancel()
                own.timer = nil
                continuation.resume()
            }
        }
    }
}

extension Moment {
    /// Both clocks, now.
    static func now() -> Moment {
        Moment(time: NIODeadline.now().uptimeNanoseconds, wallTime: ThingTime.now())
    }
}
