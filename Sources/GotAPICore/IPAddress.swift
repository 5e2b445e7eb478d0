// Swift GotAPI · SPDX-License-Identifier: MIT

/// An IPv4 or IPv6 address as a number. An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is the IPv4 address.
package struct IPAddress: Hashable, Sendable {
    /// 4 or 16 bytes in network order.
    package let bytes: [UInt8]

    /// - Parameter bytes: 4 or 16 bytes in network order; `nil` for another count.
    package init?(bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16: self.bytes = bytes.starts(with: Self.mappedPrefix) ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// Reads the textual forms of RFC 4291, section 2.2, and dotted decimal (no leading zeros, no zone).
    package init?(_ text: some StringProtocol) {
        if let bytes = Self.parseIPv4(text) ?? Self.parseIPv6(text) { self.init(bytes: bytes) } else { return nil }
    }

    package static let loopbackIPv4 = IPAddress("127.0.0.1")!
    package static let loopbackIPv6 = IPAddress("::1")!

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

    private static func parseIPv4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), part.utf8.count <= 3,
                part == "0" || part.first != "0", let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func parseIPv6(_ text: some StringProtocol) -> [UInt8]? {
        var text = String(text)
        // A dotted-decimal tail stands for the last two groups.
        if text.contains("."), let colon = text.lastIndex(of: ":") {
            guard let tail = parseIPv4(text[text.index(after: colon)...]) else { return nil }
            let high = UInt16(tail[0]) << 8 | UInt16(tail[1])
            let low = UInt16(tail[2]) << 8 | UInt16(tail[3])
            text = text[...colon] + String(high, radix: 16) + ":" + String(low, radix: 16)
        }
        guard text.utf8.count >= 2, let gap = firstRange(of: "::", in: text) else {
            return groups(text).flatMap { $0.count == 16 ? $0 : nil }
        }
        guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func firstRange(of needle: String, in text: String) -> Range<String.Index>? {
        var index = text.startIndex
        while index != text.endIndex {
            if text[index...].hasPrefix(needle) { return index..<text.index(index, offsetBy: needle.count) }
            text.formIndex(after: &index)
        }
        return nil
    }

    private static func groups(_ text: some StringProtocol) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        for group in text.split(separator: ":", omittingEmptySubsequences: false) {
            guard 1...4 ~= group.utf8.count, group.utf8.allSatisfy({ hexadecimalValue(of: $0) != nil }),
                let value = UInt16(group, radix: 16)
            else { return nil }
            bytes += [UInt8(value >> 8), UInt8(value & 0xff)]
        }
        return bytes.count <= 16 ? bytes : nil
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or RFC 5952's form: lower case, the longest run of two or more zero groups written `::`.
    package var description: String {
        guard bytes.count == 16 else { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var longest = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > max(longest.count, 1) { longest = start..<index }
            start = index + 1
        }
        func joined(_ part: some Sequence<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return joined(groups) }
        return joined(groups[..<longest.lowerBound]) + "::" + joined(groups[longest.upperBound...])
    }
}
