// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPISandbox
import Glibc
import GotAPICore
import GotAPIPluginRuntime

/// The main thread's work: frames from the socket to the runtime, and waiting for room to send.
///
/// ```text
/// socket ──▶ FrameBuffer ──▶ PluginRuntime ──▶ FrameSender ──▶ socket
/// ```
struct Connection {
    enum End {
        /// The gateway's end closed.
        case closed
        case malformed(FrameError)
    }

    /// How long a plug-in has to stop after the gateway is gone, in milliseconds: as long as the gateway itself would wait
    /// (plugin-abi.md, "Misbehaviour and what it costs").
    private static let stopTime: Int64 = 2_000

    private let socket: CInt
    private let wakeUp: CInt
    private let sender: FrameSender
    private let runtime: PluginRuntime

    /// `nil` where the system gives no descriptor.
    init?(socket: CInt, name: String) {
        var wakeUp: CInt = -1
        guard cgotapi_make_event(&wakeUp) == 0 else { return nil }
        self.wakeUp = wakeUp
        self.socket = socket
        let sender = FrameSender(socket: socket, wakeUp: wakeUp)
        self.sender = sender
        runtime = PluginRuntime(name: name) { sender.send() }
        sender.begin(with: runtime)
    }

    func run() -> End {
        var frames = FrameBuffer()
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            var descriptors = [
                pollfd(fd: socket, events: Int16(POLLIN | (sender.isBlocked ? POLLOUT : 0)), revents: 0),
                pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0),
            ]
            // EINTR, from a signal that is not ours, is a round without events.
            guard poll(&descriptors, 2, -1) > 0 else { continue }
            if descriptors[1].revents != 0 { clearWakeUp() }
            if Int32(descriptors[0].revents) & POLLOUT != 0 { sender.goOn() }
            guard Int32(descriptors[0].revents) & (POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0 else { continue }
            let count = recv(socket, chunk.baseAddress, chunk.count, CInt(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else {
                stop()
                return .closed
            }
            do throws(FrameError) {
                frames.append(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
                while let payload = try frames.next() {
                    try enterCage(if: payload)
                    try runtime.deliver(payload)
                }
            } catch {
                return .malformed(error)
            }
        }
    }

    /// Puts the cage of a `load` in force and reports it, before the runtime sees the frame and starts its thread.
    private func enterCage(if payload: ArraySlice<UInt8>) throws(FrameError) {
        guard payload.first == HostFrame.loadTag, case .load(let instruction) = try HostFrame(payload),
            let cage = instruction.cage
        else { return }
        var frame: [UInt8] = []
        PluginFrame.caged(CageBuilder.build(cage)).append(to: &frame)
        // Nothing was sent before, so there is room. Where the gateway is gone, reading says so.
        _ = send(socket, frame, frame.count, CInt(MSG_NOSIGNAL))
    }

    /// Gives the plug-in the time to close its device.
    private func stop() {
        sender.close()
        guard !runtime.isFinished else { return }
        var frame: [UInt8] = []
        HostFrame.stop.append(to: &frame)
        // A frame of our own making: its payload, behind the length, is not malformed.
        guard (try? runtime.deliver(frame[4...])) != nil else { return }
        let end = milliseconds() + Self.stopTime
        while !runtime.isFinished {
            let left = end - milliseconds()
            guard left > 0 else { return }
            var descriptor = pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, CInt(left)) > 0 else { continue }
            // The plug-in has closed what is not its own: nothing will say when it has stopped.
            guard Int32(descriptor.revents) & POLLNVAL == 0 else { return }
            clearWakeUp()
        }
    }

    private func clearWakeUp() {
        var count: UInt64 = 0
        _ = read(wakeUp, &count, 8)
    }

    private func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
