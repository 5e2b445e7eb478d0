// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What `register` and `update` say of a thing's state. Members that are unknown are ignored.
struct ThingUpdate: Sendable, Equatable {
    let name: String?
    let status: String?
    /// Milliseconds since 1970, not later than now.
    let updated: Int64?
    /// `nil` where nothing is said; `null` as a value clears.
    let info: [JSONNode.Member]?

    init(_ item: JSONNode, now: Moment) throws(ThingFault) {
        name = try Self.text(item, "name")
        status = try Self.text(item, "status")
        if let node = item["updated"], node.content != .null {
            guard let time = ThingTime.parse(node) else {
                throw .invalid("updated", "ISO 8601 or milliseconds since 1970")
            }
            updated = min(time, now.wallTime)
        } else {
            updated = nil
        }
        if let node = item["info"], node.content != .null {
            guard let members = node.object else { throw .invalid("info", "an object") }
            info = members
        } else {
            info = nil
        }
    }

    private static func text(_ item: JSONNode, _ name: String) throws(ThingFault) -> String? {
        guard let node = item[name], node.content != .null else { return nil }
        // Where it is kept, a text ends with this character.
        guard let text = node.text, !text.utf8.contains(0) else { throw .invalid(name, "a text") }
        return text
    }
}
