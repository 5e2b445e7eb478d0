// Swift GotAPI · SPDX-License-Identifier: MIT

/// Numbers and ranges of a file's bytes, every access checked against the file's end.
///
/// Offsets are 64-bit as the file says them, so that no conversion can trap; a sum that does not fit counts as outside.
/// The pointer is borrowed: a value lives inside the call that was given the bytes.
struct ELFBytes {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var count: UInt64 { UInt64(bytes.count) }

    /// Whether `count` bytes from `offset` on are inside the file.
    func contains(_ offset: UInt64, count: UInt64) -> Bool {
        let (end, overflow) = offset.addingReportingOverflow(count)
        return !overflow && end <= self.count
    }

    /// A little-endian number, or `nil` outside the file.
    func number<Integer: FixedWidthInteger & UnsignedInteger>(_ type: Integer.Type, at offset: UInt64) -> Integer? {
        guard contains(offset, count: UInt64(Integer.bitWidth / 8)) else { return nil }
        return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: Int(offset), as: type))
    }

    /// The bytes of a range, or `nil` where it is not wholly inside the file.
    func slice(at offset: UInt64, count: UInt64) -> Slice<UnsafeRawBufferPointer>? {
        guard contains(offset, count: count) else { return nil }
        let start = Int(offset)
        return bytes[start..<start + Int(count)]
    }

    /// Whether the text at `offset`, ended by NUL, is `text`.
    func hasText(_ text: StaticString, at offset: UInt64) -> Bool {
        let length = UInt64(text.utf8CodeUnitCount)
        guard contains(offset, count: length.addingReportingOverflow(1).partialValue),
            let slice = slice(at: offset, count: length + 1), slice.last == 0
        else { return false }
        return slice.dropLast().elementsEqual(
            UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The text at `offset` up to a NUL, at most `maximum` bytes of it; what is not UTF-8 is replaced.
    func text(at offset: UInt64, maximum: UInt64 = 128) -> String {
        guard offset < count, let slice = slice(at: offset, count: min(maximum, count - offset)) else { return "" }
        return String(decoding: slice.prefix { $0 != 0 }, as: UTF8.self).printable
    }
}
