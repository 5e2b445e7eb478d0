// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A `message` frame (``HostFrame``), read without making strings of its texts.
struct MessageFrame {
    let id: UInt64
    let kind: PluginMessage.Kind
    let deadline: UInt64
    let isReplay: Bool
    /// Where the texts stand, counted from the payload's beginning, in the order of ``MessageTexts``.
    let texts: [Range<Int>]

    /// The kind of a `message` frame, its payload's first byte.
    static let tag: UInt8 = 3

    /// Reads a payload that begins with ``tag``. The layout is that of ``HostFrame``, which tests compare this with.
    init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
        var cursor = Cursor(bytes: payload, offset: 1)
        id = try cursor.number(of: UInt64.self)
        guard let kind = PluginMessage.Kind(rawValue: try cursor.number(of: UInt8.self)) else { throw .malformed }
        self.kind = kind
        _ = try cursor.number(of: UInt64.self)  // The client, which plug-ins never see.
        deadline = try cursor.number(of: UInt64.self)
        isReplay = try cursor.number(of: UInt8.self) != 0
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(16)
        for _ in 0..<8 { ranges.append(try cursor.text()) }
        let count = Int(try cursor.number(of: UInt32.self))
        // Two lengths of 4 bytes each: more cannot be there, so nothing is allocated for them.
        guard count <= cursor.remaining / 8 else { throw .malformed }
        for _ in 0..<2 * count { ranges.append(try cursor.text()) }
        guard cursor.remaining == 0 else { throw .malformed }
        // Everything was checked to lie inside; the pointer is used inside the closure only.
        let areUTF8 = payload.withUnsafeBytes { bytes in
            ranges.allSatisfy { isUTF8(UnsafeRawBufferPointer(rebasing: bytes[$0])) }
        }
        guard areUTF8 else { throw .malformed }
        texts = ranges
    }

    private struct Cursor {
        let bytes: ArraySlice<UInt8>
        /// Counted from the slice's beginning.
        var offset: Int

        var remaining: Int { bytes.count - offset }

        mutating func number<Number: FixedWidthInteger>(of type: Number.Type) throws(FrameError) -> Number {
            let size = Number.bitWidth / 8
            guard remaining >= size else { throw .malformed }
            var value: Number = 0
            let first = bytes.startIndex + offset
            for index in 0..<size { value |= Number(truncatingIfNeeded: bytes[first + index]) << Number(8 * index) }
            offset += size
            return value
        }

        mutating func text() throws(FrameError) -> Range<Int> {
            let count = Int(try number(of: UInt32.self))
            guard remaining >= count else { throw .malformed }
            defer { offset += count }
            return offset..<offset + count
        }
    }
}
