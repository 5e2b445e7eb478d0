// Swift GotAPI · SPDX-License-Identifier: MIT

/// How many messages one socket may send: ``ThingLimits/messagesPerSecond`` on the average.
struct MessageRate: Sendable, Equatable {
    /// In nanoseconds, what one message costs.
    private static let cost = 1_000_000_000 / UInt64(ThingLimits.messagesPerSecond)

    /// When the cost of all messages so far is paid.
    private var paid: UInt64 = 0

    /// Takes a message down.
    ///
    /// - Returns: false where it is one too many.
    mutating func take(now: UInt64) -> Bool {
        paid = max(paid, now) + Self.cost
        return paid <= now + Self.cost * UInt64(ThingLimits.messagesAtOnce)
    }
}
