// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPITesting
import NIOConcurrencyHelpers
import NIOCore

/// A GotAPI-5 socket that counts the frames that it gets, and does as little else as can be: it is to load the server, not
/// the machine.
final class CountingSocket: Sendable {
    private let channel: any Channel
    private let counter: FrameCounter.Count

    private init(channel: any Channel, counter: FrameCounter.Count) {
        self.channel = channel
        self.counter = counter
    }

    /// Frames since the answer to the token.
    var pushes: Int { counter.withLockedValue { max(0, $0.frames - 1) } }

    static func connect(port: Int, tls: Bool, group: any EventLoopGroup) async throws -> CountingSocket {
        let counter = FrameCounter.Count(.init(answered: group.any().makePromise()))
        let channel = try await connectClient(port: port, tls: tls, group: group) { channel in
            try channel.pipeline.syncOperations.addHandler(FrameCounter(counter))
        }
        let origin = "\(tls ? "https" : "http")://localhost:\(port)"
        let request = """
            GET /gotapi/websocket HTTP/1.1\r\nHost: localhost:\(port)\r\nOrigin: \(origin)\r\nUpgrade: websocket\r
            Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n
            """
        try await channel.writeAndFlush(ByteBuffer(string: request))
        return CountingSocket(channel: channel, counter: counter)
    }

    /// Sends the token and waits for the answer. An open socket is sent it behind the upgrade, as one that waits would be.
    func present(_ token: String) async throws {
        let text = "{\"accessToken\":\"\(token)\"}"
        // A text of at most 125 bytes, masked with nothing: RFC 6455, section 5.2.
        var frame = ByteBuffer(bytes: [0x81, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0])
        frame.writeString(text)
        try await channel.writeAndFlush(frame)
        try await counter.withLockedValue(\.answered).futureResult.get()
    }

    func close() async { try? await channel.close() }
}

/// Counts frames by their heads, whatever is in them: RFC 6455, section 5.2.
private final class FrameCounter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias Count = NIOLockedValueBox<State>

    struct State {
        var frames = 0
        let answered: EventLoopPromise<Void>
    }

    private let count: Count
    private var isOpen = false
    private var rest = ByteBuffer()

    init(_ count: Count) { self.count = count }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if rest.readableBytes > 0 {
            rest.writeBuffer(&buffer)
            buffer = rest
            rest = ByteBuffer()
        }
        if !isOpen {
            guard let end = buffer.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) else {
                rest = buffer
                return
            }
            isOpen = true
            buffer.moveReaderIndex(to: end.upperBound)
        }
        var frames = 0
        while let length = Self.frameLength(buffer), buffer.readableBytes >= length {
            buffer.moveReaderIndex(forwardBy: length)
            frames += 1
        }
        rest = buffer
        guard frames > 0 else { return }
        let isFirst = count.withLockedValue { state in
            defer { state.frames += frames }
            return state.frames == 0
        }
        if isFirst { count.withLockedValue(\.answered).succeed() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        count.withLockedValue(\.answered).fail(TestConnectionError(description: "the server closed the socket"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        count.withLockedValue(\.answered).fail(error)
        context.close(promise: nil)
    }

    /// With its head; `nil` where the head is not there yet.
    private static func frameLength(_ buffer: ByteBuffer) -> Int? {
        guard let length = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt8.self) else { return nil }
        switch length & 127 {
        case 126: return buffer.getInteger(at: buffer.readerIndex + 2, as: UInt16.self).map { 4 + Int($0) }
        case 127: return buffer.getInteger(at: buffer.readerIndex + 2, as: UInt64.self).map { 10 + Int($0) }
        default: return 2 + Int(length & 127)
        }
    }
}

@available(*, unavailable)
extension FrameCounter: Sendable {}
