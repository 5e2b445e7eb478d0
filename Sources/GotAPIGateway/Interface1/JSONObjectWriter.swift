// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Writes one JSON object, member by member, into bytes: no tree, no text in between.
struct JSONObjectWriter {
    private var bytes: [UInt8]

    init(capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity)
        bytes.append(UInt8(ascii: "{"))
    }

    /// - Parameter beginning: an object without its closing brace.
    init(beginning: [UInt8], capacity: Int) {
        bytes = []
        bytes.reserveCapacity(beginning.count + capacity)
        bytes.append(contentsOf: beginning)
    }

    mutating func add(_ name: StaticString, _ text: String) {
        beginMember(name)
        Self.append(text, to: &bytes)
    }

    mutating func add(_ name: StaticString, _ number: Int) {
        beginMember(name)
        append(decimal: number)
    }

    /// Adds ASCII text in which nothing needs to be escaped.
    mutating func add(_ name: StaticString, plain text: [UInt8]) {
        beginMember(name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\""))
    }

    /// - Parameter json: a valid JSON value.
    mutating func add(_ name: StaticString, json: some Collection<UInt8>) {
        beginMember(name)
        bytes.append(contentsOf: json)
    }

    /// Copies a member out of a valid JSON object, name and value as they are written there.
    mutating func splice(_ member: JSONScanner.Member, of object: [UInt8]) {
        separate()
        bytes.append(contentsOf: object[member.nameRange])
        bytes.append(UInt8(ascii: ":"))
        bytes.append(contentsOf: object[member.value])
    }

    /// Adds members that are already written: names, colons, values, and the commas between them.
    mutating func add(members: [UInt8]) {
        separate()
        bytes.append(contentsOf: members)
    }

    /// The object so far, without its closing brace.
    var beginning: [UInt8] { bytes }

    /// The object.
    consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func beginMember(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        append(name)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func append(_ text: StaticString) {
        // A static string's bytes live as long as the program.
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(decimal number: Int) {
        // Nearly all are a result or an HTTP status.
        switch number {
        case 0..<10: bytes.append(UInt8(ascii: "0") + UInt8(number))
        case 100..<1_000:
            bytes.append(UInt8(ascii: "0") + UInt8(number / 100))
            bytes.append(UInt8(ascii: "0") + UInt8(number / 10 % 10))
            bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
        default: bytes += Array("\(number)".utf8)
        }
    }

    /// Appends `text` as a JSON string; text without anything to escape, nearly all of it, is copied as a block.
    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let isDone: Bool? = text.utf8.withContiguousStorageIfAvailable { utf8 in
            guard utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
                return false
            }
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: utf8)
            bytes.append(UInt8(ascii: "\""))
            return true
        }
        if isDone != true { JSONText.append(text, to: &bytes) }
    }
}
