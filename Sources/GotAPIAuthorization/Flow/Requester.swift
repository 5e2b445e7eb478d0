// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// Where a request of the authorization flow comes from.
package struct Requester: Sendable, Equatable {
    /// The origin's text; empty where there is none and that is let in.
    package let origin: String
    package let address: IPAddress
    /// ``WebRequest/connection``.
    package let connection: UInt64

    package init(origin: String, address: IPAddress, connection: UInt64) {
        self.origin = origin
        self.address = address
        self.connection = connection
    }
}
