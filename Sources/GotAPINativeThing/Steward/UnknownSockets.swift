// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Sockets that have not said hello: not more than ``ThingLimits/unknownSockets``, and few from one address.
struct UnknownSockets: Sendable {
    private var counts: [IPAddress: Int] = [:]
    private var total = 0

    mutating func take(_ address: IPAddress) -> Bool {
        guard total < ThingLimits.unknownSockets, counts[address] ?? 0 < ThingLimits.unknownSocketsPerAddress else {
            return false
        }
        total += 1
        counts[address, default: 0] += 1
        return true
    }

    mutating func giveBack(_ address: IPAddress) {
        guard let count = counts[address] else { return }
        total -= 1
        counts[address] = count > 1 ? count - 1 : nil
    }
}
