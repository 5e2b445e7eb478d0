// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The messages that one plug-in has not answered yet, within the limits of gotapi-wire.md, "Limits".
struct PendingTable {
    typealias Reply = @Sendable (PluginReply) -> Void

    struct Entry {
        let message: PluginMessage
        let reply: Reply
        /// The plug-in has not been given it.
        let isHeld: Bool
    }

    /// Parameters of the messages that wait, in bytes: 1,024 requests of 1 MiB would fill the memory of a small board.
    static let maximumBytes = 64 << 20

    private var entries: [UInt64: Entry] = [:]
    private var bytes = 0
    private var heldCount = 0
    private var countByClient: [UInt64: Int] = [:]

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    /// Whether the plug-in owes an answer.
    var hasDelivered: Bool { entries.count > heldCount }

    subscript(message: UInt64) -> PluginMessage? { entries[message]?.message }

    /// Takes a message in.
    ///
    /// - Parameter isHeld: it is kept from the plug-in for now.
    /// - Returns: `nil`, or which limit was met, in words; the message is then not taken.
    mutating func insert(_ message: PluginMessage, isHeld: Bool = false, reply: @escaping Reply) -> String? {
        guard entries.count < Limits.pendingRequestsPerPlugin else {
            return "The plug-in has \(Limits.pendingRequestsPerPlugin) requests that are not answered yet."
        }
        guard entries[message.id] == nil else { return "The message is waiting for its answer already." }
        let size = Self.size(of: message)
        guard bytes + size <= Self.maximumBytes else {
            return "The plug-in has \(Self.maximumBytes >> 20) MiB of requests that are not answered yet."
        }
        // Messages in nobody's name have the plug-in's limit alone.
        if message.client != 0 {
            guard Self.count(one: &countByClient[message.client, default: 0]) else {
                return "The application has \(Limits.pendingRequestsPerClient) requests to this plug-in that are not "
                    + "answered yet."
            }
        }
        bytes += size
        entries[message.id] = Entry(message: message, reply: reply, isHeld: isHeld)
        if isHeld { heldCount += 1 }
        return nil
    }

    private static func count(one count: inout Int) -> Bool {
        guard count < Limits.pendingRequestsPerClient else { return false }
        count += 1
        return true
    }

    mutating func remove(_ message: UInt64) -> Entry? {
        guard let entry = entries.removeValue(forKey: message) else { return nil }
        bytes -= Self.size(of: entry.message)
        if entry.isHeld { heldCount -= 1 }
        let client = entry.message.client
        if client != 0, let index = countByClient.index(forKey: client) {
            countByClient.values[index] -= 1
            if countByClient.values[index] == 0 { countByClient.remove(at: index) }
        }
        return entry
    }

    /// Takes out what has passed its deadline.
    ///
    /// - Parameter now: CLOCK_MONOTONIC in nanoseconds.
    mutating func removeExpired(now: UInt64) -> [Entry] {
        var expired: [UInt64] = []
        for (id, entry) in entries where entry.message.deadline <= now { expired.append(id) }
        return expired.compactMap { remove($0) }
    }

    private static func size(of message: PluginMessage) -> Int {
        message.parameters.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }

    /// When the next message expires, in nanoseconds on CLOCK_MONOTONIC.
    var earliestDeadline: UInt64? { entries.values.lazy.map(\.message.deadline).min() }

    /// Takes out those that the plug-in was given, or those that are held, oldest first.
    mutating func removeAll(held: Bool) -> [Entry] {
        entries.values.filter { $0.isHeld == held }.map(\.message.id).sorted().compactMap { remove($0) }
    }
}
