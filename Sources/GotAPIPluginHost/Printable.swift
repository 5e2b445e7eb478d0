// Swift GotAPI · SPDX-License-Identifier: MIT

extension String {
    /// The text with its control characters written as `\u{…}`, so that what a plug-in or a certificate says can harm no
    /// terminal, begin no line of its own in a log, and not be shown in another order than it has.
    var printable: String {
        guard unicodeScalars.contains(where: Self.isControl) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            if Self.isControl(scalar) {
                text += scalar == "\t" ? " " : "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        // C0, DEL, C1, the two separators that break lines, and what changes the direction of writing.
        switch scalar.value {
        case 0x00..<0x20, 0x7f...0x9f, 0x61c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
