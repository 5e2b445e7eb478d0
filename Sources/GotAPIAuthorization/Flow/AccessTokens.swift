// Swift GotAPI · SPDX-License-Identifier: MIT

/// The clients that hold a token.
///
/// A token ends 24 h after its last request or open socket; 100,000 are kept, the least recently used without an open
/// socket going first (gotapi-wire.md, "Authorization").
struct AccessTokens: Sendable {
    static let lifetime: UInt64 = 24 * 3_600_000_000_000
    static let maximum = 100_000
    /// A use moves a token to the end of the line at most this often, so that a busy client costs two look-ups a request.
    private static let resolution: UInt64 = 1_000_000_000

    private struct Record: Sendable {
        let client: Client
        let hash: SecretHash
        var lastUse: UInt64
        var sockets = 0
    }

    private enum Line: Hashable, Sendable {
        case withoutSocket
        case withSocket
    }

    private var records: [UInt64: Record] = [:]
    private var numbers: [SecretHash: UInt64] = [:]
    private var byUse = OrderedIndex<Line>()
    private let maximum: Int

    init(maximum: Int = Self.maximum) { self.maximum = maximum }

    var count: Int { records.count }

    /// - Returns: the clients that ended to make room.
    mutating func add(_ client: Client, token: String, now: UInt64) -> [UInt64] {
        var ended: [UInt64] = []
        while records.count >= maximum,
            let oldest = byUse.oldest(of: .withoutSocket) ?? byUse.oldest(of: .withSocket)
        {
            remove(oldest)
            ended.append(oldest)
        }
        let hash = SecretHash(token)
        records[client.number] = Record(client: client, hash: hash, lastUse: now)
        numbers[hash] = client.number
        byUse.append(client.number, to: .withoutSocket)
        return ended
    }

    /// The client that holds `token`, if `origin` is the one that it was issued to. Counts as a use.
    mutating func use(_ token: SecretHash, origin: String, now: UInt64) -> Client? {
        guard let number = numbers[token], let record = records[number] else { return nil }
        // No origin at all, where it is let in, is not another origin.
        guard origin.isEmpty || record.client.origin == origin else { return nil }
        guard record.sockets > 0 || now < record.lastUse + Self.lifetime else { return nil }
        if now >= record.lastUse + Self.resolution { touch(number, record, now: now) }
        return record.client
    }

    mutating func socketOpened(_ number: UInt64, now: UInt64) {
        guard let record = records[number] else { return }
        if record.sockets == 0 { byUse.remove(number, from: .withoutSocket) }
        if record.sockets == 0 { byUse.append(number, to: .withSocket) }
        records[number]?.sockets += 1
        records[number]?.lastUse = now
    }

    mutating func socketClosed(_ number: UInt64, now: UInt64) {
        guard let record = records[number], record.sockets > 0 else { return }
        if record.sockets == 1 {
            byUse.remove(number, from: .withSocket)
            byUse.append(number, to: .withoutSocket)
        }
        records[number]?.sockets -= 1
        records[number]?.lastUse = now
    }

    /// - Returns: the clients that ended.
    mutating func expire(now: UInt64) -> [UInt64] {
        var ended: [UInt64] = []
        while let oldest = byUse.oldest(of: .withoutSocket), let record = records[oldest],
            record.lastUse + Self.lifetime <= now
        {
            remove(oldest)
            ended.append(oldest)
        }
        return ended
    }

    private mutating func touch(_ number: UInt64, _ record: Record, now: UInt64) {
        records[number]?.lastUse = now
        let line: Line = record.sockets == 0 ? .withoutSocket : .withSocket
        byUse.remove(number, from: line)
        byUse.append(number, to: line)
    }

    private mutating func remove(_ number: UInt64) {
        guard let record = records.removeValue(forKey: number) else { return }
        numbers[record.hash] = nil
        byUse.remove(number, from: record.sockets == 0 ? .withoutSocket : .withSocket)
    }
}
