// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
package import NIOCore

/// A client that sends exactly the bytes that it is told to, when it is told to, and ends as rudely as it is told to.
package final class RawTestSocket: Sendable {
    private let channel: any Channel
    private let input: AsyncStream<ByteBuffer>

    private init(channel: any Channel, input: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.input = input
    }

    /// Connects to 127.0.0.1.
    ///
    /// - Parameter tls: with a whole TLS handshake before the first byte; any certificate is accepted.
    package static func connect(port: Int, tls: Bool, group: any EventLoopGroup) async throws -> RawTestSocket {
        // What nobody waits for, files for example, is not kept.
        let (input, continuation) = AsyncStream<ByteBuffer>.makeStream(bufferingPolicy: .bufferingNewest(64))
        let channel = try await connectClient(port: port, tls: tls, group: group) { channel in
            try channel.pipeline.syncOperations.addHandler(ByteCollector(continuation))
        }
        return RawTestSocket(channel: channel, input: input)
    }

    package func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Sends this byte again and again, until the connection ends.
    package func keepSending(_ byte: UInt8, every pause: TimeAmount) {
        let channel = channel
        channel.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { task in
            guard channel.isActive else {
                task.cancel()
                return
            }
            channel.writeAndFlush(ByteBuffer(bytes: CollectionOfOne(byte)), promise: nil)
        }
    }

    /// Reads until `end` has come, and returns everything up to then.
    ///
    /// - Throws: where the connection ends before that.
    @discardableResult
    package func receive(upTo end: String) async throws -> String {
        var text = ""
        for await bytes in input {
            text += String(buffer: bytes)
            if text.contains(end) { return text }
        }
        throw TestConnectionError(description: "the connection ended after: \(text)")
    }

    /// Opens a WebSocket on this connection and reads the answer.
    package func upgrade(origin: String) async throws {
        try await send(Self.upgrade(origin: origin))
        let answer = try await receive(upTo: "\r\n\r\n")
        guard answer.hasPrefix("HTTP/1.1 101 ") else { throw TestConnectionError(description: answer) }
    }

    /// The request that ``upgrade(origin:)`` sends.
    package static func upgrade(origin: String) -> String {
        """
        GET /gotapi/websocket HTTP/1.1\r\nHost: localhost\r\nOrigin: \(origin)\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n
        """
    }

    /// Takes nothing more from the kernel, so that the server's bytes wait, here and then there.
    package func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    /// Ends the client's half of the connection: shutdown(2), `SHUT_WR`, with TLS after a `close_notify`.
    package func closeOutput() async {
        // It fails only where the server has closed the connection meanwhile.
        try? await channel.close(mode: .output)
    }

    package func close() async { await channel.closeOrderly() }

    /// Ends the connection with a reset.
    package func abort() async { await channel.abort() }

    /// Waits until the connection has ended, whoever ended it.
    package func waitForClose() async throws {
        let channel = channel
        try await withTaskCancellationHandler {
            try await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

extension Channel {
    /// Closes; where it is closed already, that is what is wanted.
    func closeOrderly() async { try? await close() }

    /// Closes with a reset in place of a FIN: socket(7), `SO_LINGER`.
    func abort() async {
        // It fails only where the connection is closed already.
        try? await (self as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        await closeOrderly()
    }
}

private final class ByteCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<ByteBuffer>.Continuation

    init(_ continuation: AsyncStream<ByteBuffer>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension ByteCollector: Sendable {}
