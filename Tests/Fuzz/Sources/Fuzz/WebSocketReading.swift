// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOWebSocket

/// What the real frame decoder, ``WebSocketHandler`` and GotAPI-5's rules make of a client's bytes behind the upgrade.
struct WebSocketReading: Equatable {
    let events: [WebSocketEvent]
    /// What the client is sent.
    private(set) var output: [UInt8] = []

    init(_ portions: Portions) throws {
        let eventLoop = EmbeddedEventLoop()
        let loop = WebLoop(eventLoop: eventLoop, timeouts: WebTimeouts())
        let session = Session()
        let outbox = WebSocketOutbox(loop: loop, connection: 1) { _ in }
        let handler = WebSocketHandler(session: session, outbox: outbox, loop: loop, id: 1)
        let channel = EmbeddedChannel(loop: eventLoop)
        try channel.pipeline.syncOperations.addHandlers([
            ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: Limits.webSocketMessage)), handler,
        ])
        channel.pipeline.fireChannelActive()
        handler.open()
        for portion in portions where channel.isActive || handler.isInPipeline {
            channel.pipeline.fireChannelRead(ByteBuffer(bytes: portion))
            channel.pipeline.fireChannelReadComplete()
            eventLoop.run()
        }
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { output += bytes.readableBytesView }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        // The last look at the clock, with which the loop lets go of everything.
        eventLoop.advanceTime(by: .seconds(2))
        events = session.events
        precondition(events.first == .opened && events.last == .closed, "the session must hear of both ends")
        precondition(events.count { $0 == .closed } == 1, "the session must hear of the end once")
        checkOutput()
    }

    /// Whole frames, unmasked, and nothing behind a close.
    private func checkOutput() {
        var rest = output[...]
        var isClosed = false
        while let first = rest.popFirst(), let short = rest.popFirst() {
            precondition(!isClosed, "a frame behind the close")
            var length = Int(short)
            precondition(length < 128, "a masked frame")
            for (marker, width) in [(126, 2), (127, 8)] where short == marker {
                length = rest.prefix(width).reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(width)
            }
            precondition(rest.count >= length, "a frame is cut")
            let payload = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            switch first {
            case 0x81: precondition((try? JSONScanner.members(of: payload)) != nil, "no JSON object")
            case 0x88: isClosed = true
            case 0x8a: precondition(length <= 125, "too long a pong")
            default: preconditionFailure("an unexpected frame")
            }
        }
        precondition(rest.isEmpty, "a frame is cut")
    }
}

/// GotAPI-5's rules for one socket, where the token `t` is known.
private final class Session: WebSocketSession {
    private let state = NIOLockedValueBox<(rules: SessionState, events: [WebSocketEvent])>((SessionState(), []))

    var events: [WebSocketEvent] { state.withLockedValue(\.events) }

    func receive(_ event: WebSocketEvent) -> [WebSocketAction] {
        state.withLockedValue { state in
            state.events.append(event)
            return Self.rule(event).map { Self.actions(state.rules.receive($0)) } ?? []
        }
    }

    private static func rule(_ event: WebSocketEvent) -> SessionState.Event? {
        switch event {
        case .opened: .opened
        case .timerFired: .timerFired
        case .binary: .badMessage
        case .closed: nil
        case .text(let text):
            if let message = try? JSONNode(parsing: Array(text.utf8)), message.content != .null {
                message["accessToken"].map { $0.text == "t" ? .knownToken : .unknownToken } ?? .otherMessage
            } else {
                .badMessage
            }
        }
    }

    private static func actions(_ action: SessionState.Action) -> [WebSocketAction] {
        switch action {
        case .none: []
        case .await(let duration): [.startTimer(after: duration)]
        case .confirm: [.stopTimer, .send(SessionText.confirmation)]
        case .complain(let problem): [.send(SessionText.text(problem))]
        case .dismiss(let problem, let duration): [.send(SessionText.text(problem)), .startTimer(after: duration)]
        case .close(let code): [.close(code: code)]
        }
    }
}

/// Stands in for the HTTP connections that a ``WebLoop`` looks after; there are none here.
final class HTTPConnectionHandler {
    func flushOutput() {}
    func receive(_ response: () -> WebResponse, for sequence: UInt64) {}
    func tick() {}
    func drain() {}
    func abort() {}
}
