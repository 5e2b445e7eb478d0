// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin

/// The right to push to one client in the name of one of its requests. Ends with its last copy. From any thread.
public final class Subscription: Sendable {
    /// What ``Plugin/subscriptionEnded(_:reason:)`` names.
    public struct ID: Sendable, Hashable {
        let handle: UInt64
    }

    private let table: HostTable
    private let handle: UInt64

    /// Takes over one reference.
    init(table: HostTable, handle: UInt64) {
        self.table = table
        self.handle = handle
    }

    deinit { _ = table.pointer.pointee.release(table.pointer, handle) }

    public var id: ID { ID(handle: handle) }

    /// Pushes a JSON object with the members of an answer.
    ///
    /// - Returns: ``Status/ok``: on its way; ``Status/dropped``: the client has no socket just now; ``Status/full``:
    ///   try again later; ``Status/closed``: the subscription is over.
    @discardableResult
    public func push(_ members: Members) -> Status {
        table.send(members) { table.pointer.pointee.push_message(table.pointer, handle, $0, $1) }
    }

    /// Ends it now, whoever still holds it. ``Plugin/subscriptionEnded(_:reason:)`` is not called for it.
    public func end() { _ = table.pointer.pointee.unsubscribe(table.pointer, handle) }
}
