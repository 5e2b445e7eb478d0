// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore

/// A thing's identity across sessions: whose it is, and its unique device name.
struct ThingName: Sendable, Hashable {
    /// The pairing's uuid in lower case.
    let pairing: String
    let udn: String

    /// `native.` and the first 20 hexadecimal digits of SHA-256(uuid, 0, udn).
    var serviceID: String {
        var hash = SHA256()
        hash.update(data: Array(pairing.utf8) + [0] + Array(udn.utf8))
        return "native." + hexadecimal(hash.finalize().prefix(10))
    }
}
