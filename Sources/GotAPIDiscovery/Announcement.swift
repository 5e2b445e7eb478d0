// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What things are told of the gateway by mDNS (native-thing.md, "Finding the steward").
package struct Announcement: Sendable, Equatable {
    /// The services' instance name, which Avahi changes where another host has it; ``uuid`` identifies the gateway.
    static let instance = "steward"
    static let serviceTypes = ["_wss._tcp", "_https._tcp"]

    /// The TLS port.
    package let port: UInt16
    /// The steward's, the same for ever.
    package let uuid: String
    /// What the owner calls the gateway, or the host's name.
    package let name: String
    /// SHA-256 of the certificate's public key; its beginning is announced as a hint.
    package let keyFingerprint: [UInt8]

    package init(port: UInt16, uuid: String, name: String, keyFingerprint: [UInt8]) {
        self.port = port
        self.uuid = uuid
        self.name = name
        self.keyFingerprint = keyFingerprint
    }

    /// The TXT record's strings, each at most 255 bytes (RFC 6763, section 6.1).
    var texts: [String] {
        ["txtvers=1", "uuid=\(uuid)", "name=\(name)", "path=/native", "fp=\(hint)"].map { text in
            var text = text
            while text.utf8.count > 255 { text.removeLast() }
            return text
        }
    }

    /// 16 hexadecimal digits.
    private var hint: String { hexadecimal(keyFingerprint.prefix(8)) }
}
