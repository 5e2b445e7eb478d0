// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The frames that wait for the transport.
///
/// It is bounded by what may be in it: an answer for each message that the gateway lets wait
/// (``Limits/pendingRequestsPerPlugin``), pushes of ``Limits/unreadPushBytes``, one `servicesChanged`, subscriptions only
/// while fewer than ``subscriptionBound`` bytes wait, and log lines, which give way first, only while fewer than
/// ``logBound`` do.
struct Outgoing {
    static let logBound = 1 << 20
    static let subscriptionBound = 16 << 20

    private var bytes: [UInt8] = []
    private var limiter = LogLimiter()
    private var hasServicesChanged = false
    /// Payload bytes of the pushes that the gateway has not reported as read.
    private(set) var unreadPushBytes = 0
    /// The transport was told, and has not come yet.
    private var isAnnounced = false

    var count: Int { bytes.count }

    /// True once for each time that frames begin to wait: then the transport is to be told.
    mutating func takeAnnouncement() -> Bool {
        guard !bytes.isEmpty, !isAnnounced else { return false }
        isAnnounced = true
        return true
    }

    mutating func takeAll() -> [UInt8] {
        defer { bytes = [] }
        isAnnounced = false
        hasServicesChanged = false
        return bytes
    }

    mutating func append(_ frame: PluginFrame) {
        makeRoom()
        frame.append(to: &bytes)
    }

    /// Room for a usual answer at once, instead of by doubling from nothing.
    private mutating func makeRoom() {
        if bytes.isEmpty { bytes.reserveCapacity(512) }
    }

    mutating func appendServicesChanged() {
        guard !hasServicesChanged else { return }
        hasServicesChanged = true
        append(.servicesChanged)
    }

    /// False where the gateway has to read first. A single push always goes, however long.
    mutating func appendPush(_ members: [UInt8], subscription: UInt64) -> Bool {
        let size = PushFrame.head + members.count
        guard unreadPushBytes == 0 || unreadPushBytes + size <= Limits.unreadPushBytes else { return false }
        unreadPushBytes += size
        makeRoom()
        PushFrame.append(subscription: subscription, members: members, to: &bytes)
        return true
    }

    mutating func pushesWereRead(bytes count: UInt64) {
        unreadPushBytes -= Int(min(count, UInt64(unreadPushBytes)))
    }

    // MARK: - Log

    /// When ``reportLeftOut(now:)`` is to be called; not before there is room.
    var logReportDue: UInt64? { bytes.count < Self.logBound ? limiter.reportDue : nil }

    /// A line of the plug-in's, already clean.
    mutating func appendLog(level: UInt32, _ line: String, now: UInt64) {
        reportLeftOut(now: now)
        guard bytes.count < Self.logBound else { return limiter.leaveOut(now: now) }
        if limiter.admits(now: now) { append(.log(level: level, text: line)) }
    }

    /// A line of the runtime's own, which are few.
    mutating func appendNotice(_ line: String) {
        append(.log(level: LogLevel.warning, text: line))
    }

    /// Says how many lines were left out, once their second is over.
    mutating func reportLeftOut(now: UInt64) {
        if bytes.count < Self.logBound, let count = limiter.takeLeftOut(now: now) { sayLeftOut(count) }
    }

    /// The same at once, before the plug-in's end.
    mutating func reportLeftOut() {
        if let count = limiter.takeLeftOut() { sayLeftOut(count) }
    }

    private mutating func sayLeftOut(_ count: Int) {
        appendNotice(
            "\(count) log lines were left out: there were more than \(LogLimiter.linesPerSecond) in a second, or more than were read"
        )
    }
}
