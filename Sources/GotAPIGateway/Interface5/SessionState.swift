// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// GotAPI-5's rules for one socket: gotapi-wire.md, "GotAPI-5". Events in, an action out; no socket, no clock.
struct SessionState: Sendable, Equatable {
    enum Event: Sendable, Equatable {
        case opened
        /// A message with a token that is known, and this origin's.
        case knownToken
        case unknownToken
        /// No JSON, empty, `null` or binary.
        case badMessage
        /// JSON without a token.
        case otherMessage
        case timerFired
    }

    enum Action: Sendable, Equatable {
        case none
        /// Waits this long for a token.
        case await(Duration)
        /// Answers that the token is good; nothing is waited for any more.
        case confirm
        /// Answers with this error; the socket stays open.
        case complain(Problem)
        /// Answers with this error and waits that long before closing.
        case dismiss(Problem, closingAfter: Duration)
        case close(code: UInt16)
    }

    enum Problem: Sendable, Equatable {
        case badMessage
        case unknownToken
        case noToken
    }

    /// How long a socket may stay without a token.
    static let patience: Duration = .seconds(5)
    /// How long after its dismissal a socket is closed, so that the client can read the answer.
    static let farewell: Duration = .seconds(1)
    /// RFC 6455, section 7.4.1: the peer broke a rule of the application's, here that a socket needs a token.
    static let policyViolation: UInt16 = 1008
    /// RFC 6455, section 7.4.1: the server is going down.
    static let goingAway: UInt16 = 1001

    private enum Phase: Sendable, Equatable {
        case unverified
        case verified
        case dismissed
    }

    private var phase = Phase.unverified

    /// Whether what the client says still counts.
    var listens: Bool { phase != .dismissed }

    mutating func receive(_ event: Event) -> Action {
        switch (phase, event) {
        case (_, .opened): return .await(Self.patience)
        case (.dismissed, .timerFired): return .close(code: Self.policyViolation)
        case (.dismissed, _): return .none
        case (_, .knownToken):
            phase = .verified
            return .confirm
        case (_, .unknownToken):
            phase = .dismissed
            return .dismiss(.unknownToken, closingAfter: Self.farewell)
        case (_, .badMessage): return .complain(.badMessage)
        case (_, .otherMessage): return .none
        case (.unverified, .timerFired):
            phase = .dismissed
            return .dismiss(.noToken, closingAfter: Self.farewell)
        case (.verified, .timerFired): return .none
        }
    }
}
