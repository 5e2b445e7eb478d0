// Swift GotAPI · SPDX-License-Identifier: MIT

/// An application that holds an access token.
///
/// A class, since every request passes it on: immutable, so that it may be shared.
package final class Client: Sendable {
    /// Never used again while the process lives; plug-ins do not see it.
    package let number: UInt64
    /// The origin that its token was issued to; empty where it had none.
    package let origin: String
    /// Absent for the debug client alone.
    package let key: ClientKey?
    /// The profiles that it asked for; `all` for every one. Stored, not enforced yet (gotapi-wire.md, "Authorization").
    package let scopes: [String]

    package init(number: UInt64, origin: String, key: ClientKey?, scopes: [String]) {
        self.number = number
        self.origin = origin
        self.key = key
        self.scopes = scopes
    }

    /// Whom requests without a good token belong to where `--disable-auth` counts.
    package static let debug = Client(number: 1, origin: "", key: nil, scopes: ["all"])
    /// The debug client's token on GotAPI-5.
    package static let debugToken = "0123456789"
}
