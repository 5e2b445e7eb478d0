// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
package import GotAPICore

/// What a certificate says its server is called: DNS names in lower case, and addresses.
package struct CertificateNames: Sendable, Equatable {
    package var dnsNames: [String]
    package var addresses: [IPAddress]

    package init(dnsNames: [String], addresses: [IPAddress]) {
        self.dnsNames = dnsNames
        self.addresses = addresses
    }

    /// Whether all of `others` are among these.
    package func contain(_ others: CertificateNames) -> Bool {
        Set(dnsNames).isSuperset(of: others.dnsNames) && Set(addresses).isSuperset(of: others.addresses)
    }

    /// The names under which this host can be reached: localhost, the host's name, the same in mDNS, the loopback addresses
    /// and those of all interfaces (gotapi-wire.md, "Ports, TLS, listeners").
    package static func ofThisHost() -> CertificateNames {
        make(hostName: hostName(), interfaceAddresses: interfaceAddresses())
    }

    static func make(hostName: String, interfaceAddresses: [IPAddress]) -> CertificateNames {
        var names = CertificateNames(
            dnsNames: ["localhost"], addresses: [.loopbackIPv4, .loopbackIPv6])
        let host = hostName.lowercased()
        if isDNSName(host) {
            let label = host.prefix { $0 != "." }
            for name in [host, label + ".local"] where label != "localhost" && !names.dnsNames.contains(name) {
                names.dnsNames.append(name)
            }
        }
        for address in interfaceAddresses where !names.addresses.contains(address) { names.addresses.append(address) }
        return names
    }

    /// Labels of letters, digits and hyphens (RFC 1123, section 2.1).
    private static func isDNSName(_ name: String) -> Bool {
        name.utf8.count <= 253
            && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                1...63 ~= label.utf8.count && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy {
                        Byte.isDigit($0) || $0 == UInt8(ascii: "-") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0
                    }
            }
    }

    /// The host's name, `localhost` where it has none.
    package static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // https://man7.org/linux/man-pages/man2/gethostname.2.html; the last byte stays zero if the name is cut.
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The addresses of all interfaces that are up. Link-local IPv6 addresses are left out: they mean something together
    /// with an interface only, which a certificate cannot say.
    private static func interfaceAddresses() -> [IPAddress] {
        var first: UnsafeMutablePointer<ifaddrs>?
        // https://man7.org/linux/man-pages/man3/getifaddrs.3.html
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var addresses: [IPAddress] = []
        var next = first
        while let interface = next?.pointee {
            next = interface.ifa_next
            guard interface.ifa_flags & UInt32(IFF_UP) != 0, let address = interface.ifa_addr else { continue }
            let bytes: [UInt8]
            switch CInt(address.pointee.sa_family) {
            case AF_INET:
                bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                    withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) }
                }
            case AF_INET6:
                bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                    withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
                }
                if bytes[0] == 0xfe, bytes[1] & 0xc0 == 0x80 { continue }
            default:
                continue
            }
            if let address = IPAddress(bytes: bytes) { addresses.append(address) }
        }
        return addresses
    }
}
