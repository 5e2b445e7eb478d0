// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore
import NIOWebSocket

/// One WebSocket: frames in, the session's events and actions, frames out.
///
/// It stands behind NIO's frame decoder in the pipeline and writes its frames as bytes.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case open
        /// Our close frame is on its way; the connection ends when the peer's has come, or at this time.
        case closing(until: NIODeadline)
        case ended
    }

    private let session: any WebSocketSession
    private let outbox: WebSocketOutbox
    private let loop: WebLoop
    private let id: UInt64
    private var context: ChannelHandlerContext?
    private var state = State.open
    private var assembler: WebSocketMessageAssembler
    private var timer: Scheduled<Void>?
    private var nextPing: NIODeadline
    /// Pings sent since the peer was heard last.
    private var unansweredPings = 0
    private var stall = StallDetector()
    private var written = 0
    /// Frames made while an event is handled, sent with one write.
    private var output: ByteBuffer?
    private var needsFlush = false
    private var isReadHeldBack = false

    /// What is given to the channel at once; more waits in the outbox, where the oldest can be dropped. In bytes.
    private static let portion = 64 << 10

    /// - Parameter messageLimit: the longest message of the peer, in bytes.
    init(
        session: any WebSocketSession, outbox: WebSocketOutbox, loop: WebLoop, id: UInt64,
        messageLimit: Int = Limits.webSocketMessage
    ) {
        self.session = session
        self.outbox = outbox
        self.loop = loop
        self.id = id
        assembler = WebSocketMessageAssembler(limit: messageLimit)
        nextPing = loop.now + TimeAmount(loop.timeouts.ping)
    }

    // MARK: - Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self, id: id)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    /// Tells the session that it may begin. Called once, after the answer to the upgrade was written.
    func open() {
        perform(.opened)
        flushOutput()
        if loop.isDraining { close(code: .goingAway) }
    }

    /// Whether the session hears from this handler when the connection ends.
    var isInPipeline: Bool { context != nil }

    private func end() {
        if case .ended = state { return }
        state = .ended
        timer?.cancel()
        timer = nil
        outbox.end()
        loop.removeWebSocket(id)
        context = nil
        // Whatever the session still wants, there is nobody to do it to.
        _ = session.receive(.closed)
    }

    /// Ends the connection without another word.
    func abort() { context?.close(promise: nil) }

    // MARK: - In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        unansweredPings = 0
        switch state {
        case .open:
            switch assembler.receive(frame) {
            case .nothing: break
            case .text(let text): perform(.text(text))
            case .binary: perform(.binary)
            case .ping(let payload): append { OutgoingFrame.append(.pong, payload, to: &$0) }
            case .close(let code):
                beginClosing(code)
                finishClosing()
            case .violation(let code): fail(code)
            }
        case .closing:
            if frame.opcode == .connectionClose { finishClosing() }
        case .ended:
            break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flushOutput()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .open = state, let error = error as? NIOWebSocketError else {
            // The transport failed, or it is more of what made us close.
            if !(error is ByteToMessageDecoderError) { context.close(promise: nil) }
            return
        }
        fail(error == .invalidFrameLength ? .messageTooLarge : .protocolError)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Reads nothing more from a client that does not read our answers to what it sent.
    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadHeldBack = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            sendWaiting()
            if isReadHeldBack {
                isReadHeldBack = false
                context.read()
            }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: - The session

    private func perform(_ event: WebSocketEvent) {
        for action in session.receive(event) {
            guard case .open = state else { return }
            switch action {
            case .send(let text):
                outbox.put(text)
                takeFromOutbox()
            case .startTimer(let delay):
                timer?.cancel()
                timer = loop.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in
                    guard let self, case .open = self.state else { return }
                    self.timer = nil
                    self.perform(.timerFired)
                    self.flushOutput()
                }
            case .stopTimer:
                timer?.cancel()
                timer = nil
            case .close(let code):
                beginClosing(code)
            }
        }
    }

    // MARK: - Out

    /// Sends what other threads have put into the outbox.
    func sendWaiting() {
        takeFromOutbox()
        flushOutput()
    }

    private func takeFromOutbox() {
        guard case .open = state, let context else { return }
        var rest = WebSocketOutbox.Rest.nothing
        repeat {
            // Not writable: what waits goes when the channel says that it is. A request to close is heard even then.
            let portion = context.channel.isWritable ? Self.portion : 0
            append { rest = outbox.take(into: &$0, upTo: portion) }
            if let output, output.readableBytes >= Self.portion { writeOutput() }
        } while rest == .waiting && context.channel.isWritable
        if case .close(let code) = rest { beginClosing(code) }
    }

    private func append(_ write: (inout ByteBuffer) -> Void) {
        guard let context else { return }
        var buffer = output ?? loop.takeBuffer(context.channel.allocator)
        output = nil
        write(&buffer)
        output = buffer
    }

    private func writeOutput() {
        guard let context, let buffer = output else { return }
        output = nil
        if buffer.readableBytes > 0 {
            written += buffer.readableBytes
            needsFlush = true
            context.write(wrapOutboundOut(buffer), promise: nil)
        }
        loop.giveBack(buffer)
    }

    private func flushOutput() {
        writeOutput()
        guard needsFlush, let context else { return }
        needsFlush = false
        context.flush()
    }

    // MARK: - Closing

    /// Closes with a code after everything that waits was sent.
    func close(code: WebSocketErrorCode) {
        guard case .open = state else { return }
        beginClosing(UInt16(webSocketErrorCode: code))
        flushOutput()
    }

    /// Closes because of what the peer did; nothing that it says after that matters.
    private func fail(_ code: WebSocketErrorCode) {
        beginClosing(UInt16(webSocketErrorCode: code))
        finishClosing()
    }

    private func beginClosing(_ code: UInt16?) {
        guard case .open = state else { return }
        state = .closing(until: .now() + TimeAmount(loop.timeouts.closeHandshake))
        timer?.cancel()
        timer = nil
        append { buffer in
            outbox.end(takingInto: &buffer)
            OutgoingFrame.appendClose(code, to: &buffer)
        }
        writeOutput()
        needsFlush = true
    }

    /// Both close frames are there: the server ends the connection (RFC 6455, section 7.1.1), its own half first, so that
    /// its frame is not lost if the peer has sent more.
    private func finishClosing() {
        flushOutput()
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            guard let context = self.context else { return }
            context.close(mode: .output, promise: nil)
        }
    }

    // MARK: - Time

    /// Looks at the clock, once a second.
    func tick() {
        guard let context else { return }
        if case .closing(let end) = state {
            if loop.now >= end { context.close(promise: nil) }
            return
        }
        let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if stall.isStalled(written: written, buffered: buffered, now: loop.now, limit: TimeAmount(loop.timeouts.stall))
        {
            context.close(promise: nil)
            return
        }
        guard loop.now >= nextPing else { return }
        nextPing = loop.now + TimeAmount(loop.timeouts.ping)
        guard unansweredPings < 2 else {
            context.close(promise: nil)
            return
        }
        unansweredPings += 1
        append { OutgoingFrame.append(.ping, [], to: &$0) }
        flushOutput()
    }
}

@available(*, unavailable)
extension WebSocketHandler: Sendable {}
