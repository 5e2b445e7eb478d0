// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore

/// Values that only their owner knows: client ids and access tokens.
package enum Secret {
    /// 256 bits from the system's generator as 64 lower-case hexadecimal digits.
    package static func random() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { hexadecimal($0) }
    }
}

/// What a secret is looked up by, so that the time that a look-up takes says nothing about the secrets that exist.
package struct SecretHash: Hashable, Sendable {
    private let digest: SHA256Digest

    package init(_ secret: String) {
        var secret = secret
        var hash = SHA256()
        secret.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        digest = hash.finalize()
    }
}

/// Values derived from a secret of this process: random to everyone else, the same each time.
package struct DerivedSecrets: Sendable {
    private let key = SymmetricKey(size: .bits256)

    package init() {}

    /// 64 lower-case hexadecimal digits for this purpose, subject and number.
    package func value(for purpose: String, _ subject: String, _ number: UInt64) -> String {
        // A NUL ends the purpose, and the number has a fixed length, so that no two inputs share an encoding.
        var bytes = Array(purpose.utf8) + [0]
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: subject.utf8)
        return hexadecimal(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
    }
}
