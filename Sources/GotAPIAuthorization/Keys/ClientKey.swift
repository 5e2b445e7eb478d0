// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore

/// The key that an application sent with `availability`, with which the gateway proves to it who it is.
package struct ClientKey: Sendable {
    private let key: SymmetricKey
    /// The first 16 hexadecimal digits of SHA-256(key), by which `grant` may name it.
    package let id: String

    /// - Parameter text: the parameter's text; its UTF-8 bytes are the key, they are not decoded from hexadecimal.
    package init(_ text: String) {
        let bytes = Array(text.utf8)
        let digest = SHA256.hash(data: bytes)
        id = hexadecimal(digest.prefix(8))
        // HMAC itself replaces a key that is longer than a block by its hash (RFC 2104), so no long one need be kept.
        key = bytes.count > SHA256.blockByteCount ? SymmetricKey(data: Array(digest)) : SymmetricKey(data: bytes)
    }

    /// HMAC-SHA256(key, nonce) as 64 lower-case hexadecimal digits in ASCII: the member `hmac`
    /// (gotapi-wire.md, "GotAPI-1 answer").
    package func signature(of nonce: String) -> [UInt8] {
        let code = HMAC<SHA256>.authenticationCode(for: Array(nonce.utf8), using: key)
        return [UInt8](unsafeUninitializedCapacity: 2 * SHA256.byteCount) { digits, count in
            // Written in place: this is on the path of every request. 32 bytes become 64 digits, the buffer's capacity.
            for byte in code {
                digits[count] = hexadecimalDigit(byte >> 4)
                digits[count + 1] = hexadecimalDigit(byte & 15)
                count += 2
            }
        }
    }
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
}
