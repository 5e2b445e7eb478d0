// Swift GotAPI · SPDX-License-Identifier: MIT

/// Which applications listen to what, one subscription for each client and subject however often it asks.
struct Subscriptions: Sendable {
    enum Subject: Sendable, Hashable {
        case properties
        case event(EventName, isPresence: Bool)
    }

    struct Subscription: Sendable, Hashable {
        /// The gateway's number.
        let client: UInt64
        let thing: ThingName
        let subject: Subject
    }

    private var numbers: [Subscription: UInt64] = [:]
    private var subscriptions: [UInt64: Subscription] = [:]
    private var watching: [ThingName: Set<UInt64>] = [:]
    private var lastNumber: UInt64 = 0

    subscript(number: UInt64) -> Subscription? { subscriptions[number] }

    func number(of subscription: Subscription) -> UInt64? { numbers[subscription] }

    /// Those that want the thing's changed properties.
    func watchers(of thing: ThingName) -> Set<UInt64> { watching[thing] ?? [] }

    mutating func add(_ subscription: Subscription) -> UInt64 {
        lastNumber += 1
        numbers[subscription] = lastNumber
        subscriptions[lastNumber] = subscription
        if subscription.subject == .properties { watching[subscription.thing, default: []].insert(lastNumber) }
        return lastNumber
    }

    mutating func remove(_ number: UInt64) -> Subscription? {
        guard let subscription = subscriptions.removeValue(forKey: number) else { return nil }
        numbers[subscription] = nil
        watching[subscription.thing]?.remove(number)
        if watching[subscription.thing]?.isEmpty == true { watching[subscription.thing] = nil }
        return subscription
    }
}
