// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore

/// Makes whole requests of what a connection sends, one when it is asked for one. What comes after that request stays as
/// bytes.
struct RequestReader {
    enum Step {
        /// - Parameter wantsContinue: the client waits to be told that it may send the body; said once.
        case needsMore(wantsContinue: Bool)
        case request(RequestHead, WebRequest.Body)
    }

    private var inbox = ByteBuffer()
    private var parser = RequestHeadParser()
    /// The request whose body is on its way.
    private var head: RequestHead?
    private var chunkedBody: ChunkedBody?

    /// Bytes that belong to no request yet that was taken.
    var waitingBytes: Int { inbox.readableBytes }

    /// Whether a request has begun and is not there as a whole.
    var isWithinRequest: Bool { head != nil || inbox.readableBytes > 0 }

    /// How long the body that is on its way will be, as far as that is known.
    var expectedBody: Int {
        switch head?.framing {
        case .length(let length): length
        case .chunked: chunkedBody?.bytes.count ?? 0
        case nil: 0
        }
    }

    mutating func append(_ bytes: inout ByteBuffer) {
        if inbox.readableBytes == 0 { inbox = bytes } else { inbox.writeBuffer(&bytes) }
    }

    /// Takes the next request, if it is there.
    mutating func next() throws(RequestHead.Refusal) -> Step {
        if let head { return try body(of: head, wantsContinue: false) }
        guard inbox.readableBytes > 0, let next = try parser.next(from: &inbox) else {
            return .needsMore(wantsContinue: false)
        }
        // The handshake refuses an upgrade with a body, so there is none to wait for.
        if next.asksForWebSocket { return .request(next, .bytes([])) }
        switch next.framing {
        case .length(0): return .request(next, .bytes([]))
        case .length(let length) where length > Limits.requestBody: return .request(next, .tooLarge)
        case .length: break
        case .chunked: chunkedBody = ChunkedBody()
        }
        head = next
        return try body(of: next, wantsContinue: next.expectsContinue && inbox.readableBytes == 0)
    }

    private mutating func body(of head: RequestHead, wantsContinue: Bool) throws(RequestHead.Refusal) -> Step {
        if case .length(let length) = head.framing {
            guard let bytes = inbox.readBytes(length: length) else { return .needsMore(wantsContinue: wantsContinue) }
            self.head = nil
            return .request(head, .bytes(bytes))
        }
        // Moved out and back, so that its bytes are not copied.
        var body = chunkedBody ?? ChunkedBody()
        chunkedBody = nil
        let step = try body.read(from: &inbox)
        guard step != .needsMore else {
            chunkedBody = body
            return .needsMore(wantsContinue: wantsContinue)
        }
        self.head = nil
        return .request(head, step == .tooLarge ? .tooLarge : .bytes(body.bytes))
    }

    /// Lets go of memory that is not needed for what waits, so that the channel can read into it again.
    mutating func trim(_ allocator: ByteBufferAllocator) {
        if inbox.readableBytes == 0 {
            inbox = ByteBuffer()
        } else if inbox.storageCapacity > 4 * max(inbox.readableBytes, 512) {
            inbox = allocator.buffer(buffer: inbox)
        }
    }

    /// Takes everything that waits.
    mutating func takeRest() -> ByteBuffer {
        defer { self = RequestReader() }
        return inbox
    }
}
