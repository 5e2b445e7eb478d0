// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A request's first line and header fields, checked, with what they say about the connection.
struct RequestHead: Sendable, Equatable {
    /// How long the body is (RFC 9112, section 6.3).
    enum Framing: Sendable, Equatable {
        /// A count of bytes, 0 without a body.
        case length(Int)
        case chunked
    }

    var method: String
    var target: String
    /// True for HTTP/1.0, where a connection ends with its answer unless the client asks otherwise.
    var isHTTP10: Bool
    var headers: [WebRequest.Header] = []
    var framing = Framing.length(0)
    var keepsAlive = true
    /// The client waits for `100 Continue` before it sends the body.
    var expectsContinue = false
    /// The client asks for a WebSocket.
    var asksForWebSocket = false

    /// Why a request is refused before anybody looks at its path; the connection ends with it.
    struct Refusal: Error, Equatable {
        let status: Int
    }

    /// Draws the conclusions from the header fields.
    ///
    /// A request that two readers could understand differently is refused, since a proxy in front of us may be one of
    /// them: two lengths, a length and a transfer coding, a transfer coding that is not `chunked` alone.
    mutating func interpretHeaders() throws(Refusal) {
        keepsAlive = !isHTTP10
        var hosts = 0
        var length: Int?
        var isChunked = false
        for header in headers {
            // The length of the name separates nearly all of the names from the few that matter here.
            switch header.name.utf8.count {
            case 4 where isEqualIgnoringCase(header.name, "host"):
                hosts += 1
                guard header.value.utf8.allSatisfy(Self.isHostByte) else { throw Refusal(status: 400) }
            case 6 where isEqualIgnoringCase(header.name, "expect"):
                guard isEqualIgnoringCase(header.value, "100-continue") else { throw Refusal(status: 417) }
                expectsContinue = !isHTTP10
            case 7 where isEqualIgnoringCase(header.name, "upgrade"):
                if Self.list(header.value, contains: "websocket") { asksForWebSocket = true }
            case 10 where isEqualIgnoringCase(header.name, "connection"):
                if Self.list(header.value, contains: "close") {
                    keepsAlive = false
                } else if isHTTP10, Self.list(header.value, contains: "keep-alive") {
                    keepsAlive = true
                }
            case 14 where isEqualIgnoringCase(header.name, "content-length"):
                guard length == nil, let count = Self.length(header.value) else { throw Refusal(status: 400) }
                length = count
            case 17 where isEqualIgnoringCase(header.name, "transfer-encoding"):
                guard !isHTTP10, !isChunked else { throw Refusal(status: 400) }
                guard isEqualIgnoringCase(header.value, "chunked") else { throw Refusal(status: 501) }
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
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
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

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    var trimmingBlanks: SubSequence {
        let end = utf8.endIndex
        let start = utf8.firstIndex { !Byte.isBlank($0) } ?? end
        var last = start
        var index = start
        while index != end {
            let next = utf8.index(after: index)
            if !Byte.isBlank(utf8[index]) { last = next }
            index = next
        }
        return self[start..<last]
    }
}
