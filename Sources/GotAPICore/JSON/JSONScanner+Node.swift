// Swift GotAPI · SPDX-License-Identifier: MIT

/// The scan that makes a tree. It looks at each byte once, however deep it stands.
extension JSONScanner {
    /// Checks that `text` is one JSON value and returns it.
    static func node(
        of text: [UInt8], maximumDepth: Int, keepsRepeatedNames: Bool
    ) throws(SyntaxError) -> JSONNode {
        try scan(text, maximumDepth: maximumDepth) { scanner throws(SyntaxError) in
            try scanner.readValue(depth: 0, keepsRepeatedNames: keepsRepeatedNames)
        }
    }

    private mutating func readValue(depth: Int, keepsRepeatedNames: Bool) throws(SyntaxError) -> JSONNode {
        let start = offset
        let content: JSONNode.Content
        switch current {
        case UInt8(ascii: "{"):
            content = .object(try readObject(depth: depth + 1, keepsRepeatedNames: keepsRepeatedNames))
        case UInt8(ascii: "["):
            content = .array(try readArray(depth: depth + 1, keepsRepeatedNames: keepsRepeatedNames))
        default:
            try skipValue(depth: depth)
            content = Self.scalar(bytes[start..<offset])
        }
        return JSONNode(content, offset: start)
    }

    private mutating func readObject(
        depth: Int, keepsRepeatedNames: Bool
    ) throws(SyntaxError) -> [JSONNode.Member] {
        try enter(depth)
        var members = MemberList<JSONNode.Member>(keepsRepeatedNames: keepsRepeatedNames)
        guard current != UInt8(ascii: "}") else {
            offset += 1
            return []
        }
        repeat {
            let name = try skipName()
            members.append(
                JSONNode.Member(
                    name: JSONText.decodeString(bytes[name]), offset: name.lowerBound,
                    value: try readValue(depth: depth, keepsRepeatedNames: keepsRepeatedNames)))
        } while try continues(closing: UInt8(ascii: "}"))
        return members.all
    }

    private mutating func readArray(depth: Int, keepsRepeatedNames: Bool) throws(SyntaxError) -> [JSONNode] {
        try enter(depth)
        var elements: [JSONNode] = []
        guard current != UInt8(ascii: "]") else {
            offset += 1
            return []
        }
        repeat {
            elements.append(try readValue(depth: depth, keepsRepeatedNames: keepsRepeatedNames))
        } while try continues(closing: UInt8(ascii: "]"))
        return elements
    }

    /// - Parameter text: a valid value that is neither an object nor an array.
    private static func scalar(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> JSONNode.Content {
        switch text[text.startIndex] {
        case UInt8(ascii: "\""): .text(JSONText.decodeString(text))
        case UInt8(ascii: "t"): .boolean(true)
        case UInt8(ascii: "f"): .boolean(false)
        case UInt8(ascii: "n"): .null
        default: .number(String(decoding: text, as: UTF8.self))
        }
    }
}
