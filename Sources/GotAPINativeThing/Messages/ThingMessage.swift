// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// One message from a thing: native-thing.md, "Envelope".
package struct ThingMessage: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// `path` is `nil` where it is no text.
        case request(path: String?)
        case response
    }

    /// Why a socket is closed: binary, no JSON object, no usable requestID.
    package struct Unusable: Error, Equatable {}

    package let requestID: RequestID
    package let kind: Kind
    /// The message; without members where it is beyond a limit.
    package let body: JSONNode
    /// The first limit that it is beyond.
    package let excess: ThingFault?
    /// The message's length in bytes.
    package let size: Int

    package init(_ text: [UInt8]) throws(Unusable) {
        size = text.count
        let body: JSONNode
        do throws(JSONScanner.SyntaxError) {
            if text.count > ThingLimits.message {
                body = try Self.envelope(of: text)
                excess = .limit("a message has at most \(ThingLimits.message >> 10) KiB")
            } else {
                body = try JSONNode(parsing: text, maximumDepth: ThingLimits.readDepth)
                excess = Self.excess(of: body)
            }
        } catch {
            throw Unusable()
        }
        guard body.object != nil, let requestID = RequestID(body["requestID"]) else { throw Unusable() }
        self.requestID = requestID
        kind = body["path"].map { .request(path: $0.text) } ?? .response
        self.body = excess == nil ? body : JSONNode(.object([]))
    }

    /// What must be known of a message to refuse it; the rest stays text.
    private static func envelope(of text: [UInt8]) throws(JSONScanner.SyntaxError) -> JSONNode {
        var members: [JSONNode.Member] = []
        for member in try JSONScanner.members(of: text, maximumDepth: ThingLimits.readDepth)
        where (member.name == "requestID" || member.name == "path") && member.value.count <= 2 * ThingLimits.text {
            let value = try JSONNode(parsing: Array(text[member.value]))
            members.append(JSONNode.Member(name: member.name, value: value))
        }
        return JSONNode(.object(members))
    }

    private static func excess(of body: JSONNode) -> ThingFault? {
        var search = LimitSearch()
        search.look(at: body, depth: 0)
        if search.isTooDeep { return .limit("a message is at most \(ThingLimits.depth) levels deep") }
        if search.hasLongText { return .limit("a text has at most \(ThingLimits.text >> 10) KiB") }
        return nil
    }
}

/// Looks for what is too deep or too long.
private struct LimitSearch {
    var isTooDeep = false
    var hasLongText = false

    mutating func look(at node: JSONNode, depth: Int) {
        switch node.content {
        case .text(let text), .number(let text): check(text)
        case .array(let elements):
            guard enter(depth) else { return }
            for element in elements { look(at: element, depth: depth + 1) }
        case .object(let members):
            guard enter(depth) else { return }
            for member in members {
                check(member.name)
                look(at: member.value, depth: depth + 1)
            }
        case .null, .boolean: ()
        }
    }

    private mutating func check(_ text: String) {
        if text.utf8.count > ThingLimits.text { hasLongText = true }
    }

    private mutating func enter(_ depth: Int) -> Bool {
        if depth >= ThingLimits.depth { isTooDeep = true }
        return !isTooDeep
    }
}
