// Swift GotAPI · SPDX-License-Identifier: MIT

package import NIOCore
import NIOHTTP1
import NIOWebSocket

/// One WebSocket to a server under test.
package final class WebSocketTestConnection: Sendable {
    package enum Message: Sendable, Equatable {
        case text(String)
        case closed(code: Int?)
    }

    private let channel: any Channel
    private let messages: AsyncStream<Message>

    private init(channel: any Channel, messages: AsyncStream<Message>) {
        self.channel = channel
        self.messages = messages
    }

    /// Opens a WebSocket on 127.0.0.1.
    ///
    /// - Throws: ``TestConnectionError`` where the server did not upgrade.
    package static func connect(
        port: Int, tls: Bool, path: String = "/gotapi/websocket", origin: String?, group: any EventLoopGroup
    ) async throws -> WebSocketTestConnection {
        let (messages, continuation) = AsyncStream<Message>.makeStream()
        let upgraded = group.any().makePromise(of: Void.self)
        let channel: any Channel
        do {
            channel = try await connectClient(port: port, tls: tls, group: group) { channel in
                let upgrader = NIOWebSocketClientUpgrader(maxFrameSize: 1 << 20) { channel, _ in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(MessageCollector(continuation))
                        upgraded.succeed()
                    }
                }
                try channel.pipeline.syncOperations.addHTTPClientHandlers(
                    withClientUpgrade: (
                        upgraders: [upgrader],
                        completionHandler: { context in
                            context.pipeline.syncOperations.removeHandler(name: "refusal", promise: nil)
                        }
                    ))
                try channel.pipeline.syncOperations.addHandler(RefusalReporter(upgraded), name: "refusal")
            }
        } catch {
            // Nobody else does, where there is no connection.
            upgraded.fail(error)
            throw error
        }
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
        head.headers.add(name: "Host", value: "localhost:\(port)")
        if let origin { head.headers.add(name: "Origin", value: origin) }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        try await upgraded.futureResult.get()
        return WebSocketTestConnection(channel: channel, messages: messages)
    }

    package func send(_ text: String) async throws {
        try await channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(string: text)))
    }

    /// The next text, or the close. Waits for it.
    package func next() async -> Message {
        for await message in messages { return message }
        return .closed(code: nil)
    }

    /// Takes nothing more from the kernel, or does so again. What the server sends meanwhile waits, here and then there.
    package func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
    }

    package func close() async { await channel.closeOrderly() }

    /// Says goodbye as RFC 6455, section 7 has it, and waits for the server's answer.
    ///
    /// - Returns: the server's code; `nil` where it gave none.
    package func closeWithHandshake() async throws -> Int? {
        var code = ByteBuffer()
        code.writeInteger(UInt16(1_000))
        try await channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: code))
        while true {
            if case .closed(let code) = await next() { return code }
        }
    }

    /// Ends the connection with a reset.
    package func abort() async { await channel.abort() }
}

/// Fails the opening where the server answers with anything but an upgrade.
private final class RefusalReporter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let upgraded: EventLoopPromise<Void>

    init(_ upgraded: EventLoopPromise<Void>) { self.upgraded = upgraded }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data) {
            upgraded.fail(TestConnectionError(description: "status \(head.status.code) instead of 101"))
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        upgraded.fail(TestConnectionError(description: "the server closed the connection instead of upgrading it"))
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension RefusalReporter: Sendable {}

private final class MessageCollector: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let continuation: AsyncStream<WebSocketTestConnection.Message>.Continuation

    init(_ continuation: AsyncStream<WebSocketTestConnection.Message>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text:
            continuation.yield(.text(String(buffer: frame.unmaskedData)))
        case .ping:
            context.writeAndFlush(
                wrapOutboundOut(
                    WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)),
                promise: nil)
        case .connectionClose:
            var data = frame.unmaskedData
            continuation.yield(.closed(code: data.readInteger(as: UInt16.self).map { Int($0) }))
            continuation.finish()
            context.close(promise: nil)
        default: ()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension MessageCollector: Sendable {}
