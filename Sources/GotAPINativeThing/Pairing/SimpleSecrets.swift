// Swift GotAPI · SPDX-License-Identifier: MIT

/// The secrets of a Simple Thing's one-time codes, as one value that is kept: 20 bytes, and 20 more of the secret that it
/// supersedes until the first hello with it.
struct SimpleSecrets: Sendable, Equatable {
    /// In bytes.
    static let length = 20

    let current: [UInt8]
    var previous: [UInt8]?

    /// A new secret.
    ///
    /// - Parameter known: those before, if any. Who has said hello before is the device; what it never used is dropped.
    init(superseding known: SimpleSecrets?) {
        current = ThingSecret.bytes(Self.length)
        previous = known.map { $0.previous ?? $0.current }
    }

    /// Reads what ``stored`` gave.
    init(_ stored: [UInt8]) {
        current = Array(stored.prefix(Self.length))
        previous = stored.count > Self.length ? Array(stored.dropFirst(Self.length)) : nil
    }

    var stored: [UInt8] { current + (previous ?? []) }
}
