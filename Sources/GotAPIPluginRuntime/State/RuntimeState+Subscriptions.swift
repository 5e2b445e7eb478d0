// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

extension RuntimeState {
    /// The most subscriptions that one plug-in has at a time; a client has at most ``Limits/subscriptionsPerClient``.
    static let subscriptionLimit = 65_536

    enum Begun {
        case handle(UInt64)
        case refused(Status)
    }

    mutating func subscribe(to handle: UInt64, now: UInt64) -> Begun {
        guard mayBegin, let message = message(handle) else { return .refused(.closed) }
        guard message.kind == .request else { return .refused(.unsupported) }
        let status = statusForAnswer(to: handle, now: now)
        guard status == .ok else { return .refused(status) }
        guard subscriptions.count < Self.subscriptionLimit, outgoing.count < Outgoing.subscriptionBound else {
            complain(.tooManySubscriptions, now: now) { count, state in
                "subscribe failed: the plug-in has \(state.subscriptions.count) subscriptions, or makes them faster than the"
                    + " gateway reads (\(count) since this was said last)"
            }
            return .refused(.failed)
        }
        let subscription = handles.next(.subscription)
        // The gateway shall hear of the subscription before the answer.
        message.keepsAnswer = false
        subscriptions[subscription] = Subscription()
        outgoing.append(.subscribed(message: message.id, subscription: subscription))
        return .handle(subscription)
    }

    /// Whether a push could be sent now, but for its size.
    func statusForPush(to handle: UInt64) -> Status {
        guard isOpen, let subscription = subscriptions[handle] else { return .closed }
        return subscription.isReachable ? .ok : .dropped
    }

    mutating func push(_ members: [UInt8], to handle: UInt64) -> Status {
        let status = statusForPush(to: handle)
        guard status == .ok else { return status }
        return outgoing.appendPush(members, subscription: handle) ? .ok : .full
    }

    mutating func unsubscribe(_ handle: UInt64) -> Status {
        guard isOpen, subscriptions.removeValue(forKey: handle) != nil else { return .closed }
        outgoing.append(.unsubscribed(subscription: handle))
        return .ok
    }
}
