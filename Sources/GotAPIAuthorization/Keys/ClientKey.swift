// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore

/// The key that an application sent with `availability`, with which the gateway proves to it who it is.
package struct ClientKey: Sendable {
    /// Has taken in the key, which is half of the work and need not be done for every request.
    private let authenticator: HMAC<SHA256>
    /// The first 16 hexadecimal digits of SHA-256(key), by which `grant` may name it.
    package let id: String

    /// - Parameter text: the parameter's text; its UTF-8 bytes are the key, they are not decoded from hexadecimal.
    package init(_ text: String) {
        let bytes = Array(text.utf8)
        id = hexadecimal(SHA256.hash(data: bytes).prefix(8))
        authenticator = HMAC(key: SymmetricKey(data: bytes))
    }

    /// HMAC-SHA256(key, nonce) as 64 lower-case hexadecimal digits in ASCII: the member `hmac`
    /// (gotapi-wire.md, "GotAPI-1 answer").
    package func signature(of nonce: String) -> [UInt8] {
        var authenticator = authenticator
        authenticator.update(data: Array(nonce.utf8))
        let code = authenticator.finalize()
        return code.withUnsafeBytes { code in
            var digits: [UInt8] = []
            digits.reserveCapacity(2 * code.count)
            for byte in code {
                digits.append(hexadecimalDigit(byte >> 4))
                digits.append(hexadecimalDigit(byte & 15))
            }
            return digits
        }
    }
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
}
