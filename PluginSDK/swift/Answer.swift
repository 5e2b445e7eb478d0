// Swift GotAPI · SPDX-License-Identifier: MIT

/// What a plug-in says to a request. A handler returns exactly one, so none is forgotten and none is given twice.
public struct Answer: Sendable {
    enum Content: Sendable {
        case members(Members)
        case later(@PluginActor @Sendable () async throws -> Answer)
    }

    let content: Content

    /// It was done. `members` may have any names but those that the gateway keeps for itself.
    public static func success(_ members: Members = [:]) -> Answer {
        var members = members
        members["result"] = 0
        return Answer(content: .members(members))
    }

    /// It was not done.
    ///
    /// - Parameters:
    ///   - result: a number above 0, whose meaning is the plug-in's.
    ///   - message: a sentence for people.
    public static func failure(_ result: Int64, _ message: String, _ members: Members = [:]) -> Answer {
        var members = members
        members["result"] = .integer(result)
        members["errorMessage"] = .text(message)
        return Answer(content: .members(members))
    }

    /// The answer comes when `operation` has it. It runs on the plug-in thread, where others are served while it
    /// awaits, and is cancelled when the answer no longer counts.
    public static func later(_ operation: @escaping @PluginActor @Sendable () async throws -> Answer) -> Answer {
        Answer(content: .later(operation))
    }
}

/// An error that becomes the answer.
public struct Failure: Error, Sendable {
    public var result: Int64
    public var message: String
    public var members: Members

    /// - Parameters:
    ///   - result: a number above 0, whose meaning is the plug-in's.
    ///   - message: a sentence for people.
    public init(_ result: Int64, _ message: String, _ members: Members = [:]) {
        self.result = result
        self.message = message
        self.members = members
    }
}
