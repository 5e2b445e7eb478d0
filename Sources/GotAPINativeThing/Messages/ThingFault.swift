// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The `error` of a response or of one of its items.
package struct ThingFault: Error, Sendable, Equatable {
    /// Whether the same request would fail again.
    package let isPermanent: Bool
    /// In words, from the other side: text for people, to be escaped wherever it is shown.
    package let diagnostic: String

    package init(permanent: Bool, _ diagnostic: String) {
        isPermanent = permanent
        self.diagnostic = diagnostic
    }

    /// Reads the value of `error`: a missing `permanent` is false, a missing `diagnostic` empty.
    init(_ node: JSONNode) {
        isPermanent = node["permanent"]?.boolean ?? false
        diagnostic = node["diagnostic"]?.text ?? node.text ?? ""
    }

    var json: JSONNode {
        ["permanent": JSONNode(booleanLiteral: isPermanent), "diagnostic": JSONNode(.text(diagnostic))]
    }
}

extension ThingFault {
    static func missing(_ parameter: String) -> ThingFault {
        ThingFault(permanent: true, "missing \(parameter) parameter")
    }

    static func invalid(_ parameter: String, _ expected: String) -> ThingFault {
        ThingFault(permanent: true, "invalid \(parameter) parameter: expected \(expected)")
    }

    static func limit(_ text: String) -> ThingFault { ThingFault(permanent: true, "limit exceeded: \(text)") }

    static let unknownPath = ThingFault(permanent: true, "unknown path")
    static let helloFirst = ThingFault(permanent: true, "say hello first")
    static let helloSaid = ThingFault(permanent: true, "this socket has said hello for another uuid")
    static let authenticationFailed = ThingFault(permanent: true, "authentication failed")
    static let usedCode = ThingFault(
        permanent: false, "the code has been used, try again with the next one in half a minute")
    static let tooManyFailures = ThingFault(permanent: false, "too many failures, try again in a minute")
    static let pairingClosed = ThingFault(permanent: false, "pairing is closed")
    static let tooManyAttempts = ThingFault(permanent: false, "too many attempts, try again in a minute")
    static let leaving = ThingFault(permanent: false, "the pairing is being removed, please retry")
    static let pairingIsFull = limit(
        "the prototypes and things of a pairing have at most \(ThingLimits.pairingBytes >> 20) MiB")
    static let otherDialect = ThingFault(
        permanent: true, "the uuid is paired over the other protocol; revoke that pairing first")
    static let unknownPrototype = ThingFault(permanent: true, "unknown prototype")
    static let registered = ThingFault(permanent: true, "UDN is already registered")
    static let noThing = ThingFault(permanent: true, "no such thingID")
    static let invalidEvent = ThingFault(permanent: true, "invalid eventID")
    static let notKept = ThingFault(permanent: false, "the gateway cannot keep it at the moment, please retry")
}
