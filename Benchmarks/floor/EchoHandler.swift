// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import NIOCore
import NIOHTTP1

/// Parse, HMAC, same bytes out.
final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private static let key = SymmetricKey(data: Array("benchmark".utf8))
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
        let body = Self.body(nonce: Self.parameter("nonce", of: head.uri), message: Self.parameter("msg", of: head.uri))
        var buffer = context.channel.allocator.buffer(capacity: 512)
        buffer.writeStaticString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: ")
        buffer.writeString(head.headers.first(name: "origin") ?? "*")
        buffer.writeStaticString("\r\nContent-Length: ")
        buffer.writeString(String(body.readableBytes))
        buffer.writeStaticString("\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n")
        buffer.writeImmutableBuffer(body)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private static func body(nonce: Substring.UTF8View, message: Substring.UTF8View) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeStaticString(#"{"profile":"t","attribute":"","result":0,"statusCode":200,"data":""#)
        body.writeBytes(message)
        body.writeStaticString(#"","product":"swift-gotapi","version":"0.1.0","hmac":""#)
        for byte in HMAC<SHA256>.authenticationCode(for: Array(nonce), using: key) {
            body.writeInteger(digits[Int(byte >> 4)])
            body.writeInteger(digits[Int(byte & 15)])
        }
        body.writeStaticString(#"","serviceId":"echo"}"#)
        return body
    }

    private static func parameter(_ name: StaticString, of target: String) -> Substring.UTF8View {
        for pair in target.utf8.split(whereSeparator: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "?") })
        where pair.count > name.utf8CodeUnitCount && pair[pair.index(pair.startIndex, offsetBy: name.utf8CodeUnitCount)]
            == UInt8(ascii: "=")
        {
            if name.withUTF8Buffer({ pair.starts(with: $0) }) { return pair.dropFirst(name.utf8CodeUnitCount + 1) }
        }
        return Substring("").utf8
    }
}
