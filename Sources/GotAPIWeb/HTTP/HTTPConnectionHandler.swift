// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore

/// One HTTP connection: bytes in, one request at a time to whom its path belongs, answers out.
///
///     (TLS) ─▶ HTTPConnectionHandler ─▶ HTTPRequestDecoder ─▶ RequestReader
///
/// It stands before the decoder, so that requests that a client sends before the answer (pipelining) wait as bytes; beyond
/// a few of them nothing more is read. Whole requests are taken from the reader behind the decoder. Answers that are made
/// at once go out with one write for all that one read brought.
final class HTTPConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum State {
        /// Between requests, or within one.
        case reading
        case answering(Answering)
        /// The last answer is on its way.
        case ending
        /// Our half of the connection is closed. What the client still sends is read over, since closing with unread bytes
        /// could take the answer away from it (RFC 9112, section 9.6).
        case lingering(until: NIODeadline)
        case upgraded
        case ended
    }

    /// A request that is being answered, as far as its answer depends on it.
    struct Answering {
        let sequence: UInt64
        let isHEAD: Bool
        let isHTTP10: Bool
        let keepsAlive: Bool
        var cancellation: Cancellation?
        /// A part of the answer is sent; nothing may come between it and the rest.
        var hasBegun = false
    }

    let loop: WebLoop
    let shared: ListenerContext
    let source: IPAddress
    let id: UInt64
    private(set) var context: ChannelHandlerContext?
    var state = State.reading
    var written = 0

    let reader = RequestReader()
    var decoder = RequestReader.makeDecoder()
    /// The next request needs a decoder that is not in its place yet.
    var isChangingDecoder = false
    /// Bytes of the body allowance that this connection has taken.
    private var reservedBody = 0
    private var sequence: UInt64 = 0
    private var isAdvancing = false
    private var output: ByteBuffer?
    private var closesAfterOutput = false
    private var isFlushDue = false
    private(set) var isInputClosed = false
    private var discardedInput = 0
    private var isReadHeldBack = false
    private var isCounted = true

    /// When the request began that is not there as a whole; the first one begins with the connection, so that a TLS
    /// handshake counts too.
    var requestSince: NIODeadline?
    var idleSince: NIODeadline
    var inputClosedAt: NIODeadline?
    var stall = StallDetector()

    /// Bytes of further requests that are read while one is answered.
    private static let pipelineLimit = 16 << 10
    /// The most that is kept of what a client sent before it closed its half: a whole request and something.
    private static let inboxLimit = Limits.requestBody + 4 * Limits.requestHead
    /// Bytes read over after the last answer.
    private static let discardLimit = 4 << 20
    /// Bodies up to this size need no allowance.
    private static let freeBody = 64 << 10

    init(loop: WebLoop, shared: ListenerContext, source: IPAddress, id: UInt64) {
        self.loop = loop
        self.shared = shared
        self.source = source
        self.id = id
        idleSince = loop.now
    }

    // MARK: - Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self, id: id)
        requestSince = loop.now
        if loop.isDraining { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        let last = state
        if case .ended = last { return }
        state = .ended
        stopCounting()
        releaseBody()
        loop.removeHTTPConnection(id)
        context = nil
        reader.stop()
        if case .answering(let answering) = last { answering.cancellation?() }
    }

    /// From here on the connection is no HTTP connection for the limit.
    func stopCounting() {
        guard isCounted else { return }
        isCounted = false
        shared.connections.giveBack(1)
    }

    /// Ends the connection without another word.
    func abort() { context?.close(promise: nil) }

    /// Ends the connection as soon as no request is under way.
    func drain() {
        guard case .reading = state, !reader.isWithinRequest else { return }
        // What was answered in this turn of the event loop may not be written yet.
        flushOutput()
        abort()
    }

    // MARK: - In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        switch state {
        case .reading, .answering, .upgraded:
            reader.append(&incoming)
            if reader.waitingBytes > Self.inboxLimit {
                // More than we would have read, had the client not closed its half.
                abort()
            } else {
                advance()
            }
        case .ending, .lingering:
            discardedInput += incoming.readableBytes
            if discardedInput > Self.discardLimit { abort() }
        case .ended:
            break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { flushSoon() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            isInputClosed = true
            inputClosedAt = loop.now
            switch state {
            case .reading:
                advance()
                flushOutput()
            case .lingering: abort()
            case .answering, .ending, .upgraded, .ended: break
            }
            // For the decoder the input goes on until it has been given all that waits here.
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A broken connection or a failed TLS handshake; it is the client's, and there is nobody to tell.
        context.close(promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        if mayRead(context) { context.read() } else { isReadHeldBack = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            advance()
            flushOutput()
        }
        context.fireChannelWritabilityChanged()
    }

    private func mayRead(_ context: ChannelHandlerContext) -> Bool {
        switch state {
        case .reading: context.channel.isWritable
        case .answering: reader.waitingBytes < Self.pipelineLimit
        case .ending, .lingering, .upgraded, .ended: true
        }
    }

    // MARK: - Requests

    /// Handles what has been read, until a request needs more bytes or waits for its answer.
    private func advance() {
        guard !isAdvancing, let context else { return }
        isAdvancing = true
        do {
            while case .reading = state, !isChangingDecoder, context.channel.isWritable, try step(context) {}
        } catch {
            answer(ResponseEncoder.plain(error.status, ends: true), nothingKnown)
        }
        isAdvancing = false
        if case .reading = state {
            if isInputClosed, !isChangingDecoder, context.channel.isWritable { beginEnding() }
            requestSince = reader.isWithinRequest ? requestSince ?? loop.now : sequence == 0 ? requestSince : nil
        }
        reader.trim(context.channel.allocator)
    }

    /// - Returns: whether there may be more to do at once.
    private func step(_ context: ChannelHandlerContext) throws(RequestHead.Refusal) -> Bool {
        // A large body takes all that it can need from the allowance, before any of it is asked for.
        if reader.expectedBody > Self.freeBody, reservedBody == 0 {
            guard shared.bodies.take(Limits.requestBody) else { throw .init(status: 503) }
            reservedBody = Limits.requestBody
        }
        switch try reader.next() {
        case .request(let head, let body):
            dispatch(head, body)
            return true
        case .decode(let bytes):
            context.fireChannelRead(wrapInboundOut(bytes))
            return true
        case .needsMore(let wantsContinue):
            if wantsContinue { append { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") } }
            return false
        }
    }

    private func releaseBody() {
        guard reservedBody > 0 else { return }
        shared.bodies.giveBack(reservedBody)
        reservedBody = 0
    }

    private func dispatch(_ head: RequestHead, _ body: WebRequest.Body) {
        requestSince = nil
        sequence += 1
        if body == .tooLarge { reader.stop() }
        if head.asksForUpgrade, !head.asksForWebSocket { renewDecoder() }
        let answering = Answering(
            sequence: sequence, isHEAD: head.method == "HEAD", isHTTP10: head.isHTTP10,
            keepsAlive: head.keepsAlive && body != .tooLarge)
        state = .answering(answering)
        guard let target = RequestTarget(head.target) else {
            answer(ResponseEncoder.plain(400), answering)
            return
        }
        switch shared.routes.match(target, isUpgrade: head.asksForWebSocket) {
        case .responder(let responder):
            let cancellation = responder.respond(
                to: request(head, body),
                completion: Completion(making: { [loop, id, sequence] response in
                    loop.answer(connection: id, sequence: sequence, with: response)
                }))
            // It may have answered at once, and the next request may even be under way.
            if case .answering(var current) = state, current.sequence == answering.sequence {
                current.cancellation = cancellation
                state = .answering(current)
            }
        case .webSocket(let route): upgrade(head, route, answering)
        case .files(let files): serve(files, head, target, answering)
        case .nothing: answer(ResponseEncoder.plain(404, ends: head.asksForWebSocket), answering)
        }
    }

    func request(_ head: RequestHead, _ body: WebRequest.Body) -> WebRequest {
        WebRequest(
            method: head.method, target: head.target, headers: head.headers, body: body, source: source, connection: id,
            isSecure: shared.isSecure)
    }

    // MARK: - Answers

    /// What a responder has answered, on the event loop.
    func receive(_ response: () -> WebResponse, for sequence: UInt64) {
        guard case .answering(let answering) = state, answering.sequence == sequence else { return }
        answer(response(), answering)
        continueAfterAnswer()
    }

    /// Stands for a request that could not be read.
    private var nothingKnown: Answering {
        Answering(sequence: sequence, isHEAD: false, isHTTP10: false, keepsAlive: false)
    }

    func answer(_ response: WebResponse, _ answering: Answering) {
        let ends = response.endsConnection || !answering.keepsAlive || loop.isDraining
        let allowsBody = ResponseEncoder.allowsBody(response.status)
        appendHead(
            response.status, response.headers, contentLength: allowsBody ? response.body.count : nil, answering,
            ends: ends)
        if allowsBody, !answering.isHEAD { append { $0.writeBytes(response.body) } }
        finishAnswer(ends: ends)
    }

    func appendHead(
        _ status: Int, _ headers: [WebRequest.Header], contentLength: Int?, _ answering: Answering, ends: Bool
    ) {
        let head = loop.makeHead { head, date in
            ResponseEncoder.appendHead(
                status: status, headers: headers, contentLength: contentLength,
                persistence: ends ? .ends : answering.isHTTP10 ? .keptAndSaid : .kept, date: date, to: &head)
        }
        append { $0.writeBytes(head) }
    }

    /// The answer is written; on to the next request, or to the end.
    func finishAnswer(ends: Bool) {
        releaseBody()
        idleSince = loop.now
        if ends {
            beginEnding()
        } else {
            state = .reading
        }
    }

    /// To be called after an answer that did not come from within ``advance()``.
    func continueAfterAnswer() {
        guard !isAdvancing else { return }
        advance()
        flushSoon()
    }

    private func beginEnding() {
        state = .ending
        reader.stop()
        closesAfterOutput = true
    }

    // MARK: - Out

    func append(_ write: (inout ByteBuffer) -> Void) {
        guard let context else { return }
        var buffer = output ?? loop.takeBuffer(context.channel.allocator)
        output = nil
        write(&buffer)
        // Pipelined answers count for the channel's water mark before they become many.
        if buffer.readableBytes >= 32 << 10 {
            written += buffer.readableBytes
            context.write(wrapOutboundOut(buffer), promise: nil)
            buffer = context.channel.allocator.buffer(capacity: 0)
        }
        output = buffer
    }

    /// Has the output written when the event loop has handled all that is ready.
    private func flushSoon() {
        guard !isFlushDue, output != nil || closesAfterOutput || isReadHeldBack else { return }
        // Behind a client that has closed its half, others may close the rest before long.
        guard !isInputClosed else { return flushOutput() }
        isFlushDue = true
        loop.flushSoon(self)
    }

    func flushOutput() {
        isFlushDue = false
        guard let context else { return }
        let buffer = output
        output = nil
        written += buffer?.readableBytes ?? 0
        if closesAfterOutput {
            closesAfterOutput = false
            context.writeAndFlush(wrapOutboundOut(buffer ?? ByteBuffer())).assumeIsolated().whenComplete { _ in
                self.closeOutput()
            }
        } else if let buffer {
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            loop.giveBack(buffer)
        }
        if isReadHeldBack, mayRead(context) {
            isReadHeldBack = false
            context.read()
        }
    }

    private func closeOutput() {
        guard let context, case .ending = state else { return }
        if isInputClosed {
            context.close(promise: nil)
        } else {
            state = .lingering(until: .now() + TimeAmount(loop.timeouts.linger))
            context.close(mode: .output, promise: nil)
        }
    }
}

@available(*, unavailable)
extension HTTPConnectionHandler: Sendable {}
