// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore

/// Reads a request's first line and header fields from what a connection has sent so far (RFC 9112, sections 2 to 5).
///
/// It is our own because it makes the values that a responder gets at once, stops exactly behind the head (which is what
/// one request at a time and upgrades need), and counts the head itself. It accepts less than the RFC permits: every line
/// ends with CR LF, no field is continued on a second line, no blank stands before a colon.
struct RequestHeadParser {
    /// How far the buffer is known to hold no end of the head, counted from its reader index.
    private var scanned = 0
    private var lineStart = 0
    /// Where the request line begins, behind empty lines that some clients send first.
    private var headStart = 0
    private let limit: Int

    init(limit: Int = Limits.requestHead) { self.limit = limit }

    /// Takes the next head out of `buffer`. `nil`: it is not there yet as a whole; call again with more bytes behind the
    /// same ones.
    mutating func next(from buffer: inout ByteBuffer) throws(RequestHead.Refusal) -> RequestHead? {
        guard let end = try findEnd(in: buffer) else { return nil }
        var head = try Self.parse(buffer, from: headStart, to: end)
        buffer.moveReaderIndex(forwardBy: end)
        self = RequestHeadParser(limit: limit)
        try head.interpretHeaders()
        return head
    }

    /// The offset behind the empty line that ends the head.
    private mutating func findEnd(in buffer: ByteBuffer) throws(RequestHead.Refusal) -> Int? {
        let bytes = buffer.readableBytesUInt8Span
        var index = scanned
        while index < bytes.count {
            if bytes[index] == Byte.lineFeed {
                guard index > 0, bytes[index - 1] == Byte.carriageReturn else { throw .init(status: 400) }
                let isEmptyLine = index - 1 == lineStart
                let isBeforeRequest = lineStart == headStart
                lineStart = index + 1
                if isEmptyLine, isBeforeRequest {
                    headStart = lineStart
                    guard headStart <= 8 else { throw .init(status: 400) }
                } else if isEmptyLine {
                    guard index + 1 - headStart <= limit else { throw .init(status: 431) }
                    return index + 1
                }
            }
            index += 1
        }
        scanned = index
        // Something that is no HTTP at all, such as a TLS handshake, is refused by its first byte.
        if headStart < index, !Byte.isToken(bytes[headStart]), bytes[headStart] != Byte.carriageReturn {
            throw .init(status: 400)
        }
        guard index - headStart <= limit else { throw .init(status: 431) }
        return nil
    }

    private static func parse(
        _ buffer: ByteBuffer, from start: Int, to end: Int
    ) throws(RequestHead.Refusal) -> RequestHead {
        let bytes = buffer.readableBytesUInt8Span
        let base = buffer.readerIndex
        func text(_ range: Range<Int>) -> String {
            buffer.getString(at: base + range.lowerBound, length: range.count) ?? ""
        }
        func endOfLine(from start: Int) -> Int {
            var index = start
            while bytes[index] != Byte.lineFeed { index += 1 }
            return index - 1  // findEnd saw the CR
        }

        let requestLineEnd = endOfLine(from: start)
        var index = start
        while index < requestLineEnd, Byte.isToken(bytes[index]) { index += 1 }
        let method = start..<index
        guard !method.isEmpty, index < requestLineEnd, bytes[index] == Byte.space else { throw .init(status: 400) }
        index += 1
        let targetStart = index
        var isASCII = true
        while index < requestLineEnd, bytes[index] > Byte.space, bytes[index] != Byte.delete {
            if bytes[index] >= 0x80 { isASCII = false }
            index += 1
        }
        let target = targetStart..<index
        guard !target.isEmpty, index < requestLineEnd, bytes[index] == Byte.space, requestLineEnd - index == 9,
            text(index + 1..<index + 6) == "HTTP/", bytes[index + 7] == UInt8(ascii: "."),
            Byte.isDigit(bytes[index + 6]), Byte.isDigit(bytes[index + 8])
        else { throw .init(status: 400) }
        guard bytes[index + 6] == UInt8(ascii: "1") else { throw .init(status: 505) }

        var head = RequestHead(
            method: text(method), target: isASCII ? text(target) : encodingBrokenUTF8(text(target), buffer, target),
            isHTTP10: bytes[index + 8] == UInt8(ascii: "0"))
        head.headers.reserveCapacity(12)
        index = requestLineEnd + 2
        while index < end - 2 {
            let lineEnd = endOfLine(from: index)
            let nameStart = index
            while index < lineEnd, Byte.isToken(bytes[index]) { index += 1 }
            let name = nameStart..<index
            guard !name.isEmpty, index < lineEnd, bytes[index] == UInt8(ascii: ":") else { throw .init(status: 400) }
            index += 1
            while index < lineEnd, Byte.isBlank(bytes[index]) { index += 1 }
            var valueEnd = lineEnd
            while valueEnd > index, Byte.isBlank(bytes[valueEnd - 1]) { valueEnd -= 1 }
            for position in index..<valueEnd
            where bytes[position] < Byte.space && bytes[position] != Byte.tab || bytes[position] == Byte.delete {
                throw .init(status: 400)
            }
            head.headers.append(.init(name: text(name), value: text(index..<valueEnd)))
            index = lineEnd + 2
        }
        return head
    }

    /// A target is ASCII. Where a client sends other bytes nevertheless and they are UTF-8, they stand for themselves;
    /// where they are not, they are kept in percent-encoding, so that whoever decodes the path can refuse them.
    private static func encodingBrokenUTF8(_ text: String, _ buffer: ByteBuffer, _ range: Range<Int>) -> String {
        let bytes = buffer.getBytes(at: buffer.readerIndex + range.lowerBound, length: range.count) ?? []
        guard String(validating: bytes, as: UTF8.self) == nil else { return text }
        let encoded = bytes.flatMap { $0 < 0x80 ? [$0] : [UInt8(ascii: "%")] + Array(hexadecimal([$0]).utf8) }
        return String(decoding: encoded, as: UTF8.self)
    }
}

/// The bytes that HTTP's grammar speaks of.
enum Byte {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let space: UInt8 = 0x20
    static let delete: UInt8 = 0x7f

    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    /// RFC 9110, section 5.6.2: letters, digits and `!#$%&'*+-.^_`|~`, as two halves of a table of 128 bits.
    static func isToken(_ byte: UInt8) -> Bool {
        let half: UInt64 = byte < 64 ? 0x03ff_6cfa_0000_0000 : byte < 128 ? 0x57ff_ffff_c7ff_fffe : 0
        return half >> UInt64(byte & 63) & 1 == 1
    }
}
