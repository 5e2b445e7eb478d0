// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOHTTP1

/// A request's first line and header fields as NIO's decoder read them, checked, with what they say about the connection.
struct RequestHead: Sendable, Equatable {
    /// How long the body is (RFC 9112, section 6.3).
    enum Framing: Sendable, Equatable {
        /// A count of bytes, 0 without a body.
        case length(Int)
        case chunked
    }

    let method: String
    /// As sent, bytes beyond ASCII percent-encoded.
    let target: String
    /// True for HTTP/1.0, where a connection ends with its answer unless the client asks otherwise.
    let isHTTP10: Bool
    private(set) var headers: [WebRequest.Header] = []
    private(set) var framing = Framing.length(0)
    private(set) var keepsAlive: Bool
    /// The client waits for `100 Continue` before it sends the body.
    private(set) var expectsContinue = false
    /// The client asks for a WebSocket.
    private(set) var asksForWebSocket = false
    /// The client asks for another protocol. Where it gets HTTP nevertheless, the decoder may not know.
    private(set) var asksForUpgrade = false

    /// Why a request is refused before anybody looks at its path; the connection ends with it.
    struct Refusal: Error, Equatable {
        let status: Int
    }

    /// Draws the conclusions from the header fields.
    ///
    /// A request that two readers could understand differently is refused, since a proxy in front of us may be one of
    /// them: two lengths, a length and a transfer coding, a transfer coding that is not `chunked` alone, no host or two.
    ///
    /// - Parameter replacedMethod: the method, where the decoder was given another one.
    init(_ head: HTTPRequestHead, replacedMethod: String?) throws(Refusal) {
        method = replacedMethod ?? head.method.rawValue
        target = head.uri
        isHTTP10 = head.version.minor == 0
        // What the decoder thinks: behind a request that ends the connection it reads nothing more.
        keepsAlive = head.isKeepAlive && head.method != .CONNECT
        headers.reserveCapacity(head.headers.count)
        var hosts = 0
        var length: Int?
        var isChunked = false
        for (name, text) in head.headers {
            let value = text.utf8.last.map(Byte.isBlank) == true ? String(text.trimmingBlanks) : text
            headers.append(.init(name: name, value: value))
            // The length of the name separates nearly all of the names from the few that matter here.
            switch name.utf8.count {
            case 4 where isField(name, "host"):
                hosts += 1
                guard value.utf8.allSatisfy(Self.isHostByte) else { throw Refusal(status: 400) }
            case 6 where isField(name, "expect"):
                guard isField(value, "100-continue") else { throw Refusal(status: 417) }
                expectsContinue = !isHTTP10
            case 7 where isField(name, "upgrade"):
                asksForUpgrade = true
                if Self.list(value, contains: "websocket") { asksForWebSocket = true }
            case 14 where isField(name, "content-length"):
                guard length == nil, let count = Self.length(value) else { throw Refusal(status: 400) }
                length = count
            case 17 where isField(name, "transfer-encoding"):
                guard !isHTTP10, !isChunked else { throw Refusal(status: 400) }
                guard isField(value, "chunked") else { throw Refusal(status: 501) }
                isChunked = true
            default:
                break
            }
        }
        guard hosts == 1 || hosts == 0 && isHTTP10, !(isChunked && length != nil) else { throw Refusal(status: 400) }
        framing = isChunked ? .chunked : .length(length ?? 0)
    }

    /// Whether a comma-separated list has a token, whatever its case.
    static func list(_ list: String, contains token: String) -> Bool {
        list.utf8.split(separator: UInt8(ascii: ",")).contains { element in
            isEqualIgnoringCase(Substring(element).trimmingBlanks, token)
        }
    }

    /// Digits only; more than a number can hold stands for the greatest number.
    private static func length(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(Byte.isDigit) else { return nil }
        return Int(text) ?? .max
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: byte > 0x20 && byte < 0x7f && !"\"#/<>?@\\^`{|}".utf8.contains(byte)
        }
    }
}
