// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore

/// Brings a request line into a form that NIO's decoder takes.
///
/// The decoder knows a fixed list of methods, and nothing but ASCII in a target; for all else it could only say that the
/// request is broken, while gotapi-wire.md has an answer ("GotAPI-1 request", rules 3 and 5). So a method that nobody here
/// treats specially is replaced by `POST`, and the target's bytes beyond ASCII are percent-encoded, which means the same.
/// What separates the line's parts and ends it stays as it was sent, so nobody can see another request in it than the
/// client's, and what is broken stays broken.
struct RequestLine {
    private enum Place {
        /// Within the method, or in the empty lines before it.
        case method
        /// Between the method and the target.
        case blanks
        case target
        /// What follows is as the decoder likes it, or breaks the grammar, which is for the decoder to say.
        case rest
    }

    private var place = Place.method
    /// What has come of the method before its end. The limit on the head bounds it.
    private var held = ByteBuffer()
    /// The method as sent, where the decoder was given another one.
    private(set) var replacedMethod: String?

    /// Takes the next bytes of a request and returns what the decoder is to be given; the beginning of a method waits.
    ///
    /// Nearly always that is the same buffer: nothing is copied then.
    mutating func translate(_ bytes: ByteBuffer) -> ByteBuffer {
        switch place {
        case .method: takeMethod(bytes)
        case .blanks, .target: takeTarget(bytes)
        case .rest: bytes
        }
    }

    private mutating func takeMethod(_ bytes: ByteBuffer) -> ByteBuffer {
        let known = held.readableBytes
        if known == 0 { held = bytes } else { held.writeImmutableBuffer(bytes) }
        let all = held
        // The decoder reads over empty lines.
        guard let start = all.firstOffset(from: 0, where: { !Byte.isLineBreak($0) }) else {
            held = ByteBuffer()
            return all
        }
        guard let end = all.firstOffset(from: max(start, known), where: { !Byte.isToken($0) }) else {
            return ByteBuffer()
        }
        held = ByteBuffer()
        let index = all.readerIndex
        guard end > start, all.getInteger(at: index + end) == Byte.space else {
            place = .rest
            return all
        }
        place = .blanks
        let method = all.viewBytes(at: index + start, length: end - start) ?? ByteBufferView()
        guard !Self.isSpecial(method) else { return takeTarget(all, from: end) }
        replacedMethod = String(decoding: method, as: UTF8.self)
        var replaced = ByteBuffer(staticString: "POST")
        replaced.writeBytes(all.readableBytesView.dropFirst(end))
        return takeTarget(replaced, from: 4)
    }

    /// Methods that the decoder, or one who answers requests, tells from others.
    private static func isSpecial(_ method: ByteBufferView) -> Bool {
        switch method.count {
        case 3: method.elementsEqual("GET".utf8) || method.elementsEqual("PUT".utf8)
        case 4: method.elementsEqual("POST".utf8) || method.elementsEqual("HEAD".utf8)
        case 6: method.elementsEqual("DELETE".utf8)
        case 7: method.elementsEqual("OPTIONS".utf8) || method.elementsEqual("CONNECT".utf8)
        default: false
        }
    }

    /// - Parameter offset: where to look, behind the method.
    private mutating func takeTarget(_ bytes: ByteBuffer, from offset: Int = 0) -> ByteBuffer {
        var offset = offset
        if place == .blanks {
            guard let start = bytes.firstOffset(from: offset, where: { $0 != Byte.space }) else { return bytes }
            place = .target
            offset = start
        }
        // A blank, a line's end, or what has no place in a target ends it.
        guard let end = bytes.firstOffset(from: offset, where: { $0 <= Byte.space || $0 >= 0x80 }) else { return bytes }
        let rest = bytes.readableBytesView.dropFirst(end)
        if rest.first.map({ $0 <= Byte.space }) == true {
            place = .rest
            return bytes
        }
        return encodeTarget(bytes.readableBytesView.prefix(end), rest)
    }

    private mutating func encodeTarget(_ plain: ByteBufferView, _ rest: ByteBufferView) -> ByteBuffer {
        var encoded = ByteBuffer(bytes: plain)
        for (offset, byte) in rest.enumerated() {
            guard byte > Byte.space else {
                place = .rest
                encoded.writeBytes(rest.dropFirst(offset))
                break
            }
            if byte < 0x80 {
                encoded.writeInteger(byte)
            } else {
                encoded.writeString("%" + hexadecimal(CollectionOfOne(byte)))
            }
        }
        return encoded
    }
}

extension ByteBuffer {
    /// Where the first byte is, from `offset` on, that `isWanted`. Offsets count from the first readable byte.
    fileprivate func firstOffset(from offset: Int, where isWanted: (UInt8) -> Bool) -> Int? {
        // Every request comes here, and a view's subscript costs twenty times as much. The pointer is used inside the call
        // only; the loop's condition keeps every index within it.
        withUnsafeReadableBytes { bytes in
            var index = offset
            while index < bytes.count {
                if isWanted(bytes[index]) { return index }
                index += 1
            }
            return nil
        }
    }
}
