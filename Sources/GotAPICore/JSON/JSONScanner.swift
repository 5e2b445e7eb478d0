// Swift GotAPI · SPDX-License-Identifier: MIT

/// A validating scan over JSON text (RFC 8259), without a tree: plug-ins' members travel as bytes and are spliced.
///
/// It accepts exactly RFC 8259 in UTF-8, at most `maximumDepth` arrays and objects deep, and never recurses deeper than that.
package struct JSONScanner {
    package struct SyntaxError: Error, Equatable, Sendable {
        /// Where in the text, in bytes from its beginning.
        package let offset: Int
        package let reason: String

        package init(offset: Int, reason: String) {
            self.offset = offset
            self.reason = reason
        }
    }

    /// One member of an object: its name, decoded, and where its value stands.
    package struct Member: NamedMember, Equatable, Sendable {
        package let name: String
        package let nameRange: Range<Int>
        package let value: Range<Int>
    }

    let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    var offset: Int

    private init(bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        offset = 0
    }

    /// Checks that `text` is one JSON value.
    package static func validate(_ text: [UInt8], maximumDepth: Int = Limits.jsonDepth) throws(SyntaxError) {
        _ = try scan(text, maximumDepth: maximumDepth) { scanner throws(SyntaxError) in
            try scanner.skipValue(depth: 0)
        }
    }

    /// Checks that `text` is one JSON object and returns its members in order; a name that occurs again replaces the first,
    /// or, where `keepsRepeatedNames` is set, stands there again.
    package static func members(
        of text: [UInt8], maximumDepth: Int = Limits.jsonDepth, keepsRepeatedNames: Bool = false
    ) throws(SyntaxError) -> [Member] {
        try scan(text, maximumDepth: maximumDepth) { scanner throws(SyntaxError) in
            try scanner.scanObject(keepsRepeatedNames: keepsRepeatedNames)
        }
    }

    /// Checks that `text` is one JSON array and returns where its elements stand.
    package static func elements(
        of text: [UInt8], maximumDepth: Int = Limits.jsonDepth
    ) throws(SyntaxError) -> [Range<Int>] {
        try scan(text, maximumDepth: maximumDepth) { scanner throws(SyntaxError) in
            try scanner.scanArray()
        }
    }

    static func scan<Result>(
        _ text: [UInt8], maximumDepth: Int, _ body: (inout JSONScanner) throws(SyntaxError) -> Result
    ) throws(SyntaxError) -> Result {
        // Checked as a whole, so that the scan itself may copy text without looking at it again.
        if let offset = text.withUnsafeBytes(firstInvalidUTF8) {
            throw SyntaxError(offset: offset, reason: "not UTF-8")
        }
        return try withBytes(text) { bytes throws(SyntaxError) in
            var scanner = JSONScanner(bytes: bytes, maximumDepth: maximumDepth)
            scanner.skipWhitespace()
            let result = try body(&scanner)
            scanner.skipWhitespace()
            guard scanner.offset == bytes.count else { throw scanner.error("unexpected text after the value") }
            return result
        }
    }

    // `withUnsafeBufferPointer` rethrows untyped; this keeps the error's type. The pointer is used inside the call only.
    private static func withBytes<Result>(
        _ text: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) throws(SyntaxError) -> Result
    ) throws(SyntaxError) -> Result {
        let outcome = text.withUnsafeBufferPointer { bytes -> Swift.Result<Result, SyntaxError> in
            do throws(SyntaxError) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    // MARK: - The grammar

    private func error(_ reason: String) -> SyntaxError { SyntaxError(offset: offset, reason: reason) }

    var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipWhitespace() {
        // Nearly always there is none, and what stands there is above 0x20.
        while offset < bytes.count, bytes[offset] <= 0x20 {
            switch bytes[offset] {
            case 0x20, 0x0a, 0x0d, 0x09: offset += 1
            default: return
            }
        }
    }

    private mutating func expect(_ byte: UInt8) throws(SyntaxError) {
        guard current == byte else { throw error("expected '\(Character(UnicodeScalar(byte)))'") }
        offset += 1
    }

    mutating func skipValue(depth: Int) throws(SyntaxError) {
        guard let byte = current else { throw error("expected a value, found the end") }
        switch byte {
        case UInt8(ascii: "{"): try skipContainer(closing: UInt8(ascii: "}"), depth: depth + 1)
        case UInt8(ascii: "["): try skipContainer(closing: UInt8(ascii: "]"), depth: depth + 1)
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"): try skipLiteral("true")
        case UInt8(ascii: "f"): try skipLiteral("false")
        case UInt8(ascii: "n"): try skipLiteral("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        default: throw error("expected a value")
        }
    }

    private mutating func skipContainer(closing: UInt8, depth: Int) throws(SyntaxError) {
        try enter(depth)
        guard current != closing else { return offset += 1 }
        while true {
            if closing == UInt8(ascii: "}") { try skipName() }
            try skipValue(depth: depth)
            if try !continues(closing: closing) { return }
        }
    }

    mutating func enter(_ depth: Int) throws(SyntaxError) {
        guard depth <= maximumDepth else { throw error("nested deeper than \(maximumDepth)") }
        offset += 1
        skipWhitespace()
    }

    /// Skips a member's name and the colon behind it; returns where the name stands, quotes included.
    @discardableResult
    mutating func skipName() throws(SyntaxError) -> Range<Int> {
        let start = offset
        guard current == UInt8(ascii: "\"") else { throw error("expected a member's name in quotes") }
        try skipString()
        let range = start..<offset
        skipWhitespace()
        try expect(UInt8(ascii: ":"))
        skipWhitespace()
        return range
    }

    /// Skips what stands between two values; false where the container ended.
    mutating func continues(closing: UInt8) throws(SyntaxError) -> Bool {
        skipWhitespace()
        if current == closing {
            offset += 1
            return false
        }
        guard current == UInt8(ascii: ",") else {
            throw error("expected ',' or '\(Character(UnicodeScalar(closing)))'")
        }
        offset += 1
        skipWhitespace()
        return true
    }

    private mutating func scanObject(keepsRepeatedNames: Bool) throws(SyntaxError) -> [Member] {
        guard current == UInt8(ascii: "{") else { throw error("expected an object") }
        try enter(1)
        var members = MemberList<Member>(keepsRepeatedNames: keepsRepeatedNames)
        guard current != UInt8(ascii: "}") else {
            offset += 1
            return []
        }
        repeat {
            let nameRange = try skipName()
            let start = offset
            try skipValue(depth: 1)
            let name = JSONText.decodeString(bytes[nameRange])
            members.append(Member(name: name, nameRange: nameRange, value: start..<offset))
        } while try continues(closing: UInt8(ascii: "}"))
        return members.all
    }

    private mutating func scanArray() throws(SyntaxError) -> [Range<Int>] {
        guard current == UInt8(ascii: "[") else { throw error("expected an array") }
        try enter(1)
        var elements: [Range<Int>] = []
        guard current != UInt8(ascii: "]") else {
            offset += 1
            return []
        }
        repeat {
            let start = offset
            try skipValue(depth: 1)
            elements.append(start..<offset)
        } while try continues(closing: UInt8(ascii: "]"))
        return elements
    }

    private mutating func skipString() throws(SyntaxError) {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = offset + 1
        while true {
            // Eight bytes at a time, up to the next one that is not plain.
            while index + 8 <= raw.count {
                let special = Self.special(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index += special.trailingZeroBitCount / 8
                if special != 0 { break }
            }
            offset = index
            guard index < raw.count else { throw error("the text does not end") }
            switch raw[index] {
            case UInt8(ascii: "\""):
                offset += 1
                return
            case UInt8(ascii: "\\"):
                offset += 1
                try skipEscape()
                index = offset
            case 0x00..<0x20: throw error("a control character must be escaped")
            default: index += 1
            }
        }
    }

    /// Marks, by its top bit, the lowest byte of a little-endian word that is a quote, a backslash or a control character; 0
    /// where none is. Bytes above that may be marked though they are plain.
    private static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = UInt64(littleEndian: word)
        // Subtracting borrows, which sets the top bit of a byte that had none: where the byte was 0, or below 0x20.
        let quotes = word ^ ones &* UInt64(UInt8(ascii: "\""))
        let backslashes = word ^ ones &* UInt64(UInt8(ascii: "\\"))
        let borrowed =
            (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) & ~word
        return borrowed & (ones &* 0x80)
    }

    private mutating func skipEscape() throws(SyntaxError) {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 1
        case UInt8(ascii: "u"):
            offset += 1
            for _ in 0..<4 {
                guard let byte = current, hexadecimalValue(of: byte) != nil else {
                    throw error("\\u needs four hexadecimal digits")
                }
                offset += 1
            }
        default: throw error("unknown escape")
        }
    }

    private mutating func skipLiteral(_ literal: StaticString) throws(SyntaxError) {
        let count = literal.utf8CodeUnitCount
        guard offset + count <= bytes.count,
            bytes[offset..<offset + count].elementsEqual(
                UnsafeBufferPointer(start: literal.utf8Start, count: count))
        else { throw error("expected \(literal)") }
        offset += count
    }

    private mutating func skipNumber() throws(SyntaxError) {
        if current == UInt8(ascii: "-") { offset += 1 }
        if current == UInt8(ascii: "0") { offset += 1 } else { try skipDigits() }
        if current == UInt8(ascii: ".") {
            offset += 1
            try skipDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            offset += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(SyntaxError) {
        let start = offset
        while let byte = current, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { offset += 1 }
        guard offset > start else { throw error("expected a digit") }
    }
}
