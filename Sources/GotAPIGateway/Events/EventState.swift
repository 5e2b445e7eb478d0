// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Sockets, subscriptions and who listens to what: a state machine without locks and I/O. Its functions say what is to be
/// done outside; times are nanoseconds of a clock that never goes back.
struct EventState: Sendable {
    /// What must be done outside, in this order.
    enum Effect: Sendable {
        case setReachable(any PluginEndpoint, UInt64, Bool)
        case end(any PluginEndpoint, UInt64, UnsubscribeReason)
        case send(any WebSocketOutlet, [UInt8])
        case close(any WebSocketOutlet, code: UInt16)
    }

    /// Whom a push goes to.
    struct Push: Sendable {
        let outlet: any WebSocketOutlet
        /// How its text begins.
        let beginning: [UInt8]
        /// All of it, where the last push was the same.
        let text: [UInt8]?
    }

    /// How long a client may be without a socket before its subscriptions end (plugin-abi.md, `on_unsubscribed`).
    static let patience: UInt64 = 10_000_000_000

    private struct Socket: Sendable {
        let outlet: any WebSocketOutlet
        var isOpen = false
        /// The client that it was verified for.
        var client: UInt64?
    }

    private struct Listener: Sendable {
        /// Its verified sockets, the newest last.
        var sockets: [UInt64] = []
        var subscriptions: Set<Subscription.Name> = []
        /// When it asked for `onServiceChange`.
        var watchesServicesSince: UInt64?
        var lastSocketClosed: UInt64 = 0

        var listens: Bool { !subscriptions.isEmpty || watchesServicesSince != nil }
    }

    /// Where a subscription's pushes go, and how they begin.
    private struct Address: Sendable {
        let outlet: any WebSocketOutlet
        let beginning: [UInt8]
    }

    private var sockets: [UInt64: Socket] = [:]
    private var lastSocket: UInt64 = 0
    private var listeners: [UInt64: Listener] = [:]
    private var subscriptions: [Subscription.Name: Subscription] = [:]
    /// Where each subscription's pushes go, for those that have a client with a socket. A push needs nothing else.
    private var addresses: [Subscription.Name: Address] = [:]
    /// By message, those whose request is not answered yet.
    private var unanswered: [UInt64: [Subscription.Name]] = [:]
    /// Clients that listen and have no socket.
    private var unreachable: Set<UInt64> = []
    private var watchers: Set<UInt64> = []
    private var lastText = PushText.Last()

    private(set) var pushes: UInt64 = 0
    private(set) var droppedPushes: UInt64 = 0

    var socketCount: Int { sockets.count }
    var subscriptionCount: Int { subscriptions.count }

    // MARK: - Sockets

    /// - Returns: the socket's number, or `nil` where there are as many as there may be.
    mutating func admit(_ outlet: any WebSocketOutlet, limit: Int) -> UInt64? {
        guard sockets.count < limit else { return nil }
        lastSocket += 1
        sockets[lastSocket] = Socket(outlet: outlet)
        return lastSocket
    }

    mutating func opened(_ socket: UInt64) { sockets[socket]?.isOpen = true }

    /// The socket speaks for this client from now on, and is its newest.
    mutating func verified(_ socket: UInt64, for client: UInt64, now: UInt64) -> [Effect] {
        guard sockets[socket] != nil else { return [] }
        // The new client first: where it is the same one, it is never without a socket.
        let before = sockets[socket]?.client
        var effects: [Effect] = []
        if before != client {
            effects += withdraw(socket, now: now)
        } else {
            listeners[client]?.sockets.removeAll { $0 == socket }
        }
        sockets[socket]?.client = client
        let isFirst = listeners[client]?.sockets.isEmpty ?? true
        listeners[client, default: Listener()].sockets.append(socket)
        unreachable.remove(client)
        readdress(client)
        return effects + (isFirst && before != client ? reachability(of: client, true) : [])
    }

    /// The socket no longer speaks for anybody.
    mutating func withdraw(_ socket: UInt64, now: UInt64) -> [Effect] {
        guard let client = sockets[socket]?.client else { return [] }
        sockets[socket]?.client = nil
        listeners[client]?.sockets.removeAll { $0 == socket }
        readdress(client)
        guard let listener = listeners[client], listener.sockets.isEmpty else { return [] }
        listeners[client]?.lastSocketClosed = now
        settle(client)
        return reachability(of: client, false)
    }

    mutating func closed(_ socket: UInt64, now: UInt64) -> [Effect] {
        let effects = withdraw(socket, now: now)
        sockets[socket] = nil
        return effects
    }

    /// Closes every socket that is open.
    func closeAll(code: UInt16) -> [Effect] {
        sockets.values.filter(\.isOpen).map { .close($0.outlet, code: code) }
    }

    private func reachability(of client: UInt64, _ isReachable: Bool) -> [Effect] {
        (listeners[client]?.subscriptions ?? []).compactMap { subscriptions[$0] }.map {
            .setReachable($0.endpoint, $0.number, isReachable)
        }
    }

    /// The client's newest socket is another, or it has none.
    private mutating func readdress(_ client: UInt64) {
        for name in listeners[client]?.subscriptions ?? [] { readdress(name) }
    }

    private mutating func readdress(_ name: Subscription.Name) {
        guard let subscription = subscriptions[name] else { return }
        addresses[name] = newestOutlet(of: subscription.client).map {
            Address(outlet: $0, beginning: subscription.beginning)
        }
    }

    private func newestOutlet(of client: UInt64) -> (any WebSocketOutlet)? {
        listeners[client]?.sockets.last.flatMap { sockets[$0]?.outlet }
    }

    // MARK: - Subscriptions

    /// - Returns: `nil` where the client has as many as it may have.
    mutating func add(_ subscription: Subscription) -> [Effect]? {
        let client = subscription.client
        let name = Subscription.Name(subscription.endpoint, subscription.number)
        _ = remove(name)
        guard listeners[client]?.subscriptions.count ?? 0 < Limits.subscriptionsPerClient else { return nil }
        subscriptions[name] = subscription
        listeners[client, default: Listener()].subscriptions.insert(name)
        if subscription.answered == nil { unanswered[subscription.message, default: []].append(name) }
        readdress(name)
        settle(client)
        return [.setReachable(subscription.endpoint, subscription.number, newestOutlet(of: client) != nil)]
    }

    /// The request in whose name subscriptions began was answered.
    mutating func answered(message: UInt64, now: UInt64) {
        for name in unanswered.removeValue(forKey: message) ?? [] { subscriptions[name]?.answered = now }
    }

    mutating func remove(_ name: Subscription.Name) -> Subscription? {
        guard let subscription = subscriptions.removeValue(forKey: name) else { return nil }
        addresses[name] = nil
        listeners[subscription.client]?.subscriptions.remove(name)
        if subscription.answered == nil {
            unanswered[subscription.message]?.removeAll { $0 == name }
            if unanswered[subscription.message]?.isEmpty == true { unanswered[subscription.message] = nil }
        }
        settle(subscription.client)
        return subscription
    }

    /// Ends what began in the name of a request that is not answered yet.
    mutating func endSubscriptions(ofMessage message: UInt64) -> [Effect] {
        (unanswered[message] ?? []).compactMap { remove($0) }.map { .end($0.endpoint, $0.number, .clientGone) }
    }

    /// Whether anything began in the name of a request that is not answered yet.
    func hasSubscriptions(ofMessage message: UInt64) -> Bool { unanswered[message] != nil }

    /// The endpoints that have subscriptions.
    var subscribedEndpoints: [any PluginEndpoint] {
        Dictionary(subscriptions.values.map { (ObjectIdentifier($0.endpoint), $0.endpoint) }) { first, _ in first }
            .map(\.value)
    }

    /// Says which subscriptions of an endpoint are to go on with another or to end, oldest first; they stay where they are until
    /// ``takeMoved(_:from:)``.
    ///
    /// - Parameter ifAnswered: leaves out those whose request is not answered yet.
    mutating func beginMove(from endpoint: any PluginEndpoint, ifAnswered: Bool) -> [UInt64] {
        let numbers = numbers(of: endpoint, ifAnswered: ifAnswered)
        for number in numbers { subscriptions[Subscription.Name(endpoint, number)]?.isMoving = true }
        return numbers
    }

    /// Takes out those that have not ended meanwhile: others will take their place.
    mutating func takeMoved(_ numbers: [UInt64], from endpoint: any PluginEndpoint) -> [Subscription] {
        numbers.compactMap { remove(Subscription.Name(endpoint, $0)) }
    }

    /// Those that are not moving already.
    private func numbers(of endpoint: any PluginEndpoint, ifAnswered: Bool) -> [UInt64] {
        subscriptions.values
            .filter { $0.endpoint === endpoint && !$0.isMoving && (!ifAnswered || $0.answered != nil) }
            .map(\.number).sorted()
    }

    /// Tells a client that a subscription which was taken out does not go on.
    mutating func reportEnd(_ error: GatewayError, of subscription: Subscription) -> [Effect] {
        guard let outlet = newestOutlet(of: subscription.client) else {
            droppedPushes += 1
            return []
        }
        pushes += 1
        return [.send(outlet, PushText.end(error, beginning: subscription.beginning))]
    }

    mutating func endAllSubscriptions(_ reason: UnsubscribeReason) -> [Effect] {
        listeners.keys.flatMap { endSubscriptions(ofClient: $0, reason) }
    }

    /// The client has ended: so do its subscriptions and its sockets.
    mutating func clientEnded(_ client: UInt64) -> [Effect] {
        let outlets = (listeners[client]?.sockets ?? []).compactMap { sockets[$0]?.outlet }
        let effects = endSubscriptions(ofClient: client, .tokenEnded)
        return effects + outlets.map { .close($0, code: SessionState.policyViolation) }
    }

    private mutating func endSubscriptions(ofClient client: UInt64, _ reason: UnsubscribeReason) -> [Effect] {
        let ended = (listeners[client]?.subscriptions ?? []).compactMap { remove($0) }
        listeners[client]?.watchesServicesSince = nil
        watchers.remove(client)
        settle(client)
        return ended.map { .end($0.endpoint, $0.number, reason) }
    }

    /// Ends the subscriptions of clients that have had no socket for 10 s, counted from the answer if there never was one.
    mutating func expire(now: UInt64) -> [Effect] {
        var effects: [Effect] = []
        for client in unreachable {
            guard let listener = listeners[client] else { continue }
            let closed = listener.lastSocketClosed
            if let since = listener.watchesServicesSince, max(since, closed) + Self.patience <= now {
                setWatchesServices(client, false, now: now)
            }
            for name in listener.subscriptions {
                guard let answered = subscriptions[name]?.answered, max(answered, closed) + Self.patience <= now,
                    let subscription = remove(name)
                else { continue }
                effects.append(.end(subscription.endpoint, subscription.number, .clientGone))
            }
        }
        return effects
    }

    /// Forgets a client of which nothing is left, and keeps ``unreachable`` true.
    private mutating func settle(_ client: UInt64) {
        guard let listener = listeners[client] else { return }
        if listener.listens, listener.sockets.isEmpty { unreachable.insert(client) } else { unreachable.remove(client) }
        if !listener.listens, listener.sockets.isEmpty { listeners[client] = nil }
    }

    // MARK: - Pushes

    /// Whom a push of this subscription goes to, and its text as far as it is there; `nil` for one that is dropped.
    mutating func push(_ members: [UInt8], _ name: Subscription.Name) -> Push? {
        guard let address = addresses[name] else {
            droppedPushes += 1
            return nil
        }
        pushes += 1
        return Push(
            outlet: address.outlet, beginning: address.beginning,
            text: lastText.text(members, beginning: address.beginning))
    }

    /// Keeps a push's text for the next one, which may be the same.
    mutating func keep(_ text: [UInt8], _ members: [UInt8], beginning: [UInt8]) {
        lastText.keep(text, members, beginning: beginning)
    }

    mutating func setWatchesServices(_ client: UInt64, _ watches: Bool, now: UInt64) {
        if watches {
            listeners[client, default: Listener()].watchesServicesSince = now
            watchers.insert(client)
        } else {
            listeners[client]?.watchesServicesSince = nil
            watchers.remove(client)
        }
        settle(client)
    }

    mutating func serviceChanged(_ text: [UInt8]) -> [Effect] {
        watchers.compactMap { client in
            guard let outlet = newestOutlet(of: client) else {
                droppedPushes += 1
                return nil
            }
            pushes += 1
            return .send(outlet, text)
        }
    }
}
