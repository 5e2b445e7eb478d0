// Swift GotAPI · SPDX-License-Identifier: MIT

/// The bytes that HTTP's grammar speaks of.
enum Byte {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let space: UInt8 = 0x20

    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    static func isLineBreak(_ byte: UInt8) -> Bool { byte == carriageReturn || byte == lineFeed }

    /// What methods and field names are made of (RFC 9110, section 5.6.2).
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    var trimmingBlanks: SubSequence {
        let end = utf8.endIndex
        let start = utf8.firstIndex { !Byte.isBlank($0) } ?? end
        var last = start
        var index = start
        while index != end {
            let next = utf8.index(after: index)
            if !Byte.isBlank(utf8[index]) { last = next }
            index = next
        }
        return self[start..<last]
    }
}
