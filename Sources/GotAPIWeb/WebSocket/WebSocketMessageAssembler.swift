// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore
import NIOWebSocket

/// Makes messages of a client's frames and finds what RFC 6455 forbids.
struct WebSocketMessageAssembler {
    enum Step: Equatable {
        /// A fragment, or a pong.
        case nothing
        case text(String)
        case binary
        /// To be answered with a pong that has the same payload.
        case ping([UInt8])
        /// The peer closes; `nil`: without a code.
        case close(UInt16?)
        /// The connection has to be closed with this code.
        case violation(WebSocketErrorCode)
    }

    private struct Message {
        var isText: Bool
        var bytes: [UInt8]
        var fragments = 1
    }

    /// The message of which not all fragments have come.
    private var message: Message?
    private let limit: Int
    /// The most fragments of one message. Without it, empty ones could go on for ever.
    static let fragmentLimit = 4_096

    init(limit: Int = Limits.webSocketMessage) { self.limit = limit }

    mutating func receive(_ frame: WebSocketFrame) -> Step {
        // Sections 5.1 (clients mask) and 5.2 (no extension was negotiated, so nobody may set reserved bits).
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return .violation(.protocolError) }
        switch frame.opcode {
        case .text, .binary:
            guard message == nil else { return .violation(.protocolError) }
            let started = Message(isText: frame.opcode == .text, bytes: Self.payload(of: frame))
            guard started.bytes.count <= limit else { return .violation(.messageTooLarge) }
            guard !frame.fin else { return Self.whole(started) }
            message = started
            return .nothing
        case .continuation:
            guard var joined = message else { return .violation(.protocolError) }
            message = nil
            joined.fragments += 1
            guard joined.bytes.count + frame.length <= limit, joined.fragments <= Self.fragmentLimit else {
                return .violation(.messageTooLarge)
            }
            joined.bytes += Self.payload(of: frame)
            guard !frame.fin else { return Self.whole(joined) }
            message = joined
            return .nothing
        case .ping:
            return .ping(Self.payload(of: frame))
        case .pong:
            return .nothing
        case .connectionClose:
            return Self.close(Self.payload(of: frame))
        default:
            return .violation(.protocolError)
        }
    }

    private static func payload(of frame: WebSocketFrame) -> [UInt8] { Array(frame.unmaskedData.readableBytesView) }

    private static func whole(_ message: Message) -> Step {
        guard message.isText else { return .binary }
        return String(validating: message.bytes, as: UTF8.self).map { .text($0) }
            ?? .violation(.dataInconsistentWithMessage)
    }

    private static func close(_ payload: [UInt8]) -> Step {
        guard !payload.isEmpty else { return .close(nil) }
        guard payload.count >= 2 else { return .violation(.protocolError) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        switch code {
        // Section 7.4 and IANA's WebSocket Close Code Number Registry; 1004 to 1006 and 1015 are not for the wire.
        case 1_000...1_003, 1_007...1_014, 3_000...4_999: break
        default: return .violation(.protocolError)
        }
        guard String(validating: payload[2...], as: UTF8.self) != nil else {
            return .violation(.dataInconsistentWithMessage)
        }
        return .close(code)
    }
}
