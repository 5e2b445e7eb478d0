// Swift GotAPI · SPDX-License-Identifier: MIT

/// An HTTP request as `GotAPIWeb` read it, a value that no longer knows its socket.
package struct WebRequest: Sendable {
    package enum Body: Sendable, Equatable {
        case bytes([UInt8])
        /// Longer than ``Limits/requestBody``; it was not read, and the connection ends with the answer.
        case tooLarge
    }

    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The method as sent, for example `GET`.
    package let method: String
    /// The request target as sent (origin-form or absolute-form), so that a monitor can show it; bytes beyond ASCII, which
    /// have no place in one, are percent-encoded.
    package let target: String
    package let headers: [Header]
    package let body: Body
    /// The address that the connection comes from.
    package let source: IPAddress
    /// Identifies the connection while the process lives; never used again.
    package let connection: UInt64
    /// Whether it came over TLS.
    package let isSecure: Bool

    package init(
        method: String, target: String, headers: [Header] = [], body: Body = .bytes([]), source: IPAddress,
        connection: UInt64, isSecure: Bool = false
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.source = source
        self.connection = connection
        self.isSecure = isSecure
    }

    /// All values of the header field `name` (lower case), in the order in which they were sent.
    package func values(of name: String) -> [String] {
        headers.lazy.filter { isEqualIgnoringCase($0.name, name) }.map(\.value)
    }
}

/// Compares two ASCII texts as HTTP compares field names.
@inlinable
package func isEqualIgnoringCase(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
    left.utf8.count == right.utf8.count
        && zip(left.utf8, right.utf8).allSatisfy { lowercased($0) == lowercased($1) }
}

/// Whether a field's name, or a value, is this one, whatever its case. Not generic, since this is done for every field of
/// every request.
///
/// - Parameter lowercase: ASCII text in lower case.
package func isField(_ text: String, _ lowercase: StaticString) -> Bool {
    let isEqual: Bool? = text.utf8.withContiguousStorageIfAvailable { bytes in
        guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where lowercased(bytes[index]) != lowercase.utf8Start[index] { return false }
        return true
    }
    return isEqual ?? isEqualIgnoringCase(text, "\(lowercase)")
}

/// `byte` in lower case if it is an upper-case ASCII letter.
@inlinable
package func lowercased(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
}
