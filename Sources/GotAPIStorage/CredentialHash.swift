// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore

/// What is kept of a thing's passcode: a salt and SHA-256(salt, passcode).
///
/// A passcode has 128 random bits, so one round suffices: nobody can try them all. The salt keeps two files from telling that
/// they hold the same passcode.
package struct CredentialHash: Sendable, Equatable {
    /// 16 random bytes for one that ``init(of:)`` made.
    package let salt: [UInt8]
    /// 32 bytes.
    package let digest: [UInt8]

    package init(salt: [UInt8], digest: [UInt8]) {
        self.salt = salt
        self.digest = digest
    }

    /// Takes a passcode in, with a salt from the system's generator.
    package init(of passcode: String) {
        var generator = SystemRandomNumberGenerator()
        salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        digest = Self.digest(salt: salt, passcode: passcode)
    }

    /// Whether this was made of `passcode`. How long it takes depends on the length of `passcode` alone.
    package func matches(_ passcode: String) -> Bool {
        isSameSecret(Self.digest(salt: salt, passcode: passcode), digest)
    }

    private static func digest(salt: [UInt8], passcode: String) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: salt)
        hash.update(data: Array(passcode.utf8))
        return Array(hash.finalize())
    }
}
