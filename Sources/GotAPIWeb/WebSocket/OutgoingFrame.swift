// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOCore
import NIOWebSocket

/// Writes a server's frames: whole messages, not masked (RFC 6455, section 5.2).
enum OutgoingFrame {
    static func append(_ opcode: WebSocketOpcode, _ payload: [UInt8], to buffer: inout ByteBuffer) {
        // In one go: each of NIO's writes looks again whether there is room.
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: longestHead + payload.count) { bytes in
            bytes[0] = 0x80 | UInt8(webSocketOpcode: opcode)
            let head: Int
            switch payload.count {
            case ...125:
                bytes[1] = UInt8(payload.count)
                head = 2
            case ...0xffff:
                bytes[1] = 126
                bytes.storeBytes(of: UInt16(payload.count).bigEndian, toByteOffset: 2, as: UInt16.self)
                head = 4
            default:
                bytes[1] = 127
                bytes.storeBytes(of: UInt64(payload.count).bigEndian, toByteOffset: 2, as: UInt64.self)
                head = 10
            }
            UnsafeMutableRawBufferPointer(rebasing: bytes[head...]).copyBytes(from: payload)
            return head + payload.count
        }
    }

    private static let longestHead = 10

    /// Appends a close frame, without a code where it is `nil`.
    static func appendClose(_ code: UInt16?, to buffer: inout ByteBuffer) {
        append(.connectionClose, code.map { [UInt8($0 >> 8), UInt8($0 & 0xff)] } ?? [], to: &buffer)
    }
}
