// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore
import NIOWebSocket

/// Messages that wait until a client reads. Where more than `limit` bytes wait, the oldest go (gotapi-wire.md,
/// "GotAPI-5").
struct PushQueue {
    private var messages: [[UInt8]] = []
    /// The index of the oldest message that is still there; those before it are empty.
    private var first = 0
    private(set) var bytes = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { first == messages.count }

    /// Whether another message fits without dropping one.
    func hasRoom(for message: [UInt8]) -> Bool { isEmpty || bytes + message.count <= limit }

    /// Adds a message. A message longer than the limit is kept as the only one.
    ///
    /// - Returns: how many older ones were dropped.
    mutating func append(_ message: [UInt8]) -> Int {
        var dropped = 0
        while !isEmpty, bytes + message.count > limit {
            _ = removeFirst()
            dropped += 1
        }
        messages.append(message)
        bytes += message.count
        return dropped
    }

    /// Takes messages in order and appends them to `buffer` as text frames, until it holds at least `amount` bytes.
    mutating func drain(into buffer: inout ByteBuffer, upTo amount: Int) {
        while !isEmpty, buffer.readableBytes < amount {
            OutgoingFrame.append(.text, removeFirst(), to: &buffer)
        }
    }

    /// Takes everything and forgets it.
    mutating func removeAll() { self = PushQueue(limit: limit) }

    private mutating func removeFirst() -> [UInt8] {
        var message: [UInt8] = []
        swap(&message, &messages[first])
        first += 1
        bytes -= message.count
        if first == messages.count {
            messages.removeAll(keepingCapacity: messages.capacity <= 16)
            first = 0
        } else if first >= 64, first * 2 >= messages.count {
            // Keeps the empty part smaller than the rest, at a cost that is constant for each message.
            messages.removeSubrange(..<first)
            first = 0
        }
        return message
    }
}
