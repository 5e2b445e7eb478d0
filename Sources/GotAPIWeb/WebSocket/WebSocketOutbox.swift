// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import NIOCore
import NIOWebSocket

/// The way to a WebSocket from any thread, and what waits for its client. It names its connection and does not hold it.
final class WebSocketOutbox: WebSocketOutlet, Sendable {
    private struct State {
        var queue: PushQueue
        /// True while the event loop has been told, or waits for the channel, to take from the queue.
        var isScheduled = false
        var closeCode: UInt16?
        var isEnded = false
    }

    /// What is left to do after a look at the outbox.
    enum Rest: Equatable {
        case nothing
        case waiting
        case close(UInt16)
    }

    private let state: NIOLockedValueBox<State>
    private let loop: WebLoop
    private let connection: UInt64
    /// What the socket is closed with where something would have to be dropped; `nil` drops it.
    private let overflowCode: UInt16?
    private let onDropped: @Sendable (Int) -> Void

    init(
        loop: WebLoop, connection: UInt64, limit: Int = Limits.waitingPushBytes, overflowCode: UInt16? = nil,
        onDropped: @escaping @Sendable (Int) -> Void
    ) {
        state = NIOLockedValueBox(State(queue: PushQueue(limit: limit)))
        self.loop = loop
        self.connection = connection
        self.overflowCode = overflowCode
        self.onDropped = onDropped
    }

    func send(_ text: [UInt8]) {
        let (dropped, mustPost) = state.withLockedValue { state in
            guard !state.isEnded, state.closeCode == nil else { return (0, false) }
            if let overflowCode, !state.queue.hasRoom(for: text) {
                state.closeCode = overflowCode
                state.isScheduled = true
                // The connection may have been told before, and wait until the client reads: it has to hear this now.
                return (0, true)
            }
            let dropped = state.queue.append(text)
            defer { state.isScheduled = true }
            return (dropped, !state.isScheduled)
        }
        if mustPost { loop.post(.outbox(connection: connection)) }
        if dropped > 0 { onDropped(dropped) }
    }

    /// Puts a message of the session itself behind what waits; ``take(into:upTo:)`` has to follow.
    /// [the connection's event loop]
    func put(_ text: [UInt8]) {
        let dropped = state.withLockedValue { state in
            guard !state.isEnded else { return 0 }
            state.isScheduled = true
            return state.queue.append(text)
        }
        if dropped > 0 { onDropped(dropped) }
    }

    func close(code: UInt16) {
        let mustPost = state.withLockedValue { state in
            guard !state.isEnded, state.closeCode == nil else { return false }
            state.closeCode = code
            state.isScheduled = true
            return true
        }
        if mustPost { loop.post(.outbox(connection: connection)) }
    }

    /// Takes what waits, as frames, until `buffer` holds `amount` bytes. [the connection's event loop]
    func take(into buffer: inout ByteBuffer, upTo amount: Int) -> Rest {
        state.withLockedValue { state in
            state.queue.drain(into: &buffer, upTo: amount)
            if let code = state.closeCode { return .close(code) }
            state.isScheduled = !state.queue.isEmpty
            return state.isScheduled ? .waiting : .nothing
        }
    }

    /// Takes everything that waits and accepts nothing more. [the connection's event loop]
    func end(takingInto buffer: inout ByteBuffer) {
        state.withLockedValue { state in
            state.queue.drain(into: &buffer, upTo: .max)
            state.isEnded = true
        }
    }

    /// Forgets everything and accepts nothing more. [the connection's event loop]
    func end() {
        state.withLockedValue { state in
            state.queue.removeAll()
            state.isEnded = true
        }
    }
}
