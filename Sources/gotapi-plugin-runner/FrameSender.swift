// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIPluginRuntime
import Glibc

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
            let (runtime, rest, offset, isClosed) = state.withLock { state in
                state.hasMore = false
                defer { state.rest = [] }
                return (state.runtime, state.rest, state.offset, state.isClosed)
            }
            var bytes = rest
            var start = offset
            if bytes.isEmpty {
                bytes = runtime?.takeOutgoing() ?? []
                start = 0
            }
            if isClosed {
                wake()
            } else if !bytes.isEmpty {
                let sent = bytes.withUnsafeBytes { buffer in
                    Glibc.send(
                        socket, buffer.baseAddress.map { $0 + start }, buffer.count - start,
                        CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
                }
                let error = errno
                if sent >= 0 {
                    start += sent
                } else if error != EINTR && error != EAGAIN {
                    // The gateway is gone, which the main thread sees as the end of what it reads.
                    start = bytes.count
                    state.withLock { $0.isClosed = true }
                }
                if start < bytes.count {
                    let blocks = state.withLock { state in
                        state.rest = bytes
                        state.offset = start
                        guard sent < 0 && error == EAGAIN && !state.isClosed else { return false }
                        state.isBlocked = true
                        state.isSending = false
                        return true
                    }
                    if blocks { return wake() }
                    continue
                }
            }
            let isDone = state.withLock { state in
                guard !state.hasMore else { return false }
                state.isSending = false
                return true
            }
            if isDone { return }
        }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }
}
