// Swift GotAPI · SPDX-License-Identifier: MIT

/// Why bytes are no frame.
package enum FrameError: Error, Equatable, Sendable {
    /// Longer than ``FrameBuffer/maximumLength``.
    case tooLong(Int)
    /// An unknown kind, a length that points outside, text that is not UTF-8, or bytes left over.
    case malformed
}

/// Writes a frame: its payload's length as a 32-bit little-endian number, then the payload. Numbers are little-endian,
/// text and byte strings begin with a 32-bit length.
struct FrameWriter {
    private var bytes: [UInt8]

    static func append(to bytes: inout [UInt8], _ body: (inout FrameWriter) -> Void) {
        // Moved in and out, so that the array is never copied.
        var writer = FrameWriter(bytes: bytes)
        bytes = []
        let start = writer.bytes.count
        writer.write(0 as UInt32)
        body(&writer)
        let length = UInt32(writer.bytes.count - start - 4)
        for index in 0..<4 { writer.bytes[start + index] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(index))) }
        bytes = writer.bytes
    }

    mutating func write(_ value: some FixedWidthInteger & UnsignedInteger) {
        // Byte by byte: for so few, `append(contentsOf:)` costs five times as much.
        for shift in stride(from: 0, to: type(of: value).bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func write(_ text: String) {
        let utf8 = text.utf8
        write(UInt32(utf8.count))
        // As a block where the string lends its bytes, which all of ours do.
        let isDone: Void? = utf8.withContiguousStorageIfAvailable { bytes.append(contentsOf: $0) }
        if isDone == nil { bytes.append(contentsOf: utf8) }
    }

    mutating func write(_ content: [UInt8]) {
        write(UInt32(content.count))
        bytes.append(contentsOf: content)
    }
}

/// Reads a frame's payload; every length is checked against what is there.
///
/// For one kind of collection, since each message and each push goes through it: a generic one, which is not specialized
/// across modules, cost 20,000 instructions a frame.
struct FrameReader {
    private let payload: ArraySlice<UInt8>
    private var index: Int

    init(_ payload: ArraySlice<UInt8>) {
        self.payload = payload
        index = payload.startIndex
    }

    private var remaining: Int { payload.endIndex - index }

    mutating func read<Integer: FixedWidthInteger & UnsignedInteger>() throws(FrameError) -> Integer {
        let size = Integer.bitWidth / 8
        guard remaining >= size else { throw .malformed }
        var value: Integer = 0
        for offset in 0..<size { value |= Integer(truncatingIfNeeded: payload[index + offset]) << (8 * offset) }
        index += size
        return value
    }

    mutating func readBytes() throws(FrameError) -> [UInt8] { Array(try readSlice()) }

    mutating func readText() throws(FrameError) -> String {
        guard let text = String(validating: try readSlice(), as: UTF8.self) else { throw .malformed }
        return text
    }

    private mutating func readSlice() throws(FrameError) -> ArraySlice<UInt8> {
        let count: UInt32 = try read()
        guard count <= remaining else { throw .malformed }
        let start = index
        index += Int(count)
        return payload[start..<index]
    }

    func finish() throws(FrameError) {
        guard remaining == 0 else { throw .malformed }
    }
}
