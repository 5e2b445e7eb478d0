// Swift GotAPI · SPDX-License-Identifier: MIT

/// The numbers of `GOTAPI_LOG_…` that the runtime itself uses.
enum LogLevel {
    static let warning: UInt32 = 4
    static let highest: UInt32 = 6
}

/// A plug-in's text as one line for the log: valid UTF-8, without control characters.
enum LogLine {
    /// The most bytes of a plug-in's text that are kept.
    static let maximumLength = 4 << 10

    /// - Parameter text: at most ``maximumLength`` bytes are read; a character that the cut goes through is left out.
    static func make(_ text: some BidirectionalCollection<UInt8>) -> String {
        var kept = text.prefix(maximumLength)
        if kept.endIndex != text.endIndex {
            // UTF-8's continuation bytes are 10xxxxxx: back to where the last character begins, if it is a cut one.
            let next = text[kept.endIndex]
            if next & 0xc0 == 0x80 {
                var dropped = 0
                while dropped < 3, let last = kept.last, last & 0xc0 == 0x80 {
                    kept = kept.dropLast()
                    dropped += 1
                }
                if let last = kept.last, last >= 0xc0 { kept = kept.dropLast() }
            }
        }
        let repaired = String(decoding: kept, as: UTF8.self)
        guard repaired.unicodeScalars.contains(where: isControl) else { return repaired }
        var line = ""
        for scalar in repaired.unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where isControl(scalar): line += "\\u{\(String(scalar.value, radix: 16))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }

    /// C0, DEL, C1, and the separators that some viewers take for the end of a line.
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: true
        default: false
        }
    }
}
