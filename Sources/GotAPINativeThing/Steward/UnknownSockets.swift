// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Sockets that have not said hello: not more than ``ThingLimits/unknownSockets``, and few from one address or network. Who fills all
/// places makes room itself for whoever comes next.
struct UnknownSockets: Sendable {
    enum Admission: Sendable, Equatable {
        case refused
        case admitted
        /// This one is to be closed.
        case admittedInstead(of: UInt64)
    }

    /// By ``IPAddress/network``, the oldest first.
    private var sockets: [IPAddress: [UInt64]] = [:]
    private var addresses: [UInt64: IPAddress] = [:]

    /// - Parameter number: greater than those before.
    mutating func take(_ number: UInt64, from address: IPAddress) -> Admission {
        let network = address.network
        let others = sockets[network] ?? []
        guard others.count(where: { addresses[$0] == address }) < ThingLimits.unknownSocketsPerAddress,
            others.count < ThingLimits.unknownSocketsPerAddress * ThingLimits.hostsPerNetwork
        else { return .refused }
        var displaced: UInt64?
        if addresses.count >= ThingLimits.unknownSockets {
            // The oldest one of the network with the most.
            displaced = sockets.values.min { ($1.count, $0[0]) < ($0.count, $1[0]) }?.first
        }
        if let displaced { remove(displaced) }
        sockets[network, default: []].append(number)
        addresses[number] = address
        return displaced.map { .admittedInstead(of: $0) } ?? .admitted
    }

    func contains(_ number: UInt64) -> Bool { addresses[number] != nil }

    /// It has said hello, or is closed.
    mutating func remove(_ number: UInt64) {
        guard let network = addresses.removeValue(forKey: number)?.network else { return }
        sockets[network]?.removeAll { $0 == number }
        if sockets[network]?.isEmpty == true { sockets[network] = nil }
    }
}
