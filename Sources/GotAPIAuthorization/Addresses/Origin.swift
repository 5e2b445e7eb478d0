// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A web origin (RFC 6454): scheme, host and port, in the form in which browsers send it.
///
/// Scheme and host are lower case, a scheme's default port is left out, an IPv6 address is in RFC 5952's form, so that equal
/// origins have equal texts. The opaque origin `null` is none.
package struct Origin: Hashable, Sendable {
    /// For example `https://localhost:4036`.
    package let text: String

    /// The longest text that is read, in bytes: a host name has at most 253.
    private static let maximumLength = 512

    /// Reads `scheme://host[:port]` with nothing behind it; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.maximumLength, let mark = Self.endOfScheme(in: text) else { return nil }
        self.init(scheme: text[..<mark.lowerBound], authority: text[mark.upperBound...])
    }

    /// Reads the origin part of an absolute URL, such as a `Referer` (gotapi-wire.md, "GotAPI-1 request", rule 2).
    package init?(ofURL url: some StringProtocol) {
        guard let mark = Self.endOfScheme(in: url) else { return nil }
        let rest = url[mark.upperBound...]
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        var authority = Substring(rest[..<(end ?? rest.endIndex)])
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            authority = authority[authority.utf8.index(after: at)...]
        }
        guard authority.utf8.count <= Self.maximumLength else { return nil }
        self.init(scheme: url[..<mark.lowerBound], authority: authority)
    }

    private init?(scheme: some StringProtocol, authority: some StringProtocol) {
        guard let first = scheme.utf8.first, isLetter(first),
            scheme.utf8.allSatisfy({ isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) })
        else { return nil }
        let scheme = scheme.lowercased()

        let host: Substring
        let rest: Substring
        let authority = Substring(authority)
        if authority.utf8.first == UInt8(ascii: "[") {
            guard let close = authority.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let inside = authority[authority.utf8.index(after: authority.startIndex)..<close]
            guard inside.utf8.contains(UInt8(ascii: ":")), let address = IPAddress(inside) else { return nil }
            // An IPv4-mapped address is another host to a browser than the IPv4 address itself.
            host = Substring(address.bytes.count == 16 ? "[\(address)]" : "[\(inside.lowercased())]")
            rest = authority[authority.utf8.index(after: close)...]
        } else {
            let end = authority.utf8.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
            guard end != authority.startIndex,
                authority[..<end].utf8.allSatisfy({ isLetter($0) || isDigit($0) || "-._~".utf8.contains($0) })
            else { return nil }
            host = Substring(authority[..<end].lowercased())
            rest = authority[end...]
        }

        var port = ""
        if !rest.isEmpty {
            let digits = rest.dropFirst()
            guard rest.first == ":", !digits.isEmpty, digits.utf8.allSatisfy(isDigit), let number = UInt16(digits)
            else { return nil }
            port = Self.defaultPort(of: scheme) == number ? "" : ":\(number)"
        }
        text = "\(scheme)://\(host)\(port)"
    }

    /// The origins of pages that a server serves itself: its scheme, every name and address in its certificate, its ports.
    ///
    /// - Parameter hosts: host names and IP addresses, these without brackets.
    package static func served(isSecure: Bool, hosts: [String], ports: [Int]) -> [Origin] {
        hosts.flatMap { host in
            let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
            return ports.compactMap { Origin("\(isSecure ? "https" : "http")://\(host):\($0)") }
        }
    }

    private static func endOfScheme(in text: some StringProtocol) -> Range<String.Index>? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[colon...].hasPrefix("://") else {
            return nil
        }
        return colon..<text.utf8.index(colon, offsetBy: 3)
    }

    private static func defaultPort(of scheme: String) -> UInt16? {
        switch scheme {
        case "http", "ws": 80
        case "https", "wss": 443
        default: nil
        }
    }
}

extension Origin: CustomStringConvertible {
    package var description: String { text }
}

private func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= lowercased(byte) }

private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
