// Swift GotAPI · SPDX-License-Identifier: MIT

/// Makes text from outside harmless to a terminal and a log: control characters, which could move the cursor or end a line,
/// and characters that reorder or hide others are written as escapes.
package enum Printable {
    /// `text` with `\u{…}` in place of each such character.
    package static func text(_ text: some StringProtocol) -> String { escape(text.unicodeScalars) }

    /// As ``text(_:)``, cut after 300 characters, for a log.
    package static func brief(_ text: some StringProtocol) -> String {
        let beginning = text.unicodeScalars.prefix(300)
        return escape(beginning) + (beginning.endIndex == text.unicodeScalars.endIndex ? "" : "…")
    }

    private static func escape(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var printable = ""
        for scalar in scalars {
            if isHarmless(scalar) {
                printable.unicodeScalars.append(scalar)
            } else {
                printable += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return printable
    }

    /// `text` as a JSON string in quotes.
    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default:
                if isHarmless(scalar) {
                    quoted.unicodeScalars.append(scalar)
                } else {
                    for unit in UTF16.encode(scalar) ?? UTF16.EncodedScalar() {
                        let digits = String(unit, radix: 16)
                        quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                    }
                }
            }
        }
        return quoted + "\""
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        if 0x20..<0x7f ~= scalar.value { return true }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
        default: true
        }
    }
}
