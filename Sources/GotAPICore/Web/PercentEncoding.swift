// Swift GotAPI · SPDX-License-Identifier: MIT

/// Percent-encoding as RFC 3986, section 2.1, and application/x-www-form-urlencoded define it.
package enum PercentEncoding {
    /// Decodes `text`, or returns `nil` where a `%` is not followed by two hexadecimal digits, where the result is not
    /// UTF-8, or where it contains a NUL (gotapi-wire.md, "GotAPI-1 request", rule 5).
    ///
    /// - Parameter plusIsSpace: true for a query or a form, false for a path segment.
    package static func decode(_ text: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var index = text.startIndex
        while index != text.endIndex {
            var byte = text[index]
            text.formIndex(after: &index)
            if byte == UInt8(ascii: "%") {
                guard index != text.endIndex, let high = hexadecimalValue(of: text[index]) else { return nil }
                text.formIndex(after: &index)
                guard index != text.endIndex, let low = hexadecimalValue(of: text[index]) else { return nil }
                text.formIndex(after: &index)
                byte = high << 4 | low
            } else if plusIsSpace, byte == UInt8(ascii: "+") {
                byte = UInt8(ascii: " ")
            }
            guard byte != 0 else { return nil }
            decoded.append(byte)
        }
        return String(validating: decoded, as: UTF8.self)
    }
}

/// The value of a hexadecimal digit in ASCII, or `nil`.
package func hexadecimalValue(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// `bytes` as lower-case hexadecimal digits.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
