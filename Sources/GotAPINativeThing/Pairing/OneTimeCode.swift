// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto

/// The codes of the Simple Thing dialect: RFC 6238 with SHA-1, 6 digits, steps of 30 s, one step either way.
enum OneTimeCode {
    static let digits = 6
    /// In seconds.
    static let step: Int64 = 30

    /// - Parameter time: seconds since 1970, UTC.
    static func isValid(_ code: String, secret: [UInt8], time: Int64) -> Bool {
        let given = Array(code.utf8)
        // All three are compared in full, so that time tells nothing.
        return (-1...1).reduce(false) { isValid, offset in
            isValid != equals(given, Array(make(secret: secret, counter: time / step + offset).utf8)) || isValid
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

    private static func equals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
