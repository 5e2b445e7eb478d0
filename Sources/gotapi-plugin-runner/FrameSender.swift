// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPIPluginRuntime

/// Sends a runtime's frames through the socket: on the thread that made them, as long as the kernel takes them at once; what
/// it does not take is left to the main thread, which waits for room.
///
/// One thread at a time sends. Another that has frames meanwhile leaves them to it and goes on.
final class FrameSender: Sendable {
    private struct State {
        var runtime: PluginRuntime?
        /// What the kernel did not take, from `offset` on.
        var rest: [UInt8] = []
        var offset = 0
        var isSending = false
        /// Frames came while somebody was sending.
        var hasMore = false
        /// The kernel has no room; the main thread waits for it.
        var isBlocked = false
        /// The gateway is gone: nothing is sent any more.
        var isClosed = false
    }

    private let state = Monitor(State())
    private let socket: CInt
    /// An eventfd(2), which wakes the main thread.
    private let wakeUp: CInt

    init(socket: CInt, wakeUp: CInt) {
        self.socket = socket
        self.wakeUp = wakeUp
    }

    func begin(with runtime: PluginRuntime) { state.withLock { $0.runtime = runtime } }

    /// The main thread has to wait for room.
    var isBlocked: Bool { state.withLock { $0.isBlocked } }

    /// Frames wait in the runtime. [any thread]
    func send() {
        let isOurs = state.withLock { state in
            if state.isSending || state.isBlocked {
                state.hasMore = true
                return false
            }
            state.isSending = true
            return true
        }
        if isOurs { drain() }
    }

    /// There is room again. [main thread]
    func goOn() {
        let isOurs = state.withLock { state in
            guard state.isBlocked else { return false }
            state.isBlocked = false
            state.isSending = true
            return true
        }
        if isOurs { drain() }
    }

    /// Frames are thrown away from now on; each time that some come the main thread is woken.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.isBlocked = false
        }
        send()
    }

    /// Only where `isSending` was set by the caller, so that no other thread is in here.
    private func drain() {
        while true {
            let (runtime, rest, offset) = state.withLock { state in
                // Forgotten only where the frames are taken now: what waits behind a rest still has to be.
                if state.rest.isEmpty { state.hasMore = false }
                defer { state.rest = [] }
                return (state.runtime, state.rest, state.offset)
            }
            if rest.isEmpty {
                guard transmit(runtime?.takeOutgoing() ?? [], from: 0) else { return }
                let isDone = state.withLock { state in
                    guard !state.hasMore, state.rest.isEmpty else { return false }
                    state.isSending = false
                    return true
                }
                if isDone { return }
            } else {
                guard transmit(rest, from: offset) else { return }
            }
        }
    }

    /// Sends what the kernel takes at once and keeps the rest; false where it is the main thread's turn.
    private func transmit(_ bytes: [UInt8], from start: Int) -> Bool {
        guard !bytes.isEmpty else { return true }
        if state.withLock({ $0.isClosed }) {
            wake()
            return true
        }
        let count = bytes.withUnsafeBytes { buffer in
            Glibc.send(
                socket, buffer.baseAddress.map { $0 + start }, bytes.count - start, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
        let error = errno
        if count == bytes.count - start { return true }
        let blocks = state.withLock { state in
            if count < 0, error != EAGAIN, error != EINTR {
                // The gateway is gone, which the main thread sees as the end of what it reads.
                state.isClosed = true
                return false
            }
            if state.isClosed { return false }
            state.rest = bytes
            state.offset = start + max(count, 0)
            guard count < 0, error == EAGAIN else { return false }
            state.isBlocked = true
            state.isSending = false
            return true
        }
        if blocks { wake() }
        return !blocks
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }
}
