// Swift GotAPI · SPDX-License-Identifier: MIT

/// The frame of a push (``PluginFrame/push(subscription:members:)``), the only one that comes unasked and in any number: read
/// and written without the enumeration around it, which costs more than a thousand instructions a push.
package struct PushFrame: Sendable {
    static let tag: UInt8 = 8
    /// What a payload has before the members, in bytes: its kind, the subscription, the members' length.
    package static let head = 13

    package let subscription: UInt64
    /// Hostile until checked.
    package let members: ArraySlice<UInt8>

    /// Reads the payload of one frame.
    ///
    /// - Returns: `nil` for another frame, and for what is none: ``PluginFrame`` knows which.
    package init?(_ payload: ArraySlice<UInt8>) {
        guard payload.first == Self.tag, payload.count >= Self.head else { return nil }
        // Both lie in the head, which is there.
        let (subscription, length) = payload.withUnsafeBytes { bytes in
            (
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt64.self)),
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 9, as: UInt32.self))
            )
        }
        guard payload.count - Self.head == Int(length) else { return nil }
        self.subscription = subscription
        members = payload.dropFirst(Self.head)
    }

    /// Appends a frame, length first, to `bytes`.
    package static func append(subscription: UInt64, members: [UInt8], to bytes: inout [UInt8]) {
        let length = UInt32(head + members.count)
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
        bytes.append(tag)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: subscription >> shift)) }
        let count = UInt32(members.count)
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        bytes.append(contentsOf: members)
    }
}
