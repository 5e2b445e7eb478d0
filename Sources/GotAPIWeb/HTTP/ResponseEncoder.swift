// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore

/// Writes answers as HTTP/1.1 (RFC 9112, section 4).
///
/// It is our own although NIO has one: an answer is one buffer here, with a `Date` line made before, and costs 0.7 µs where
/// `HTTPResponseEncoder` takes 1.9 µs for a head and a body apart; and NIO's lets line ends in values through.
enum ResponseEncoder {
    /// What the connection does after an answer, as its `Connection` field says it.
    enum Persistence {
        /// The default of HTTP/1.1, not said.
        case kept
        /// HTTP/1.0 needs it said.
        case keptAndSaid
        case ends
    }

    /// The bytes of a head without fields of the answer's own, for reserving memory.
    static let typicalHead = 192

    /// Appends an answer's head. To an array: each write to a `ByteBuffer` costs three times as much, and a head has twenty.
    ///
    /// - Parameters:
    ///   - contentLength: the length of the body that follows, or for HEAD the one that GET would have; `nil` where the
    ///     status allows no body.
    ///   - date: the bytes of the whole `Date` line.
    static func appendHead(
        status: Int, headers: [WebRequest.Header], contentLength: Int?, persistence: Persistence, date: [UInt8],
        to bytes: inout [UInt8]
    ) {
        if status == 200 {
            append("HTTP/1.1 200 OK\r\n" as StaticString, to: &bytes)
        } else {
            bytes += Array("HTTP/1.1 \(status) \(HTTPStatus.reasonPhrase(of: status) ?? "")\r\n".utf8)
        }
        for header in headers {
            append(header.name, to: &bytes)
            append(": " as StaticString, to: &bytes)
            append(header.value, to: &bytes)
            append("\r\n" as StaticString, to: &bytes)
        }
        if let contentLength {
            append("Content-Length: " as StaticString, to: &bytes)
            // A String of at most 15 bytes needs no memory of its own.
            append(String(contentLength), to: &bytes)
            append("\r\n" as StaticString, to: &bytes)
        }
        switch persistence {
        case .kept: break
        case .keptAndSaid: append("Connection: keep-alive\r\n" as StaticString, to: &bytes)
        case .ends: append("Connection: close\r\n" as StaticString, to: &bytes)
        }
        bytes.append(contentsOf: date)
        append("\r\n" as StaticString, to: &bytes)
    }

    /// Whether an answer with this status may have a body (RFC 9110, section 6.4.1).
    static func allowsBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    /// An answer in plain words, for those who have no JSON to expect.
    static func plain(_ status: Int, headers: [WebRequest.Header] = [], ends: Bool = false) -> WebResponse {
        WebResponse(
            status: status,
            headers: headers + [
                .init(name: "Content-Type", value: "text/plain; charset=utf-8"),
                .init(name: "X-Content-Type-Options", value: "nosniff"),
            ],
            body: Array("\(status) \(HTTPStatus.reasonPhrase(of: status) ?? "")\n".utf8), endsConnection: ends)
    }

    /// Appends a field's name or value. A line end in it, which would begin a field of the client's choice, becomes a
    /// space.
    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let isClean: Bool? = text.utf8.withContiguousStorageIfAvailable { utf8 in
            for byte in utf8 where breaksField(byte) { return false }
            bytes.append(contentsOf: utf8)
            return true
        }
        if isClean != true { bytes += text.utf8.map { breaksField($0) ? Byte.space : $0 } }
    }

    private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        // A static string's bytes live as long as the program.
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func breaksField(_ byte: UInt8) -> Bool {
        byte == Byte.carriageReturn || byte == Byte.lineFeed || byte == 0
    }
}
