// Swift GotAPI · SPDX-License-Identifier: MIT

/// A JSON value, to be written: `["celsius": 21.5, "name": .text(name), "battery": nil]`.
public enum JSON: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// Infinities and NaN, for which JSON has no number, are written as null.
    case number(Double)
    case text(String)
    case array([JSON])
    case object(Members)
}

/// The members of a JSON object, in their order.
public struct Members: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    struct Member: Sendable, Equatable {
        var name: String
        var value: JSON
    }

    var list: [Member]

    public init(dictionaryLiteral elements: (String, JSON)...) {
        list = elements.map { Member(name: $0, value: $1) }
    }

    /// The member of that name; setting it to `nil` removes it.
    public subscript(name: String) -> JSON? {
        get { list.first { $0.name == name }?.value }
        set {
            let index = list.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): list[index].value = value
            case (let index?, nil): list.remove(at: index)
            case (nil, let value?): list.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        var members: Members = [:]
        for (name, value) in elements { members[name] = value }
        self = .object(members)
    }
}

extension JSON {
    /// The value as JSON text.
    public var encoded: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .number(let value):
            // A double's description is the shortest text that gives the same double again, and a number of JSON's.
            bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .text(let value): Self.append(value, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members): members.append(to: &bytes)
        }
    }

    fileprivate static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(UInt8(ascii: "0") + (byte >> 4))
                bytes.append((byte & 15) < 10 ? UInt8(ascii: "0") + (byte & 15) : UInt8(ascii: "a") + (byte & 15) - 10)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension Members {
    func append(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in list.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSON.append(member.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            member.value.append(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
