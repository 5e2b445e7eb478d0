// Swift GotAPI · SPDX-License-Identifier: MIT

/// What a `Range` field asks for, of a file of a known size (RFC 9110, section 14).
enum ByteRange: Equatable {
    /// The whole file: no range, one that is malformed or in another unit, or several (which a server may answer so).
    case whole
    case part(Range<Int>)
    /// No byte of the file is asked for.
    case unsatisfiable

    init(_ field: String, size: Int) {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].trimmingBlanks.lowercased() == "bytes", !parts[1].contains(",") else {
            self = .whole
            return
        }
        let ends = parts[1].trimmingBlanks.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else {
            self = .whole
            return
        }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (.number(let first), .number(let last)) where first <= last:
            self = first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
        case (.number(let first), .nothing):
            self = first < size ? .part(first..<size) : .unsatisfiable
        case (.nothing, .number(let count)):
            self = count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .unsatisfiable
        default:
            self = .whole
        }
    }

    private enum Number {
        case nothing
        case number(Int)
        case malformed
    }

    private static func number(_ text: Substring) -> Number {
        guard !text.isEmpty else { return .nothing }
        guard text.utf8.allSatisfy(Byte.isDigit) else { return .malformed }
        // One less than the greatest, so that the end of the range can be said.
        return .number(min(Int(text) ?? .max, .max - 1))
    }
}
