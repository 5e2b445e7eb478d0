// Swift GotAPI · SPDX-License-Identifier: MIT

/// How much one socket may send: ``ThingLimits/messagesPerSecond`` or ``ThingLimits/bytesPerSecond`` on the average, and
/// what comes in two seconds at once.
struct MessageRate: Sendable, Equatable {
    private static let second: UInt64 = 1_000_000_000
    /// In nanoseconds, what one message and one byte cost.
    private static let messageCost = second / UInt64(ThingLimits.messagesPerSecond)
    private static let unknownMessageCost = second / UInt64(ThingLimits.unknownMessagesPerSecond)
    private static let byteCost = second / UInt64(ThingLimits.bytesPerSecond)

    /// When the cost of all messages so far is paid.
    private var paid: UInt64 = 0

    /// Takes a message down.
    ///
    /// - Parameter isKnown: whether the socket has said hello; before, ``ThingLimits/unknownMessagesPerSecond`` holds.
    /// - Returns: false where it is one too many.
    mutating func take(bytes: Int, isKnown: Bool, now: UInt64) -> Bool {
        pay((isKnown ? Self.messageCost : Self.unknownMessageCost) + Self.byteCost * UInt64(bytes), now: now)
    }

    /// Takes down what a message has caused to be written or pushed: a few bytes may change a thing of many, or report of it.
    ///
    /// - Returns: false where that is too much.
    mutating func take(written bytes: Int, now: UInt64) -> Bool {
        pay(Self.byteCost * UInt64(bytes), now: now)
    }

    private mutating func pay(_ cost: UInt64, now: UInt64) -> Bool {
        paid = max(paid, now) + cost
        return paid <= now + 2 * Self.second
    }
}
