// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore
import NIOEmbedded

/// What the real decoder and ``RequestReader`` make of a client's bytes, driven as a connection does it.
struct HTTPReading: Equatable {
    struct Request: Equatable {
        let head: RequestHead
        let body: WebRequest.Body
    }

    private(set) var requests: [Request] = []
    /// Set where the client is refused, and with it the connection.
    private(set) var refusal: RequestHead.Refusal?
    private var isOver = false

    private let channel = EmbeddedChannel()
    private let reader = RequestReader()
    private var decoder = RequestReader.makeDecoder()

    static func == (left: HTTPReading, right: HTTPReading) -> Bool {
        left.requests == right.requests && left.refusal == right.refusal
    }

    init(_ portions: Portions) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandlers([decoder, reader])
        for portion in portions {
            var bytes = ByteBuffer(bytes: portion)
            reader.append(&bytes)
            do throws(RequestHead.Refusal) {
                try advance()
            } catch {
                refusal = error
                isOver = true
            }
            if isOver { break }
            precondition(reader.waitingBytes == 0, "bytes wait although more are needed")
            reader.trim(channel.allocator)
        }
        reader.stop()
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    private mutating func advance() throws(RequestHead.Refusal) {
        while !isOver {
            switch try reader.next() {
            case .decode(let bytes): channel.pipeline.fireChannelRead(bytes)
            case .request(let head, let body): take(Request(head: head, body: body))
            case .needsMore: return
            }
        }
    }

    private mutating func take(_ request: Request) {
        let head = request.head
        precondition(!head.method.isEmpty && head.method.utf8.allSatisfy(Byte.isToken), "no method")
        precondition(head.target.utf8.allSatisfy { 0x21..<0x7f ~= $0 }, "no target")
        if case .bytes(let body) = request.body { precondition(body.count <= Limits.requestBody) }
        requests.append(request)
        // Nothing more is read as HTTP, or not by this decoder.
        isOver = !head.keepsAlive || request.body == .tooLarge || head.asksForWebSocket
        if head.asksForUpgrade, !isOver { renewDecoder() }
    }

    private mutating func renewDecoder() {
        let old = decoder
        decoder = RequestReader.makeDecoder()
        let pipeline = channel.pipeline.syncOperations
        do { try pipeline.addHandler(decoder, position: .before(reader)) } catch { preconditionFailure("\(error)") }
        pipeline.removeHandler(old, promise: nil)
        channel.embeddedEventLoop.run()
    }
}
