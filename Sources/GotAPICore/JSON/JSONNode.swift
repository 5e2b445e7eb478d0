// Swift GotAPI · SPDX-License-Identifier: MIT

/// A JSON value as a tree that remembers where it stands in the text: for configuration, control messages and whatever
/// is off the hot path.
package struct JSONNode: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case null
        case boolean(Bool)
        /// The number as it is written, so that nothing is lost.
        case number(String)
        case text(String)
        case array([JSONNode])
        case object([Member])
    }

    package struct Member: NamedMember, Sendable, Equatable {
        package let name: String
        /// Where the name stands, in bytes from the beginning of the text.
        package let offset: Int
        package let value: JSONNode

        package init(name: String, offset: Int = 0, value: JSONNode) {
            self.name = name
            self.offset = offset
            self.value = value
        }
    }

    package let content: Content
    /// Where the value stands, in bytes from the beginning of the text.
    package let offset: Int

    package init(_ content: Content, offset: Int = 0) {
        self.content = content
        self.offset = offset
    }

    /// Reads one JSON value.
    ///
    /// - Parameter keepsRepeatedNames: true where an object shall keep every member of a name that occurs more than once, so
    ///   that the reader can complain; else the last one replaces the others.
    package init(
        parsing text: [UInt8], maximumDepth: Int = Limits.jsonDepth, keepsRepeatedNames: Bool = false
    ) throws(JSONScanner.SyntaxError) {
        self = try JSONScanner.node(of: text, maximumDepth: maximumDepth, keepsRepeatedNames: keepsRepeatedNames)
    }

    /// The value of an object's member, or `nil` where this is no object or has no such member.
    package subscript(name: String) -> JSONNode? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var text: String? {
        if case .text(let text) = content { text } else { nil }
    }

    package var boolean: Bool? {
        if case .boolean(let value) = content { value } else { nil }
    }

    /// The number, if it is written as an integer that an `Int` holds.
    package var integer: Int? {
        if case .number(let text) = content { Int(text) } else { nil }
    }

    package var array: [JSONNode]? {
        if case .array(let elements) = content { elements } else { nil }
    }

    package var object: [Member]? {
        if case .object(let members) = content { members } else { nil }
    }

    /// The value as compact JSON text.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    private func append(to bytes: inout [UInt8]) {
        switch content {
        case .null: bytes += Array("null".utf8)
        case .boolean(let value): bytes += Array((value ? "true" : "false").utf8)
        case .number(let text): bytes += Array(text.utf8)
        case .text(let text): JSONText.append(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.append(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral text: String) { self.init(.text(text)) }
    package init(booleanLiteral value: Bool) { self.init(.boolean(value)) }
    package init(integerLiteral value: Int) { self.init(.number(String(value))) }
    package init(arrayLiteral elements: JSONNode...) { self.init(.array(elements)) }
    package init(dictionaryLiteral members: (String, JSONNode)...) {
        self.init(.object(members.map { Member(name: $0, value: $1) }))
    }
    package init(nilLiteral: ()) { self.init(.null) }
}
