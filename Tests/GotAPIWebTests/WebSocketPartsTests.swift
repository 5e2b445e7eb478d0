// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore
import NIOWebSocket
import Testing

@testable import GotAPIWeb

struct PushQueueTests {
    private func drained(_ queue: inout PushQueue, upTo amount: Int = .max) -> [UInt8] {
        var buffer = ByteBuffer()
        queue.drain(into: &buffer, upTo: amount)
        return Array(buffer.readableBytesView)
    }

    @Test func messagesLeaveInOrderAsFrames() {
        var queue = PushQueue(limit: 100)
        #expect(queue.append([1, 2]) == 0)
        #expect(queue.append([3]) == 0)
        #expect(drained(&queue) == [0x81, 2, 1, 2, 0x81, 1, 3])
        #expect(queue.isEmpty)
        #expect(queue.bytes == 0)
    }

    /// RFC 6455, section 5.2.
    @Test(
        arguments: [
            (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]), (65_535, [0x81, 126, 0xff, 0xff]),
            (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])])
    func aFramesHeadHasItsLength(length: Int, head: [UInt8]) {
        let message = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        var buffer = ByteBuffer(bytes: [7])
        OutgoingFrame.append(.text, message, to: &buffer)
        OutgoingFrame.appendClose(1_001, to: &buffer)
        #expect(Array(buffer.readableBytesView) == [7] + head + message + [0x88, 2, 3, 0xe9])
    }

    @Test func theOldestGoWhereTooMuchWaits() {
        var queue = PushQueue(limit: 4)
        for byte in 1...4 as ClosedRange<UInt8> { #expect(queue.append([byte]) == 0) }
        #expect(queue.append([5, 6]) == 2)
        #expect(queue.bytes == 4)
        #expect(drained(&queue) == [0x81, 1, 3, 0x81, 1, 4, 0x81, 2, 5, 6])
    }

    @Test func aMessageLongerThanTheLimitIsKeptAlone() {
        var queue = PushQueue(limit: 2)
        #expect(queue.append([1]) == 0)
        #expect(queue.append([2, 3, 4]) == 1)
        #expect(drained(&queue) == [0x81, 3, 2, 3, 4])
    }

    @Test func aLongQueueKeepsItsOrderThroughAllItsHousekeeping() {
        var queue = PushQueue(limit: 1 << 20)
        var out: [UInt8] = []
        for round in 0..<500 {
            for _ in 0..<3 { _ = queue.append([UInt8(round & 0x7f)]) }
            out += drained(&queue, upTo: 4)
        }
        out += drained(&queue)
        let values = stride(from: 2, to: out.count, by: 3).map { out[$0] }
        #expect(values == (0..<1_500).map { UInt8($0 / 3 & 0x7f) })
    }
}

struct WebSocketMessageAssemblerTests {
    typealias Step = WebSocketMessageAssembler.Step

    static func frame(
        _ opcode: WebSocketOpcode, _ payload: [UInt8] = [], fin: Bool = true, rsv: Bool = false, masked: Bool = true
    ) -> WebSocketFrame {
        let key: WebSocketMaskingKey? = masked ? [1, 2, 3, 4] : nil
        var data = ByteBuffer(bytes: payload)
        if let key { data.webSocketMask(key) }
        return WebSocketFrame(fin: fin, rsv1: rsv, opcode: opcode, maskKey: key, data: data)
    }

    static func steps(_ frames: [WebSocketFrame], limit: Int = 100) -> [Step] {
        var assembler = WebSocketMessageAssembler(limit: limit)
        return frames.map { assembler.receive($0) }
    }

    @Test func fragmentsAreJoinedAroundControlFrames() {
        let steps = Self.steps([
            Self.frame(.text, Array("ä".utf8.prefix(1)), fin: false), Self.frame(.ping, [9]),
            Self.frame(.continuation, Array("ä".utf8.suffix(1)), fin: false), Self.frame(.pong),
            Self.frame(.continuation, Array("b".utf8)), Self.frame(.text, []), Self.frame(.binary, [1]),
        ])
        #expect(steps == [.nothing, .ping([9]), .nothing, .nothing, .text("äb"), .text(""), .binary])
    }

    @Test(
        arguments: [
            ([frame(.text, masked: false)], .protocolError),
            ([frame(.text, rsv: true)], .protocolError),
            ([frame(.init(encodedWebSocketOpcode: 3)!)], .protocolError),
            ([frame(.init(encodedWebSocketOpcode: 11)!)], .protocolError),
            ([frame(.continuation)], .protocolError),
            ([frame(.text, fin: false), frame(.text)], .protocolError),
            ([frame(.text, [0xff])], .dataInconsistentWithMessage),
            ([frame(.text, [0xc3], fin: false), frame(.continuation, [0x28])], .dataInconsistentWithMessage),
            ([frame(.text, [0xed, 0xa0, 0x80])], .dataInconsistentWithMessage),  // a surrogate
            ([frame(.text, Array(repeating: 97, count: 101))], .messageTooLarge),
            (
                [
                    frame(.binary, Array(repeating: 97, count: 60), fin: false),
                    frame(.continuation, Array(repeating: 0, count: 41)),
                ],
                .messageTooLarge
            ),
            ([frame(.connectionClose, [3])], .protocolError),
            ([frame(.connectionClose, [3, 0xec])], .protocolError),  // 1004
            ([frame(.connectionClose, [3, 0xed])], .protocolError),  // 1005
            ([frame(.connectionClose, [0, 0])], .protocolError),
            ([frame(.connectionClose, [0x13, 0x88])], .protocolError),  // 5000
            ([frame(.connectionClose, [3, 0xe8, 0xff])], .dataInconsistentWithMessage),
        ] as [([WebSocketFrame], WebSocketErrorCode)])
    func whatIsForbiddenClosesWithItsCode(frames: [WebSocketFrame], code: WebSocketErrorCode) {
        #expect(Self.steps(frames).last == .violation(code))
    }

    @Test func endlessEmptyFragmentsEnd() {
        let frames =
            [Self.frame(.text, fin: false)]
            + (0..<WebSocketMessageAssembler.fragmentLimit).map { _ in Self.frame(.continuation, fin: false) }
        #expect(Self.steps(frames).last == .violation(.messageTooLarge))
    }

    @Test func closingFramesHaveACodeOrNone() {
        #expect(Self.steps([Self.frame(.connectionClose)]) == [.close(nil)])
        #expect(Self.steps([Self.frame(.connectionClose, [3, 0xe8] + Array("bye".utf8))]) == [.close(1_000)])
        #expect(Self.steps([Self.frame(.connectionClose, [0x0f, 0xa0])]) == [.close(4_000)])
    }
}

struct WebSocketHandshakeTests {
    /// The example of RFC 6455, section 1.3.
    @Test func theAcceptValueIsTheRFCs() {
        #expect(WebSocketHandshake.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }
}

struct StallDetectorTests {
    @Test func onlyStandingStillForTheWholeTimeIsAStall() {
        var detector = StallDetector()
        func isStalled(_ written: Int, _ buffered: Int, at seconds: Int64) -> Bool {
            detector.isStalled(
                written: written, buffered: buffered, now: .uptimeNanoseconds(0) + .seconds(seconds),
                limit: .seconds(30))
        }
        #expect(!isStalled(100, 50, at: 0))
        #expect(!isStalled(100, 50, at: 29))
        #expect(!isStalled(100, 49, at: 30))  // a byte went
        #expect(!isStalled(200, 149, at: 59))  // more was written, nothing went
        #expect(isStalled(200, 149, at: 60))
        #expect(!isStalled(200, 0, at: 61))
        #expect(!isStalled(300, 100, at: 200))  // waits since now
        #expect(!isStalled(300, 100, at: 229))
        #expect(isStalled(300, 100, at: 230))
    }
}
