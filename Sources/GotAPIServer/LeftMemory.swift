// Swift GotAPI · SPDX-License-Identifier: MIT

/// Says when the memory that connections have left behind is to go back to the system. The allocator keeps it for the next
/// ones, and by itself would for ever: 17 MB after 3,000 idle sockets, 84 MB over TLS.
struct LeftMemory: Sendable {
    /// Fewer connections than this are not worth the walk through the heap.
    static let crowd = 1_000
    /// For so many looks in a row the crowd must be gone: memory is not given back between two waves of it.
    static let patience = 10

    private var most = 0
    private var calmLooks = 0

    /// Looks at how many connections are open, once a second.
    ///
    /// - Returns: true where memory is to be given back now.
    mutating func look(at connections: Int) -> Bool {
        most = max(most, connections)
        guard most - connections >= Self.crowd else {
            calmLooks = 0
            return false
        }
        calmLooks += 1
        guard calmLooks >= Self.patience else { return false }
        calmLooks = 0
        most = connections
        return true
    }
}
