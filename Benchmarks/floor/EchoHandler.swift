// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import NIOCore
import NIOHTTP1

/// Parse, HMAC, same bytes out.
final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// Has taken in the key.
    private static let authenticator = HMAC<SHA256>(key: SymmetricKey(data: Array("benchmark".utf8)))
    private static let digits = Array("0123456789abcdef".utf8)

    private let audiences: [NIOLoopBoundBox<Audience>]
    private var head: HTTPRequestHead?

    init(audiences: [NIOLoopBoundBox<Audience>]) { self.audiences = audiences }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            if head.method == .POST { Audience.begin(audiences) }
            answer(context, to: head)
        }
    }

    private func answer(_ context: ChannelHandlerContext, to head: HTTPRequestHead) {
        let body = Self.body(for: head.uri)
        var buffer = context.channel.allocator.buffer(capacity: 512)
        buffer.writeStaticString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: ")
        buffer.writeString(head.headers.first(name: "origin") ?? "*")
        buffer.writeStaticString("\r\nContent-Length: ")
        buffer.writeString(String(body.count))
        buffer.writeStaticString("\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n")
        buffer.writeBytes(body)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private static func body(for target: String) -> [UInt8] {
        let query = Array(target.utf8)
        var body: [UInt8] = []
        body.reserveCapacity(256)
        body += #"{"profile":"t","attribute":"","result":0,"statusCode":200,"data":""#.utf8
        body += value(of: "msg", in: query)
        body += #"","product":"swift-gotapi","version":"0.1.0","hmac":""#.utf8
        var authenticator = authenticator
        authenticator.update(data: value(of: "nonce", in: query))
        authenticator.finalize().withUnsafeBytes { code in
            for byte in code {
                body.append(digits[Int(byte >> 4)])
                body.append(digits[Int(byte & 15)])
            }
        }
        body += #"","serviceId":"echo"}"#.utf8
        return body
    }

    private static func value(of name: StaticString, in query: [UInt8]) -> ArraySlice<UInt8> {
        for pair in query.split(whereSeparator: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "?") }) {
            let value = pair.dropFirst(name.utf8CodeUnitCount)
            if value.first == UInt8(ascii: "="), name.withUTF8Buffer({ pair.starts(with: $0) }) {
                return value.dropFirst()
            }
        }
        return []
    }
}
