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

    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ text: String) {
        let utf8 = text.utf8
        write(UInt32(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    mutating func write(_ content: [UInt8]) {
        write(UInt32(content.count))
        bytes.append(contentsOf: content)
    }
}

/// Reads a frame's payload; every length is checked against what is there.
struct FrameReader<Payload: RandomAccessCollection<UInt8>> {
    private let payload: Payload
    private var index: Payload.Index
    private var remaining: Int

    init(_ payload: Payload) {
        self.payload = payload
        index = payload.startIndex
        remaining = payload.count
    }

    mutating func read<Integer: FixedWidthInteger>() throws(FrameError) -> Integer {
        let size = Integer.bitWidth / 8
        guard remaining >= size else { throw .malformed }
        var value: Integer = 0
        for shift in 0..<size {
            value |= Integer(truncatingIfNeeded: payload[index]) << Integer(8 * shift)
            payload.formIndex(after: &index)
        }
        remaining -= size
        return value
    }

    mutating func readBytes() throws(FrameError) -> [UInt8] { Array(try readSlice()) }

    mutating func readText() throws(FrameError) -> String {
        guard let text = String(validating: try readSlice(), as: UTF8.self) else { throw .malformed }
        return text
    }

    private mutating func readSlice() throws(FrameError) -> Payload.SubSequence {
        let count: UInt32 = try read()
        guard count <= remaining else { throw .malformed }
        let end = payload.index(index, offsetBy: Int(count))
        defer { index = end }
        remaining -= Int(count)
        return payload[index..<end]
    }

    func finish() throws(FrameError) {
        guard remaining == 0 else { throw .malformed }
    }
}
