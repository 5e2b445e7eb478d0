// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Counts what each address has attempted within the last minute or so. Since one IPv6 host can take all addresses of its
/// network, and a whole LAN is one network, all addresses of a network have ``ThingLimits/hostsPerNetwork`` times as many.
struct AddressLimit: Sendable {
    /// Attempts of one address in a minute.
    let attempts: Int
    private var addresses = AttemptLimit<IPAddress>()
    private var networks = AttemptLimit<IPAddress>()

    init(_ attempts: Int) { self.attempts = attempts }

    /// Counts an attempt. Those beyond an address's own limit leave the others of its network theirs.
    ///
    /// - Returns: false where it is one too many.
    mutating func add(_ address: IPAddress, now: UInt64) -> Bool {
        guard addresses.add(address, now: now) <= attempts else { return false }
        guard address.bytes.count == 16 else { return true }
        return networks.add(address.network, now: now) <= attempts * ThingLimits.hostsPerNetwork
    }

    /// Whether another attempt would be one too many.
    func isReached(by address: IPAddress, now: UInt64) -> Bool {
        addresses.count(address, now: now) >= attempts
            || networks.count(address.network, now: now) >= attempts * ThingLimits.hostsPerNetwork
    }
}
