// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Whether `actual` is what `pattern` asks for, key order aside: `"*"` stands for any text that is not empty, `"{hmac:N}"`
/// for the HMAC of the nonce N, and an errorMessage that ends with `]` counts as far as that.
///
/// - Returns: `nil`, or what is different.
func difference(_ pattern: JSONNode, _ actual: JSONNode, at path: String = "$") -> String? {
    switch (pattern.content, actual.content) {
    case (.object(let expected), .object(let members)):
        let names = Set(expected.map(\.name))
        let found = Set(members.map(\.name))
        guard names == found else {
            return "\(path): missing \(names.subtracting(found)), unexpected \(found.subtracting(names))"
        }
        return expected.lazy.compactMap { member in
            actual[member.name].flatMap { difference(member.value, $0, at: "\(path).\(member.name)") }
        }.first
    case (.array(let expected), .array(let elements)):
        guard expected.count == elements.count else { return "\(path): \(elements.count) elements" }
        return zip(expected, elements).enumerated().lazy.compactMap { index, pair in
            difference(pair.0, pair.1, at: "\(path)[\(index)]")
        }.first
    case (.text("*"), .text(let text)): return text.isEmpty ? "\(path): empty" : nil
    case (.text(let expected), .text(let text)):
        if expected.hasPrefix("{hmac:") {
            let nonce = String(expected.dropFirst(6).dropLast())
            return text == TestGateway.hmac(nonce) ? nil : "\(path): not the HMAC of \(nonce)"
        }
        if path.hasSuffix(".errorMessage"), expected.hasSuffix("]") {
            let isRight = text.hasPrefix(expected + " ") && text.count > expected.count + 1
            return isRight ? nil : "\(path): \(text) instead of \(expected)"
        }
        return text == expected ? nil : "\(path): \(text) instead of \(expected)"
    case (.number(let expected), .number(let number)):
        return number == expected ? nil : "\(path): \(number) instead of \(expected)"
    default: return pattern.content == actual.content ? nil : "\(path): \(actual) instead of \(pattern)"
    }
}
