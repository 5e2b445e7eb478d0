// Swift GotAPI · SPDX-License-Identifier: MIT

/// The rule for a plug-in's id (plugin-abi.md, "On disk").
package enum PluginID {
    /// Whether it is 1 to 63 letters, digits, `.`, `-`, `_`, beginning with a letter.
    package static func isValid(_ id: some Collection<UInt8>) -> Bool {
        guard let first = id.first, isLetter(first), id.count <= 63 else { return false }
        return id.allSatisfy { isLetter($0) || 0x30...0x39 ~= $0 || $0 == 0x2e || $0 == 0x2d || $0 == 0x5f }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7a ~= byte | 0x20 && byte < 0x80 }
}
