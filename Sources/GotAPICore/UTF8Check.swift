// Swift GotAPI · SPDX-License-Identifier: MIT

/// Whether bytes are UTF-8.
package func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool { firstInvalidUTF8(in: bytes) == nil }

/// Where the first bytes stand that are not UTF-8 as Unicode's table 3-7 has it, or `nil` where all are; eight bytes at a
/// time while they are ASCII, which nearly all are.
func firstInvalidUTF8(in bytes: UnsafeRawBufferPointer) -> Int? {
    var offset = 0
    /// Whether the byte is there and in the range.
    func has(_ range: ClosedRange<UInt8>, at index: Int) -> Bool { index < bytes.count && range.contains(bytes[index]) }
    let continuation: ClosedRange<UInt8> = 0x80...0xbf
    while offset < bytes.count {
        while offset + 8 <= bytes.count,
            bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        { offset += 8 }
        guard offset < bytes.count else { return nil }
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[offset] {
        case 0x00...0x7f:
            offset += 1
            continue
        case 0xc2...0xdf: (second, length) = (continuation, 2)
        case 0xe0: (second, length) = (0xa0...0xbf, 3)
        case 0xed: (second, length) = (0x80...0x9f, 3)
        case 0xe1...0xef: (second, length) = (continuation, 3)
        case 0xf0: (second, length) = (0x90...0xbf, 4)
        case 0xf1...0xf3: (second, length) = (continuation, 4)
        case 0xf4: (second, length) = (0x80...0x8f, 4)
        default: return offset
        }
        guard has(second, at: offset + 1) else { return offset }
        for index in 2..<max(length, 2) where !has(continuation, at: offset + index) { return offset }
        offset += length
    }
    return nil
}
