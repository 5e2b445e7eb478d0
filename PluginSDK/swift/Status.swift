// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin

/// What a function of the gateway's returned.
public struct Status: RawRepresentable, Error, Sendable, Equatable {
    public let rawValue: Int32

    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let ok = Status(rawValue: 0)
    public static let notFound = Status(rawValue: 1)
    public static let invalidArgument = Status(rawValue: 2)
    /// The message has its answer; the first one stands.
    public static let alreadyAnswered = Status(rawValue: 3)
    /// It is over: the subscription, the message's time, or the plug-in itself.
    public static let closed = Status(rawValue: 4)
    /// The client has no socket at the moment: the push was not sent.
    public static let dropped = Status(rawValue: 5)
    /// The gateway has not yet read what was pushed before: not sent, try again later.
    public static let full = Status(rawValue: 6)
    /// More than 1 MiB.
    public static let tooLarge = Status(rawValue: 7)
    public static let badJSON = Status(rawValue: 8)
    public static let wrongThread = Status(rawValue: 9)
    public static let unsupported = Status(rawValue: 10)
    public static let failed = Status(rawValue: 11)

    func orThrow() throws {
        if self != .ok { throw self }
    }
}

extension Status: CustomStringConvertible {
    public var description: String {
        let names = [
            "OK", "NOT_FOUND", "INVALID_ARGUMENT", "ALREADY_ANSWERED", "CLOSED", "DROPPED", "FULL", "TOO_LARGE",
            "BAD_JSON", "WRONG_THREAD", "UNSUPPORTED", "FAILED",
        ]
        let index = Int(rawValue)
        return names.indices.contains(index) ? "GOTAPI_\(names[index])" : "status \(rawValue)"
    }
}
