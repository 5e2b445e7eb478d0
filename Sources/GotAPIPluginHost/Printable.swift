// Swift GotAPI · SPDX-License-Identifier: MIT

extension String {
    /// The text with its control characters written as `\u{…}`, so that what a plug-in says can harm no terminal and
    /// begin no line of its own in a log.
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
        // C0, DEL, C1, and the two separators that break lines.
        scalar.value < 0x20 || 0x7f...0x9f ~= scalar.value || 0x2028...0x2029 ~= scalar.value
    }
}
