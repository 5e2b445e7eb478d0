// Swift GotAPI · SPDX-License-Identifier: MIT

/// Text inside JSON: from a Swift string to a JSON string, and back.
package enum JSONText {
    /// Appends `text` as a JSON string, in quotes, escaping only what RFC 8259 asks for.
    package static func append(_ text: some StringProtocol, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\"")]
            case UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
            case 0x0a: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0x0d: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 0x00..<0x20:
                bytes += Array("\\u00".utf8)
                bytes += Array(hexadecimal(CollectionOfOne(byte)).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// `text` as a JSON string, in quotes.
    package static func quoted(_ text: some StringProtocol) -> [UInt8] {
        var bytes: [UInt8] = []
        append(text, to: &bytes)
        return bytes
    }

    /// The text of a valid JSON string, given with its quotes. A surrogate without its partner becomes U+FFFD.
    static func decodeString(_ literal: some RandomAccessCollection<UInt8>) -> String {
        let content = literal.dropFirst().dropLast()
        guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
        var units: [UInt8] = []
        var index = content.startIndex
        var highSurrogate: UInt16?
        func append(_ scalar: Unicode.Scalar, to units: inout [UInt8]) { units += Array(String(scalar).utf8) }
        while index != content.endIndex {
            var byte = content[index]
            content.formIndex(after: &index)
            var unit: UInt16?
            if byte == UInt8(ascii: "\\") {
                let escape = content[index]
                content.formIndex(after: &index)
                switch escape {
                case UInt8(ascii: "b"): byte = 0x08
                case UInt8(ascii: "f"): byte = 0x0c
                case UInt8(ascii: "n"): byte = 0x0a
                case UInt8(ascii: "r"): byte = 0x0d
                case UInt8(ascii: "t"): byte = 0x09
                case UInt8(ascii: "u"):
                    var value: UInt16 = 0
                    for _ in 0..<4 {
                        value = value << 4 | UInt16(hexadecimalValue(of: content[index]) ?? 0)
                        content.formIndex(after: &index)
                    }
                    unit = value
                default: byte = escape
                }
            }
            if let unit, let high = highSurrogate, 0xdc00...0xdfff ~= unit {
                highSurrogate = nil
                let value = 0x10000 + (UInt32(high - 0xd800) << 10) + UInt32(unit - 0xdc00)
                append(Unicode.Scalar(value) ?? "\u{fffd}", to: &units)
                continue
            }
            if highSurrogate != nil {
                highSurrogate = nil
                append("\u{fffd}", to: &units)
            }
            if let unit {
                if 0xd800...0xdbff ~= unit {
                    highSurrogate = unit
                } else {
                    append(Unicode.Scalar(unit) ?? "\u{fffd}", to: &units)
                }
            } else {
                units.append(byte)
            }
        }
        if highSurrogate != nil { append("\u{fffd}", to: &units) }
        return String(decoding: units, as: UTF8.self)
    }
}
