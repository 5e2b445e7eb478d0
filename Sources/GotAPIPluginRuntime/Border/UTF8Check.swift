// Swift GotAPI · SPDX-License-Identifier: MIT

/// Whether bytes are UTF-8; eight at a time while they are ASCII, which nearly all are.
func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset + 8 <= bytes.count {
        guard bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else { break }
        offset += 8
    }
    while offset < bytes.count, bytes[offset] < 0x80 { offset += 1 }
    if offset == bytes.count { return true }
    return String(validating: UnsafeRawBufferPointer(rebasing: bytes[offset...]), as: UTF8.self) != nil
}
