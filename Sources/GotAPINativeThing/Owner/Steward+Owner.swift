// Swift GotAPI · SPDX-License-Identifier: MIT

/// What the owner asks, by `gotapi things`.
extension Steward {
    /// Pairings, their things, and who waits. [any thread]
    package func things() async -> StewardStatus {
        await withCheckedContinuation { continuation in
            run { own, now in continuation.resume(returning: own.state.status(now: now)) }
        }
    }

    /// Lets one thing, whichever comes first, pair within this time. [any thread]
    ///
    /// - Parameter time: 1 to 600 s.
    package func openPairing(for time: Duration) async throws(OwnerRefusal) {
        try await perform { own, now throws(OwnerRefusal) in try own.state.openPairing(for: time, now: now) }
    }

    /// Lets a thing pair that has tried in vain: its next attempt within ten minutes succeeds. [any thread]
    package func approve(_ uuid: String) async throws(OwnerRefusal) {
        try await perform { own, now throws(OwnerRefusal) in try own.state.approve(uuid, now: now) }
    }

    /// Names a pairing, or a thing, whatever it calls itself. Returns when that is kept. [any thread]
    ///
    /// - Parameter id: a pairing's uuid or a thing's serviceId.
    package func rename(_ id: String, to name: String) async throws(OwnerRefusal) {
        try await performAndKeep { own, operation throws(OwnerRefusal) in
            try own.state.rename(id, to: name, operation: operation)
        }
    }

    /// Ends a pairing: its socket is closed, its prototypes and things are forgotten. Returns when that is kept.
    /// [any thread]
    package func revoke(_ uuid: String) async throws(OwnerRefusal) {
        try await performAndKeep { own, operation throws(OwnerRefusal) in
            try own.state.revoke(uuid, operation: operation)
        }
    }

    private func perform(
        _ change: @escaping @Sendable (Own, Moment) throws(OwnerRefusal) -> Void
    ) async throws(OwnerRefusal) {
        let result: Result<Void, OwnerRefusal> = await withCheckedContinuation { continuation in
            run { own, now in
                do throws(OwnerRefusal) {
                    try change(own, now)
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
    }

    /// As ``perform(_:)``, for a change that has to be written: the operation's number says what to wait for.
    private func performAndKeep(
        _ change: @escaping @Sendable (Own, UInt64) throws(OwnerRefusal) -> Void
    ) async throws(OwnerRefusal) {
        let result: Result<Void, OwnerRefusal> = await withCheckedContinuation { continuation in
            run { own, _ in
                own.lastOperation += 1
                let operation = own.lastOperation
                own.operations[operation] = continuation
                do throws(OwnerRefusal) { try change(own, operation) } catch {
                    own.operations.removeValue(forKey: operation)?.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
    }
}
