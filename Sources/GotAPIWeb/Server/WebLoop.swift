// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import NIOCore
import NIOWebSocket

/// What all connections of one event loop share: their table, the look at the clock, the `Date` line, a buffer for
/// answers, and the way in for other threads.
///
/// `@unchecked Sendable`: everything that changes is read and written on `eventLoop` only, which the entry points check;
/// the mailbox and the count have a lock.
final class WebLoop: @unchecked Sendable {
    /// What another thread wants done to a connection. The connection is named, not held: one that has ended meanwhile is
    /// not found.
    enum Delivery: Sendable {
        case answer(connection: UInt64, sequence: UInt64, @Sendable () -> WebResponse)
        case outbox(connection: UInt64)
    }

    let eventLoop: any EventLoop
    let timeouts: WebTimeouts
    /// True from the beginning of the shutdown on: connections end with the answer that they wait for.
    private(set) var isDraining = false
    /// The time as of the last look at the connections; precise enough for timeouts, and free.
    private(set) var now = NIODeadline.now()

    private let mailbox = NIOLockedValueBox<[Delivery]>([])
    private var opened: [Delivery] = []
    private let count = NIOLockedValueBox(0)
    private var httpConnections: [UInt64: HTTPConnectionHandler] = [:]
    private var webSockets: [UInt64: WebSocketHandler] = [:]
    private var isTicking = false
    private var drained: [EventLoopPromise<Void>] = []
    private var spareBuffers: [ByteBuffer] = []
    private var unflushed: [HTTPConnectionHandler] = []
    private var spareHead: [UInt8] = []
    private var dateLine: [UInt8] = []
    private var dateSecond = -1

    /// More than this is not kept in a spare buffer, in bytes.
    private static let spareBufferLimit = 16 << 10
    private static let spareBufferCount = 32

    init(eventLoop: any EventLoop, timeouts: WebTimeouts) {
        self.eventLoop = eventLoop
        self.timeouts = timeouts
    }

    // MARK: - Other threads

    /// Has something done on the event loop. One wake-up serves everything that is posted until it is handled.
    /// [any thread]
    func post(_ delivery: Delivery) {
        let isFirst = mailbox.withLockedValue { mailbox in
            mailbox.append(delivery)
            return mailbox.count == 1
        }
        if isFirst { eventLoop.execute { self.openMailbox() } }
    }

    /// Answers a request; without a detour where the responder answers on the event loop itself. [any thread]
    func answer(connection: UInt64, sequence: UInt64, with response: @escaping @Sendable () -> WebResponse) {
        if eventLoop.inEventLoop {
            httpConnections[connection]?.receive(response, for: sequence)
        } else {
            post(.answer(connection: connection, sequence: sequence, response))
        }
    }

    private func openMailbox() {
        // The two arrays take turns, so that neither is allocated anew.
        mailbox.withLockedValue { swap(&$0, &opened) }
        var deliveries: [Delivery] = []
        swap(&deliveries, &opened)
        for delivery in deliveries {
            switch delivery {
            case .answer(let connection, let sequence, let response):
                httpConnections[connection]?.receive(response, for: sequence)
            case .outbox(let connection):
                webSockets[connection]?.sendWaiting()
            }
        }
        if deliveries.capacity <= 4_096 {
            deliveries.removeAll(keepingCapacity: true)
            opened = deliveries
        }
    }

    // MARK: - Connections

    func add(_ connection: HTTPConnectionHandler, id: UInt64) {
        eventLoop.preconditionInEventLoop()
        httpConnections[id] = connection
        recount()
        tickIfNeeded()
    }

    func add(_ webSocket: WebSocketHandler, id: UInt64) {
        eventLoop.preconditionInEventLoop()
        webSockets[id] = webSocket
        recount()
        tickIfNeeded()
    }

    func removeHTTPConnection(_ id: UInt64) {
        eventLoop.preconditionInEventLoop()
        httpConnections[id] = nil
        recount()
        finishDrainingIfEmpty()
    }

    func removeWebSocket(_ id: UInt64) {
        eventLoop.preconditionInEventLoop()
        webSockets[id] = nil
        recount()
        finishDrainingIfEmpty()
    }

    /// HTTP connections and WebSockets at the moment. [any thread]
    var connectionCount: Int { count.withLockedValue { $0 } }

    private func recount() { count.withLockedValue { $0 = httpConnections.count + webSockets.count } }

    private func tickIfNeeded() {
        guard !isTicking else { return }
        isTicking = true
        now = .now()
        scheduleTick()
    }

    private func scheduleTick() {
        eventLoop.scheduleTask(in: TimeAmount(timeouts.tick)) { self.tick() }
    }

    private func tick() {
        now = .now()
        // Copies of the tables, since a connection that ends leaves them.
        for connection in httpConnections.values { connection.tick() }
        for webSocket in webSockets.values { webSocket.tick() }
        isTicking = !httpConnections.isEmpty || !webSockets.isEmpty
        if isTicking { scheduleTick() }
    }

    // MARK: - Shutdown

    /// Ends all connections: idle ones at once, those with a request when it is answered, WebSockets with 1001, and what
    /// is left when `grace` is over. The future succeeds when none is left.
    func drain(grace: TimeAmount) -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        isDraining = true
        let promise = eventLoop.makePromise(of: Void.self)
        drained.append(promise)
        for connection in httpConnections.values { connection.drain() }
        for webSocket in webSockets.values { webSocket.close(code: .goingAway) }
        let end = eventLoop.scheduleTask(in: grace) {
            for connection in self.httpConnections.values { connection.abort() }
            for webSocket in self.webSockets.values { webSocket.abort() }
        }
        promise.futureResult.whenComplete { _ in end.cancel() }
        finishDrainingIfEmpty()
        return promise.futureResult
    }

    private func finishDrainingIfEmpty() {
        guard isDraining, httpConnections.isEmpty, webSockets.isEmpty else { return }
        let promises = drained
        drained = []
        for promise in promises { promise.succeed() }
    }

    // MARK: - What answers are made of

    /// The whole `Date` line, made once a second.
    private func date() -> [UInt8] {
        var time = timespec()
        // https://man7.org/linux/man-pages/man2/clock_gettime.2.html; cannot fail with this clock and this pointer.
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        if time.tv_sec != dateSecond {
            dateSecond = time.tv_sec
            dateLine = Array("Date: \(HTTPDate.format(dateSecond))\r\n".utf8)
        }
        return dateLine
    }

    /// What is written into an array whose memory is used again and again; `write` gets the `Date` line, too.
    func makeHead(_ write: (inout [UInt8], _ date: [UInt8]) -> Void) -> [UInt8] {
        spareHead.removeAll(keepingCapacity: true)
        write(&spareHead, date())
        return spareHead
    }

    /// An empty buffer to write into. Where those used before were sent at once, which is the rule, their memory is used
    /// again.
    func takeBuffer(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var buffer = spareBuffers.popLast() else { return allocator.buffer(capacity: 1_024) }
        buffer.clear()
        return buffer
    }

    /// Gives a buffer back after it was written and flushed.
    func giveBack(_ buffer: ByteBuffer) {
        if buffer.capacity <= Self.spareBufferLimit, spareBuffers.count < Self.spareBufferCount {
            spareBuffers.append(buffer)
        }
    }

    // MARK: - Writing

    /// Has a connection's output written when the event loop has handled all that is ready: one connection after another, so
    /// that clients which wait on another core are not woken, and put to sleep again, for each answer.
    func flushSoon(_ connection: HTTPConnectionHandler) {
        unflushed.append(connection)
        if unflushed.count == 1 { eventLoop.execute { self.flushAll() } }
    }

    private func flushAll() {
        var connections: [HTTPConnectionHandler] = []
        swap(&connections, &unflushed)
        for connection in connections { connection.flushOutput() }
        // The memory of the list is used again.
        if unflushed.isEmpty, connections.capacity <= 4_096 {
            connections.removeAll(keepingCapacity: true)
            unflushed = connections
        }
    }
}
