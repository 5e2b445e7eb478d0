// Swift GotAPI · SPDX-License-Identifier: MIT

/// When the gateway was told last which services there are, and who waits until it is told again. Each time takes as long as
/// there are services, so that it is done at once where it has been long ago, and else for many changes together.
struct RouteAnnouncements: Sendable {
    /// A registration that is written, and not answered yet.
    struct Registration: Sendable {
        let socket: UInt64
        /// The uuid in lower case.
        let pairing: String
        /// The things' UDNs.
        let names: [String]
        let answer: [UInt8]
    }

    /// How long to wait for each service that there is, in nanoseconds: several times what it takes.
    private static let pause: UInt64 = 50_000

    /// On CLOCK_MONOTONIC; before that, the gateway is not told again.
    private(set) var next: UInt64 = 0
    /// Whether the next time is planned.
    private(set) var isPlanned = false
    private(set) var waiting: [Registration] = []

    enum Decision: Sendable, Equatable {
        case now
        /// It has to be planned for this time.
        case plan(UInt64)
        case planned
    }

    /// There are other services.
    mutating func change(now: UInt64) -> Decision {
        if isPlanned { return .planned }
        if next <= now { return .now }
        isPlanned = true
        return .plan(next)
    }

    mutating func wait(_ registration: Registration) { waiting.append(registration) }

    /// The gateway is being told.
    ///
    /// - Returns: those who waited for it.
    mutating func announce(services: Int, now: UInt64) -> [Registration] {
        next = now + UInt64(services) * Self.pause
        isPlanned = false
        defer { waiting = [] }
        return waiting
    }
}
