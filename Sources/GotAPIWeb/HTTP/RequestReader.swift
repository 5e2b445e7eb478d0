// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore
import NIOHTTP1

/// Makes whole requests of what NIO's decoder reads, one when it is asked for one. It is the last handler of an HTTP
/// connection.
///
/// It also keeps the bytes that the decoder has not been given yet, and portions them out so that the decoder never sees
/// more than one request at a time: up to the next empty line, where every head and every chunked body ends, or up to the
/// end of a body of known length. So requests wait as bytes, the length of a head is known exactly, and what follows an
/// upgrade is not read as HTTP. Nothing but that depends on where the cut is; the decoder gets all bytes in their order,
/// those of the first line as ``RequestLine`` makes them.
final class RequestReader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart

    enum Step {
        /// The decoder is to be given these bytes.
        case decode(ByteBuffer)
        /// - Parameter wantsContinue: the client waits to be told that it may send the body; said once.
        case needsMore(wantsContinue: Bool)
        case request(RequestHead, WebRequest.Body)
    }

    private enum State {
        /// Between requests or within a head.
        case head
        case body(RequestHead)
        case whole(RequestHead, WebRequest.Body)
        case failed(RequestHead.Refusal)
        /// Nothing more is read.
        case stopped
    }

    private var state = State.head
    private var inbox = ByteBuffer()
    private var line = RequestLine()
    /// What is there of the body.
    private var body: [UInt8] = []
    /// Bytes that the decoder was given of the head.
    private var headLength = 0
    /// The last four bytes that the decoder was given.
    private var lastBytes: UInt32 = 0
    private var hasToldToContinue = false

    /// CR LF CR LF, as a number.
    private static let emptyLine: UInt32 = 0x0d0a_0d0a
    /// The most that the decoder is given at once of a body, in bytes.
    private static let bodyPortion = 64 << 10

    /// The decoder that stands before this handler: NIO's, strict, and with limits in which a head of the permitted length
    /// always fits, however its bytes are distributed; a target's bytes beyond ASCII count as the three that encode each.
    /// They bound what it keeps of trailer fields too.
    static func makeDecoder() -> ByteToMessageHandler<HTTPRequestDecoder> {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = Limits.requestHead
        limits.maxHeaderListSize = Limits.requestHead
        limits.maxHeaderFieldCount = Limits.requestHead / 4
        return ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits),
            maximumBufferSize: Limits.requestHead)
    }

    // MARK: - Bytes

    /// Bytes that the decoder was not given yet.
    var waitingBytes: Int { inbox.readableBytes }

    /// Whether a request has begun and is not there as a whole.
    var isWithinRequest: Bool {
        if case .head = state { headLength > 0 || inbox.readableBytes > 0 } else { true }
    }

    /// How long the body that is on its way will be, as far as that is known.
    var expectedBody: Int {
        guard case .body(let head) = state else { return 0 }
        return if case .length(let length) = head.framing { length } else { body.count }
    }

    func append(_ bytes: inout ByteBuffer) {
        if inbox.readableBytes == 0 { inbox = bytes } else { inbox.writeBuffer(&bytes) }
    }

    /// Takes the next request if it is there, else says what is needed for it.
    func next() throws(RequestHead.Refusal) -> Step {
        switch state {
        case .head:
            guard headLength <= Limits.requestHead else { throw .init(status: 431) }
            let portion = portionToEmptyLine(atMost: Limits.requestHead + 1 - headLength)
            headLength += portion?.readableBytes ?? 0
            return portion.map { .decode(line.translate($0)) } ?? .needsMore(wantsContinue: false)
        case .body(let head):
            let portion =
                if case .length(let length) = head.framing {
                    inbox.readSlice(length: min(length - body.count, inbox.readableBytes, Self.bodyPortion))
                } else {
                    portionToEmptyLine(atMost: Self.bodyPortion)
                }
            if let portion, portion.readableBytes > 0 { return .decode(portion) }
            let wantsContinue = head.expectsContinue && body.isEmpty && !hasToldToContinue
            hasToldToContinue = true
            return .needsMore(wantsContinue: wantsContinue)
        case .whole(let head, let body):
            state = .head
            line = RequestLine()
            headLength = 0
            lastBytes = 0
            hasToldToContinue = false
            return .request(head, body)
        case .failed(let refusal): throw refusal
        case .stopped: return .needsMore(wantsContinue: false)
        }
    }

    private func portionToEmptyLine(atMost limit: Int) -> ByteBuffer? {
        // By a pointer, used inside the call only, and comparing nothing but line ends: every byte of every request comes by
        // here.
        let (length, last) = inbox.withUnsafeReadableBytes { bytes in
            let end = min(limit, bytes.count)
            var length = 0
            while length < end {
                length += 1
                guard bytes[length - 1] == Byte.lineFeed else { continue }
                if Self.endsWithEmptyLine(bytes, length, behind: lastBytes) { break }
            }
            return (length, Self.lastBytes(of: bytes, length, behind: lastBytes))
        }
        lastBytes = last
        return length > 0 ? inbox.readSlice(length: length) : nil
    }

    private static func endsWithEmptyLine(
        _ bytes: UnsafeRawBufferPointer, _ length: Int, behind known: UInt32
    ) -> Bool {
        guard length >= 3 else { return lastBytes(of: bytes, length, behind: known) == emptyLine }
        // Not an empty line, nearly always, and then not worth four bytes.
        return bytes[length - 3] == Byte.lineFeed && lastBytes(of: bytes, length, behind: known) == emptyLine
    }

    /// The four bytes at the end of the first `length`, those before which were `known`.
    private static func lastBytes(of bytes: UnsafeRawBufferPointer, _ length: Int, behind known: UInt32) -> UInt32 {
        var last = known
        for index in max(0, length - 4)..<length { last = last << 8 | UInt32(bytes[index]) }
        return last
    }

    /// Lets go of memory that is not needed for what waits, so that the channel can read into it again.
    func trim(_ allocator: ByteBufferAllocator) {
        if inbox.readableBytes == 0 {
            inbox = ByteBuffer()
        } else if inbox.storageCapacity > 4 * max(inbox.readableBytes, 512) {
            inbox = allocator.buffer(buffer: inbox)
        }
    }

    /// Takes everything that waits.
    func takeRest() -> ByteBuffer {
        defer { inbox = ByteBuffer() }
        return inbox
    }

    /// Forgets everything and makes no more requests.
    func stop() {
        state = .stopped
        inbox = ByteBuffer()
        body = []
    }

    // MARK: - What the decoder reads

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .head): state = begin(head)
        case (.body(let bytes), .body):
            body.append(contentsOf: bytes.readableBytesView)
            if body.count > Limits.requestBody { endBody(.tooLarge) }
        case (.end, .body): endBody(.bytes(body))
        // A head that ended elsewhere than at an empty line, and another one behind it.
        case (.head, .body), (.head, .whole): state = .failed(.init(status: 400))
        // What is left of a request that was taken without its body or refused; the connection ends with it.
        default: break
        }
    }

    private func begin(_ read: HTTPRequestHead) -> State {
        guard headLength <= Limits.requestHead else { return .failed(.init(status: 431)) }
        do throws(RequestHead.Refusal) {
            let head = try RequestHead(read, replacedMethod: line.replacedMethod)
            // The handshake refuses an upgrade with a body, so there is none to wait for; CONNECT has none.
            if head.asksForWebSocket || read.method == .CONNECT { return .whole(head, .bytes([])) }
            if case .length(let length) = head.framing, length > Limits.requestBody { return .whole(head, .tooLarge) }
            return .body(head)
        } catch {
            return .failed(error)
        }
    }

    private func endBody(_ whole: WebRequest.Body) {
        guard case .body(let head) = state else { return }
        state = .whole(head, whole)
        body = []
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        // Where a body is too long, what follows can be no chunk.
        case .whole, .failed, .stopped: return
        case .head, .body: break
        }
        let status =
            switch error {
            case HTTPParserError.headerOverflow, is ByteToMessageDecoderError.PayloadTooLargeError: 431
            default: 400
            }
        state = .failed(.init(status: status))
    }
}

@available(*, unavailable)
extension RequestReader: Sendable {}
