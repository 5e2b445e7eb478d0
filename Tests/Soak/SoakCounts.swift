// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// How often each soak does what it does: `GOTAPI_SOAK`, `reduced` (what is run for every change; the default) or `full`.
struct SoakCounts: Sendable {
    /// Slow sockets of each kind, at once.
    let slowSockets: Int
    /// Half-open sockets of each kind, at once.
    let halfOpenSockets: Int
    /// Connections that read nothing of a large file, at once.
    let unreadFiles: Int
    /// Subscribers that never read, one after another; each lives 30 s.
    let unreadSubscribers: Int
    /// Applications that connect, use everything and leave.
    let cycles: Int

    /// Processes of plug-ins that are killed, one after another.
    let kills: Int
    /// Gateways and things that are killed, one after another.
    let thingKills: Int
    /// Things that update themselves, the applications that are told, and for how many seconds.
    let things: Int
    let applications: Int
    let thingSeconds: Int
    /// Gateways that are started and ended, one after another.
    let starts: Int

    /// Reloads of versions of plug-ins, one after another.
    let reloads: Int
    /// Whether each language's plug-in is reloaded in both isolations; else C's is, and each other's in one.
    let reloadsAll: Bool

    /// Whether sockets of each kind come with TLS, which has more phases to be slow in, or without.
    let transports: [Bool]

    /// Cycles before the first look at the gateway's memory.
    let cyclesBefore = 100
    /// Kills before it.
    let killsBefore = 10
    /// Reloads before it.
    let reloadsBefore = 10
    /// gotapi-wire.md, "Limits".
    let connections = 4_096

    static let reduced = SoakCounts(
        slowSockets: 20, halfOpenSockets: 20, unreadFiles: 10, unreadSubscribers: 1, cycles: 100, kills: 20,
        thingKills: 10, things: 100, applications: 5, thingSeconds: 10, starts: 10, reloads: 20, reloadsAll: false,
        transports: [true])
    static let full = SoakCounts(
        slowSockets: 100, halfOpenSockets: 200, unreadFiles: 50, unreadSubscribers: 3, cycles: 1_000, kills: 200,
        thingKills: 100, things: 1_000, applications: 50, thingSeconds: 60, starts: 1_000, reloads: 200,
        reloadsAll: true, transports: [true, false])

    static let current = getenv("GOTAPI_SOAK").map { String(cString: $0) } == "full" ? full : reduced
}
