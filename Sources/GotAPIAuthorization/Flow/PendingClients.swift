// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// An application that has sent a key and has no token yet.
struct PendingClient: Sendable {
    let number: UInt64
    let key: ClientKey
    let requester: Requester
    /// Nanoseconds.
    let made: UInt64
    /// Set by `grant`.
    var clientID: SecretHash?
}

/// All pending clients, found as gotapi-wire.md, "Authorization", says.
///
/// They live 10 minutes; 1,024 of one address and 16,384 in all are kept, the oldest going first. Nothing in here takes
/// longer the more of them there are.
struct PendingClients: Sendable {
    static let lifetime: UInt64 = 600_000_000_000
    static let maximumPerAddress = 1_024
    static let maximum = 16_384

    private struct Place: Hashable, Sendable {
        let origin: String
        let address: IPAddress

        init(_ requester: Requester) {
            origin = requester.origin
            address = requester.address
        }
    }

    private struct KeyName: Hashable, Sendable {
        let origin: String
        let keyID: String
    }

    private var clients: [UInt64: PendingClient] = [:]
    private var byAge = OrderedIndex<Everything>()
    private var byAddress = OrderedIndex<IPAddress>()
    private var byPlace = OrderedIndex<Place>()
    /// Those without a client id.
    private var ungranted = OrderedIndex<Place>()
    private var byKey = OrderedIndex<KeyName>()
    private var byClientID: [SecretHash: UInt64] = [:]
    private var connections = ConnectionMemory()

    var count: Int { clients.count }

    // MARK: - Changes

    /// - Parameter number: higher than every one before it.
    mutating func add(number: UInt64, key: ClientKey, requester: Requester, now: UInt64) {
        if byAddress.count(of: requester.address) >= Self.maximumPerAddress,
            let oldest = byAddress.oldest(of: requester.address)
        {
            _ = remove(oldest)
        }
        if clients.count >= Self.maximum, let oldest = byAge.oldest(of: .all) { _ = remove(oldest) }
        clients[number] = PendingClient(number: number, key: key, requester: requester, made: now)
        byAge.append(number, to: .all)
        byAddress.append(number, to: requester.address)
        byPlace.append(number, to: Place(requester))
        ungranted.append(number, to: Place(requester))
        byKey.append(number, to: KeyName(origin: requester.origin, keyID: key.id))
        connections.note(number, requester)
    }

    mutating func setClientID(_ clientID: SecretHash, of number: UInt64) {
        guard let client = clients[number] else { return }
        if let old = client.clientID { byClientID[old] = nil }
        ungranted.remove(number, from: Place(client.requester))
        byClientID[clientID] = number
        clients[number]?.clientID = clientID
    }

    mutating func remove(_ number: UInt64) -> PendingClient? {
        guard let client = clients.removeValue(forKey: number) else { return nil }
        byAge.remove(number, from: .all)
        byAddress.remove(number, from: client.requester.address)
        byPlace.remove(number, from: Place(client.requester))
        if let clientID = client.clientID {
            byClientID[clientID] = nil
        } else {
            ungranted.remove(number, from: Place(client.requester))
        }
        byKey.remove(number, from: KeyName(origin: client.requester.origin, keyID: client.key.id))
        return client
    }

    mutating func expire(now: UInt64) {
        while let oldest = byAge.oldest(of: .all), let client = clients[oldest], client.made + Self.lifetime <= now {
            _ = remove(oldest)
        }
    }

    // MARK: - Finding

    /// The one that a `grant` with this `keyId` means: among those with the same key, this connection's own comes first.
    func granted(keyID: String, _ requester: Requester) -> PendingClient? {
        if let own = connections.newest(requester).flatMap({ clients[$0] }), own.key.id == keyID { return own }
        return byKey.newest(of: KeyName(origin: requester.origin, keyID: keyID)).flatMap { clients[$0] }
    }

    /// The one that a `grant` without a `keyId` means.
    func granted(_ requester: Requester) -> PendingClient? { find(in: ungranted, requester) }

    /// Whether an `accesstoken` with a wrong client id comes from somebody who has a pending client.
    func hasAny(_ requester: Requester) -> Bool { find(in: byPlace, requester) != nil }

    /// A connection that has sent a key means its own newest one or, where that has ended, the newest of its place that was
    /// made later than it; a connection that has sent none, the newest of its place.
    private func find(in index: OrderedIndex<Place>, _ requester: Requester) -> PendingClient? {
        let own = connections.newest(requester)
        if let own, let client = clients[own] { return client }
        guard let newest = index.newest(of: Place(requester)), newest > own ?? 0 else { return nil }
        return clients[newest]
    }

    /// The one with this client id, if it was made by this origin; no origin at all is not another origin.
    func client(clientID: SecretHash, origin: String) -> PendingClient? {
        guard let client = byClientID[clientID].flatMap({ clients[$0] }),
            origin.isEmpty || client.requester.origin == origin
        else { return nil }
        return client
    }
}

/// Which pending client each connection made last, also after that client has ended.
///
/// The gateway is not told when connections end, so the oldest entries are forgotten: there are four times as many as
/// there can be HTTP connections, and as many of one address as there can be.
private struct ConnectionMemory: Sendable {
    static let maximumPerAddress = 4_096
    static let maximum = 16_384

    private struct Name: Hashable, Sendable {
        let connection: UInt64
        let origin: String
    }

    private struct Entry: Sendable {
        let name: Name
        let address: IPAddress
    }

    private var newest: [Name: UInt64] = [:]
    private var entries: [UInt64: Entry] = [:]
    private var byAge = OrderedIndex<Everything>()
    private var byAddress = OrderedIndex<IPAddress>()

    func newest(_ requester: Requester) -> UInt64? {
        newest[Name(connection: requester.connection, origin: requester.origin)]
    }

    mutating func note(_ number: UInt64, _ requester: Requester) {
        let name = Name(connection: requester.connection, origin: requester.origin)
        if let before = newest[name] { forget(before) }
        if byAddress.count(of: requester.address) >= Self.maximumPerAddress,
            let oldest = byAddress.oldest(of: requester.address)
        {
            forget(oldest)
        }
        if byAge.count >= Self.maximum, let oldest = byAge.oldest(of: .all) { forget(oldest) }
        newest[name] = number
        entries[number] = Entry(name: name, address: requester.address)
        byAge.append(number, to: .all)
        byAddress.append(number, to: requester.address)
    }

    private mutating func forget(_ number: UInt64) {
        guard let entry = entries.removeValue(forKey: number) else { return }
        newest[entry.name] = nil
        byAge.remove(number, from: .all)
        byAddress.remove(number, from: entry.address)
    }
}
