// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// What ties an answer to its request: a text that is not empty or, as in the document's own examples, a number. It is
/// given back with the JSON type with which it came.
package enum RequestID: Sendable, Hashable {
    case text(String)
    /// As it was written.
    case number(String)

    /// `nil` for what cannot be one: nothing, an empty text, another type, or more than ``ThingLimits/text`` bytes.
    package init?(_ node: JSONNode?) {
        switch node?.content {
        case .text(let text) where 1...ThingLimits.text ~= text.utf8.count: self = .text(text)
        case .number(let text) where text.utf8.count <= ThingLimits.text: self = .number(text)
        default: return nil
        }
    }

    package var json: JSONNode {
        switch self {
        case .text(let text): JSONNode(.text(text))
        case .number(let text): JSONNode(.number(text))
        }
    }
}
