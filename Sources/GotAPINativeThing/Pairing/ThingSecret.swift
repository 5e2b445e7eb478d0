// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Values that nobody can guess, from the system's generator.
enum ThingSecret {
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// 128 bits in base32, 26 characters.
    static func passcode() -> String { Base32.encode(bytes(16)) }

    /// 128 bits in 32 hexadecimal digits.
    static func thingID() -> String { hexadecimal(bytes(16)) }
}
