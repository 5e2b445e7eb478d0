// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore

/// The codes of the Simple Thing dialect: RFC 6238 with SHA-1, 6 digits, steps of 30 s, one step either way.
enum OneTimeCode {
    static let digits = 6
    /// In seconds.
    static let step: Int64 = 30

    /// The last step whose code is valid.
    ///
    /// - Parameter time: seconds since 1970, UTC.
    static func latest(at time: Int64) -> Int64 { time / step + 1 }

    /// The step whose code this is; `nil` where it is of none that is valid.
    ///
    /// - Parameter time: seconds since 1970, UTC.
    static func counter(of code: String, secret: [UInt8], time: Int64) -> Int64? {
        // All three are compared in full, so that time tells nothing.
        ([-1, 0, 1] as [Int64]).reduce(nil) { found, offset in
            let counter = time / step + offset
            return isSameSecret(code.utf8, make(secret: secret, counter: counter).utf8) ? counter : found
        }
    }

    /// RFC 4226, section 5.3.
    static func make(secret: [UInt8], counter: Int64) -> String {
        let message = withUnsafeBytes(of: counter.bigEndian) { Array($0) }
        let code = Array(
            HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
        let offset = Int(code[code.count - 1] & 15)
        let number = code[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let text = String(number % 1_000_000)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}
