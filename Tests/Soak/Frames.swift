// Swift GotAPI · SPDX-License-Identifier: MIT

/// WebSocket frames as bytes, masked with zeros: RFC 6455, section 5.2.
enum Frames {
    /// A text frame with an application's token.
    static func token(_ token: String) -> [UInt8] {
        let message = Array("{\"accessToken\":\"\(token)\"}".utf8)
        return beginning(of: message.count) + message
    }

    /// A text frame of up to 65,535 bytes, without those.
    static func beginning(of length: Int) -> [UInt8] {
        [0x81, 0x80 | 126, UInt8(length >> 8), UInt8(length & 255), 0, 0, 0, 0]
    }
}
