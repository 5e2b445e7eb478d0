// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

extension IPAddress {
    /// What one host can have all of: an IPv4 address, or the first 64 bits of an IPv6 address. Other hosts may share those.
    var network: IPAddress {
        guard bytes.count == 16 else { return self }
        return IPAddress(bytes: bytes.prefix(8) + [UInt8](repeating: 0, count: 8)) ?? self
    }
}
