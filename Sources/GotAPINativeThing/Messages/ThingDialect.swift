// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Which protocol a socket speaks: paths and members that differ, nothing else.
package enum ThingDialect: Sendable, Equatable {
    /// The Native Thing protocol, at `/native`.
    case native
    /// The Simple Thing protocol, at `/manage`.
    case simple

    /// What a thing asks for.
    enum Verb: Sendable, Equatable {
        /// The uuid where the path has it.
        case pair(String?)
        /// The thingID where the path has it.
        case hello(String?)
        case prototype
        case register
        case update
        case report
    }

    /// `nil` for a path that is unknown.
    func verb(of path: String) -> Verb? {
        switch self {
        case .native:
            switch path {
            case "/api/v1/pair": .pair(nil)
            case "/api/v1/hello": .hello(nil)
            case "/api/v1/prototype": .prototype
            case "/api/v1/register": .register
            case "/api/v1/update": .update
            case "/api/v1/report": .report
            default: nil
            }
        case .simple:
            switch path {
            case "/api/v1/thing/prototype": .prototype
            case "/api/v1/thing/register": .register
            case "/api/v1/thing/update": .update
            case "/api/v1/thing/report": .report
            default: Self.simpleVerb(of: path)
            }
        }
    }

    /// The two whose path names somebody.
    private static func simpleVerb(of path: String) -> Verb? {
        for (prefix, verb) in [("/api/v1/thing/pair/", Verb.pair), ("/api/v1/thing/hello/", Verb.hello)] {
            guard path.hasPrefix(prefix) else { continue }
            let name = path.utf8.dropFirst(prefix.utf8.count)
            guard !name.isEmpty, !name.contains(UInt8(ascii: "/")) else { return nil }
            return PercentEncoding.decode(name, plusIsSpace: false).map { verb($0) }
        }
        return nil
    }

    /// The path of a request of ours.
    ///
    /// - Parameter verb: `observe`, `report` or `perform`.
    func path(_ verb: String) -> String {
        switch self {
        case .native: "/api/v1/\(verb)"
        case .simple: "/api/v1/thing/\(verb)"
        }
    }

    /// Members with which every answer of ours begins.
    var replyMembers: [(String, JSONNode)] {
        switch self {
        case .native: []
        case .simple: [("path", "/api/v1/thing/report")]
        }
    }

    /// What names the thing in `observe` and `perform`.
    var thingMember: String {
        switch self {
        case .native: "thing"
        case .simple: "thingID"
        }
    }

    /// What names the prototype in `register`.
    var prototypeMember: String {
        switch self {
        case .native: "prototype"
        case .simple: "devicetype"
        }
    }
}
