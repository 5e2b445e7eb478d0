// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOCore
import NIOWebSocket

/// Writes a server's frames: whole messages, not masked (RFC 6455, section 5.2).
enum OutgoingFrame {
    static func append(_ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>, to buffer: inout ByteBuffer) {
        buffer.writeInteger(0x80 | UInt8(webSocketOpcode: opcode))
        switch payload.count {
        case ...125:
            buffer.writeInteger(UInt8(payload.count))
        case ...0xffff:
            buffer.writeMultipleIntegers(126 as UInt8, UInt16(payload.count))
        default:
            buffer.writeMultipleIntegers(127 as UInt8, UInt64(payload.count))
        }
        buffer.writeBytes(payload)
    }

    /// Appends a close frame, without a code where it is `nil`.
    static func appendClose(_ code: UInt16?, to buffer: inout ByteBuffer) {
        append(.connectionClose, code.map { [UInt8($0 >> 8), UInt8($0 & 0xff)] } ?? [], to: &buffer)
    }
}
