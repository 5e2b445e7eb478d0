// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// What an owner decides about things, in the steward's words.
package struct StewardSettings: Sendable {
    /// Whether a thing at this address may connect.
    package var allowsAddress: @Sendable (IPAddress) -> Bool
    /// Whether a page of this origin may open a socket; programs send none.
    package var allowsOrigin: @Sendable (String) -> Bool
    /// `native_thing.plain_loopback`, as it is now.
    package var allowsPlainLoopback: @Sendable () -> Bool = { false }
    /// How long a socket may stay without hello; for tests.
    package var helloPatience: Duration = ThingLimits.helloPatience
    /// How long a thing may take for an answer, in nanoseconds; for tests.
    package var answerPatience: UInt64 = ThingLimits.answerPatience

    package init(
        allowsAddress: @escaping @Sendable (IPAddress) -> Bool, allowsOrigin: @escaping @Sendable (String) -> Bool
    ) {
        self.allowsAddress = allowsAddress
        self.allowsOrigin = allowsOrigin
    }
}
