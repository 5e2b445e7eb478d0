// Swift GotAPI · SPDX-License-Identifier: MIT

/// Cuts a stream of bytes into the payloads of frames.
package struct FrameBuffer: Sendable {
    /// The longest payload: a request with a body of 1 MiB and its head, or an answer of 1 MiB, with room for lengths.
    package static let maximumLength = 8 << 20

    private var bytes: [UInt8] = []
    private var start = 0

    package init() {}

    package mutating func append(_ more: some Collection<UInt8>) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 16)
            start = 0
        } else if start > 1 << 16 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next whole payload, or `nil` where more bytes are needed.
    ///
    /// - Throws: ``FrameError/tooLong(_:)``; the stream cannot be read on after it.
    package mutating func next() throws(FrameError) -> ArraySlice<UInt8>? {
        guard bytes.count - start >= 4 else { return nil }
        var length = 0
        for index in 0..<4 { length |= Int(bytes[start + index]) << (8 * index) }
        guard length <= Self.maximumLength else { throw .tooLong(length) }
        guard bytes.count - start - 4 >= length else { return nil }
        let payload = bytes[start + 4..<start + 4 + length]
        start += 4 + length
        return payload
    }
}
