// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore

/// The key that an application sent with `availability`, with which the gateway proves to it who it is.
package struct ClientKey: Sendable {
    /// RFC 2104: the two hashes, each of which has taken in the padded key; half of the work, which is not done for every
    /// request. Of the library's SHA-256 and not of its `HMAC`, whose generic code costs as much again as the hashing: 8,000
    /// of a request's instructions.
    private let inner: SHA256
    private let outer: SHA256
    /// The first 16 hexadecimal digits of SHA-256(key), by which `grant` may name it.
    package let id: String

    /// - Parameter text: the parameter's text; its UTF-8 bytes are the key, they are not decoded from hexadecimal.
    package init(_ text: String) {
        let bytes = Array(text.utf8)
        let digest = SHA256.hash(data: bytes)
        id = hexadecimal(digest.prefix(8))
        var key = bytes.count > SHA256.blockByteCount ? Array(digest) : bytes
        key += [UInt8](repeating: 0, count: SHA256.blockByteCount - key.count)
        inner = Self.hash(key.map { $0 ^ 0x36 })
        outer = Self.hash(key.map { $0 ^ 0x5c })
    }

    private static func hash(_ pad: [UInt8]) -> SHA256 {
        var hash = SHA256()
        hash.update(data: pad)
        return hash
    }

    /// HMAC-SHA256(key, nonce) as 64 lower-case hexadecimal digits in ASCII: the member `hmac`
    /// (gotapi-wire.md, "GotAPI-1 answer").
    package func signature(of nonce: String) -> [UInt8] {
        var nonce = nonce
        var inner = inner
        nonce.withUTF8 { inner.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        var outer = outer
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return outer.finalize().withUnsafeBytes { code in
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
