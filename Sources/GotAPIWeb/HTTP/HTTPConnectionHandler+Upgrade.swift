// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore
import NIOWebSocket

extension HTTPConnectionHandler {
    /// Makes a WebSocket of the connection, or answers why not.
    ///
    /// The HTTP handlers leave the pipeline, so that an idle WebSocket holds the memory of its own handlers only.
    func upgrade(_ head: RequestHead, _ route: WebSocketRoute, _ answering: Answering) {
        guard let context else { return }
        let accept: String
        switch WebSocketHandshake.check(head) {
        case .refused(let response):
            answer(response, answering)
            return
        case .accepted(let value): accept = value
        }
        let outbox = WebSocketOutbox(
            loop: loop, connection: id, overflowCode: route.overflowCode, onDropped: shared.onDroppedPushes)
        let session: any WebSocketSession
        switch route.responder.admit(request(head, .bytes([])), outlet: outbox) {
        case .refused(let response):
            renewDecoder()
            answer(response, answering)
            return
        case .session(let admitted): session = admitted
        }
        append { buffer in
            buffer.writeStaticString(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            )
            buffer.writeString(accept)
            buffer.writeStaticString("\r\n\r\n")
        }
        stopCounting()
        flushOutput()
        state = .upgraded
        let webSocket = WebSocketHandler(
            session: session, outbox: outbox, loop: loop, id: id, messageLimit: route.messageLimit)
        let pipeline = context.pipeline.syncOperations
        do {
            // What a client says on a WebSocket is short; a small buffer for reading is kept by each.
            try context.channel.syncOptions?.setOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1_024))
            try pipeline.addHandlers([
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: route.messageLimit)), webSocket,
            ])
        } catch {
            // The channel is closing. The session is told by the handler if that is in the pipeline, else here.
            if !webSocket.isInPipeline { _ = session.receive(.closed) }
            context.close(promise: nil)
            return
        }
        pipeline.removeHandler(reader, promise: nil)
        webSocket.open()
        // It leaves a moment later. Until then what comes waits here, since it would read it as HTTP.
        pipeline.removeHandler(decoder).assumeIsolated().whenComplete { _ in self.leaveAfterUpgrade() }
    }

    private func leaveAfterUpgrade() {
        guard let context else { return }
        let rest = reader.takeRest()
        if rest.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(rest))
            context.fireChannelReadComplete()
        }
        if isInputClosed {
            context.close(promise: nil)
        } else {
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }

    /// Gives the connection a new decoder, behind a request that asked for another protocol and got HTTP: the old one takes
    /// what follows for that protocol.
    ///
    /// It has been given nothing of the next request, so there is nothing to hand over.
    func renewDecoder() {
        guard let context else { return }
        let pipeline = context.pipeline.syncOperations
        let old = decoder
        decoder = RequestReader.makeDecoder()
        isChangingDecoder = true
        do {
            try pipeline.addHandler(decoder, position: .before(reader))
        } catch {
            abort()  // the channel is closing
            return
        }
        pipeline.removeHandler(old).assumeIsolated().whenComplete { _ in
            self.isChangingDecoder = false
            self.continueAfterAnswer()
        }
    }
}
