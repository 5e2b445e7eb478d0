// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// The addresses that may use the gateway: an `allowed_address_list`, compared as numbers.
///
/// 127.0.0.1 and ::1 (and ::ffff:127.0.0.1) are always in it, other 127/8 addresses only if they are listed
/// (gotapi-wire.md, "Ports, TLS, listeners").
package struct AddressRanges: Sendable, Equatable {
    /// An entry that is neither an address nor a CIDR block.
    package struct InvalidEntry: Error, Equatable, Sendable {
        package let entry: String
    }

    private struct Block: Sendable, Equatable {
        /// 4 or 16 bytes; those bits that do not count are 0.
        let bytes: [UInt8]
        /// How many leading bits count.
        let length: Int

        init(_ address: IPAddress, length: Int) {
            bytes = address.bytes.enumerated().map { index, byte in byte & Self.mask(at: index, length: length) }
            self.length = length
        }

        static func mask(at index: Int, length: Int) -> UInt8 {
            let bits = min(max(length - index * 8, 0), 8)
            return bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xff << (8 - bits))
        }

        func contains(_ address: IPAddress) -> Bool {
            guard address.bytes.count == bytes.count else { return false }
            return bytes.indices.allSatisfy { address.bytes[$0] & Self.mask(at: $0, length: length) == bytes[$0] }
        }
    }

    private var addresses: Set<IPAddress>
    private var blocks: [Block]

    /// Loopback alone.
    package init() {
        addresses = [.loopbackIPv4, .loopbackIPv6]
        blocks = []
    }

    /// - Parameter entries: exact addresses and CIDR blocks, IPv4 and IPv6. Host bits in a block do not matter.
    package init(_ entries: some Sequence<String>) throws(InvalidEntry) {
        self.init()
        for entry in entries {
            let parts = entry.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = IPAddress(parts[0]) else { throw InvalidEntry(entry: entry) }
            if parts.count == 1 {
                addresses.insert(address)
                continue
            }
            guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
                var length = Int(parts[1])
            else { throw InvalidEntry(entry: entry) }
            // `::ffff:10.0.0.0/104` is 10.0.0.0/8: an IPv4-mapped address is the IPv4 address.
            if address.bytes.count == 4, parts[0].utf8.contains(UInt8(ascii: ":")) { length -= 96 }
            guard 0...address.bytes.count * 8 ~= length else { throw InvalidEntry(entry: entry) }
            blocks.append(Block(address, length: length))
        }
    }

    package func contains(_ address: IPAddress) -> Bool {
        addresses.contains(address) || blocks.contains { $0.contains(address) }
    }

    /// Whether an address beyond loopback (127/8, ::1) is listed, so that the gateway must listen on all interfaces.
    package var reachesBeyondLoopback: Bool {
        addresses.contains { $0 != .loopbackIPv6 && !($0.bytes.count == 4 && $0.bytes[0] == 127) }
            || blocks.contains { block in
                if block.bytes.count == 4 { return block.length < 8 || block.bytes[0] != 127 }
                return block.length < 128 || block.bytes != IPAddress.loopbackIPv6.bytes
            }
    }
}
