// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOCore

/// Sent down a connection's pipeline when the gateway stops.
struct ControlShutDown: Sendable {}

/// One command's connection: a line in, its answer out, and again.
///
/// Bound to the channel's event loop: only NIO calls it, and the answering task comes back to that loop. It reads only while
/// it waits for a line, so a client can make it hold one line and one read at most.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// Waiting for the rest of a line.
        case reading
        /// The handler answers.
        case working(Task<Void, Never>)
        /// What is left of an answer.
        case writing(ByteBuffer)
        case ended
    }

    /// How much of an answer must get through within the stall timeout, in bytes.
    private static let part = 256 << 10

    private let key: ControlKey
    private let handler: ControlServer.Handler
    private let stallTimeout: TimeAmount
    private var phase = Phase.reading
    private var received = ByteBuffer()
    private var stall: Scheduled<Void>?
    /// Whether the client sends no more; what it sent is still answered.
    private var isInputClosed = false
    /// Set where the connection ends with the answer that is under way: the line was too long, or the gateway stops.
    private var endsAfterAnswer = false
    /// The client has sent the key.
    private var isTrusted = false

    init(key: ControlKey, handler: @escaping ControlServer.Handler, stallTimeout: TimeAmount) {
        self.key = key
        self.handler = handler
        self.stallTimeout = stallTimeout
    }

    // MARK: - From the channel

    func channelActive(context: ChannelHandlerContext) { waitForLine(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .reading = phase { serveLine(context) }
    }

    func channelInactive(context: ChannelHandlerContext) { end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (event, phase) {
        case (ChannelEvent.inputClosed, _):
            isInputClosed = true
            if case .reading = phase { serveLine(context) }
        case (is ControlShutDown, .writing):
            endsAfterAnswer = true
        case (is ControlShutDown, .reading):
            context.close(promise: nil)
        case (is ControlShutDown, .working(let task)):
            task.cancel()
            endsAfterAnswer = true
            answer(.failure("the gateway is stopping"), context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    // MARK: - Reading

    private func waitForLine(_ context: ChannelHandlerContext) {
        phase = .reading
        watchForStall(context)
        serveLine(context)
    }

    private func serveLine(_ context: ChannelHandlerContext) {
        guard let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            if received.readableBytes > ControlRequest.maximumLength { return refuseLongLine(context) }
            return isInputClosed ? context.close(promise: nil) : context.read()
        }
        let length = end - received.readerIndex
        guard length <= ControlRequest.maximumLength, let line = received.readBytes(length: length) else {
            return refuseLongLine(context)
        }
        received.moveReaderIndex(forwardBy: 1)
        // Not after each of many short lines, since what is left is moved.
        if received.readerIndex > ControlRequest.maximumLength / 2 { received.discardReadBytes() }
        guard isTrusted else { return checkKey(line, context) }
        do throws(ControlError) {
            work(on: try ControlRequest(line: line), context)
        } catch {
            answer(.failure("\(error)"), context)
        }
    }

    private func checkKey(_ line: [UInt8], _ context: ChannelHandlerContext) {
        isTrusted = key.matches(line)
        if isTrusted { return serveLine(context) }
        endsAfterAnswer = true
        answer(.failure("the first line is not this gateway's key, which is in control.key beside its socket"), context)
    }

    private func refuseLongLine(_ context: ChannelHandlerContext) {
        // Where the next line begins is not known.
        endsAfterAnswer = true
        answer(.failure("\(ControlError.requestTooLong)"), context)
    }

    // MARK: - Answering

    private func work(on request: ControlRequest, _ context: ChannelHandlerContext) {
        stall?.cancel()
        let connection = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // Belongs to this connection and is cancelled with it.
        let task = Task { [handler, eventLoop = context.eventLoop] in
            let response = await handler(request)
            eventLoop.execute {
                let (connection, context) = connection.value
                if case .working = connection.phase { connection.answer(response, context) }
            }
        }
        phase = .working(task)
    }

    private func answer(_ response: ControlResponse, _ context: ChannelHandlerContext) {
        phase = .writing(ByteBuffer(bytes: response.line))
        writePart(context)
    }

    private func writePart(_ context: ChannelHandlerContext) {
        guard case .writing(var rest) = phase else { return }
        guard let part = rest.readSlice(length: min(Self.part, rest.readableBytes)), part.readableBytes > 0 else {
            return endsAfterAnswer ? context.close(promise: nil) : waitForLine(context)
        }
        phase = .writing(rest)
        watchForStall(context)
        let connection = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(part)).whenSuccess { [eventLoop = context.eventLoop] in
            // Not at once: thousands of short lines would be answered one inside the other, until the stack ends.
            eventLoop.execute {
                let (connection, context) = connection.value
                connection.writePart(context)
            }
        }
    }

    // MARK: - The end

    /// The client has this long to go on.
    private func watchForStall(_ context: ChannelHandlerContext) {
        stall?.cancel()
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        stall = context.eventLoop.scheduleTask(in: stallTimeout) { context.value.close(promise: nil) }
    }

    private func end() {
        stall?.cancel()
        if case .working(let task) = phase { task.cancel() }
        phase = .ended
    }
}

@available(*, unavailable)
extension ControlConnection: Sendable {}

/// Tells a client why it is not served, and closes.
final class ControlRefusal: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let words: String

    init(words: String) { self.words = words }

    func channelActive(context: ChannelHandlerContext) {
        let line = ByteBuffer(bytes: ControlResponse.failure(words).line)
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.writeAndFlush(wrapOutboundOut(line)).whenComplete { _ in context.value.close(promise: nil) }
    }
}
