// Swift GotAPI · SPDX-License-Identifier: MIT

/// What a plug-in says of itself.
public struct PluginInformation: Sendable {
    /// What the gateway may assume about a plug-in.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// The device can be open only once: at a reload the old version is stopped before the new one starts.
        public static let exclusive = Flags(rawValue: 1)
        /// Subscriptions may be created again, after a crash or a reload, by repeating the request that began them.
        public static let replayable = Flags(rawValue: 2)
    }

    /// The plug-in's identity across versions, a reverse domain name: 1 to 63 letters, digits, `.`, `-` and `_`,
    /// beginning with a letter. The same as in the ``PluginNote``.
    public var id: String
    /// For people.
    public var name: String
    public var version: String
    public var vendor: String
    /// The same as in the ``PluginNote``.
    public var flags: Flags
    /// Service objects: serviceId, name, online, scopes (an array of profiles), and whatever applications are to see.
    public var services: [JSON]

    public init(
        id: String, name: String, version: String, vendor: String, flags: Flags = [], services: [JSON]
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.vendor = vendor
        self.flags = flags
        self.services = services
    }
}

/// The bytes of the ELF note that says what a library is before any of its code runs. A library has one:
///
/// ```swift
/// @section(".note.gotapi") @used
/// private let note: PluginNote = (
///     7, 80, 1, (0x47, 0x6f, 0x74, 0x41, 0x50, 0x49, 0, 0),  // "GotAPI", type 1
///     1, 0, 0, 0,                                            // ABI 1.0, the flags, reserved
///     [0x63, 0x6f, …, 0])                                    // the id, padded with 0 to 64 bytes
/// ```
///
/// Numbers only: what stands in a section must be known when the compiler runs. The parts are the owner's length with
/// its NUL, the descriptor's length, the type, the owner, the ABI's major and minor, the flags, 0, and the id.
public typealias PluginNote = (
    UInt32, UInt32, UInt32, (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8), UInt32, UInt32, UInt32, UInt32,
    InlineArray<64, UInt8>
)
