// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore

/// The opening handshake, from the server's side (RFC 6455, section 4.2). No sub-protocol and no extension is accepted.
enum WebSocketHandshake {
    enum Outcome: Equatable {
        /// What to answer in `Sec-WebSocket-Accept`.
        case accepted(String)
        case refused(WebResponse)
    }

    static func check(_ head: RequestHead) -> Outcome {
        func values(_ name: String) -> [String] {
            head.headers.lazy.filter { isEqualIgnoringCase($0.name, name) }.map(\.value)
        }
        // 1. A GET request of HTTP/1.1 or higher, without a body.
        guard head.method == "GET", !head.isHTTP10, head.framing == .length(0),
            // 4. A |Connection| header field that includes the token "Upgrade".
            values("connection").contains(where: { RequestHead.list($0, contains: "upgrade") })
        else { return .refused(ResponseEncoder.plain(400, ends: true)) }
        // 6. A |Sec-WebSocket-Version| header field with a value of 13; otherwise the answer names the version.
        guard values("sec-websocket-version") == ["13"] else {
            return .refused(
                ResponseEncoder.plain(
                    426,
                    headers: [
                        .init(name: "Sec-WebSocket-Version", value: "13"), .init(name: "Upgrade", value: "websocket"),
                    ], ends: true))
        }
        // 5. A |Sec-WebSocket-Key| header field: 16 bytes in Base64.
        let keys = values("sec-websocket-key")
        guard keys.count == 1, isKey(keys[0]) else { return .refused(ResponseEncoder.plain(400, ends: true)) }
        return .accepted(accept(for: keys[0]))
    }

    /// Base64 of the SHA-1 of the key and the fixed identifier.
    static func accept(for key: String) -> String {
        base64(Insecure.SHA1.hash(data: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    private static func isKey(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 24 && bytes[22] == UInt8(ascii: "=") && bytes[23] == UInt8(ascii: "=")
            && bytes[..<22].allSatisfy { base64Alphabet.contains($0) }
    }

    private static let base64Alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static func base64(_ bytes: some Sequence<UInt8>) -> String {
        let bytes = Array(bytes)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for position in 0..<4 {
                let isPadding = position > group.count
                text.append(
                    isPadding ? UInt8(ascii: "=") : base64Alphabet[Int(bits >> (18 - 6 * UInt32(position)) & 63)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
