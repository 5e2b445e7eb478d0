// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIPluginRuntime
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Synchronization

/// The way to a runtime in this process: frames in at once, frames out on one event loop.
final class InProcessTransport: PluginTransport {
    private struct Incoming {
        var receiver: (any PluginTransportReceiver)?
        var frames = FrameBuffer()
        /// The sockets have their turn; what waits is taken up afterwards.
        var isPausing = false
    }

    /// Bytes of pushes that are handled in one go. Other frames do not count: they answer what was asked.
    private static let turn = 64 << 10
    /// How long the sockets have their turn after that.
    private static let pause = TimeAmount.milliseconds(1)

    private let name: String
    private let activity: ActivityMark?
    private let eventLoop: any EventLoop
    /// The runtime, which takes one frame at a time: hence the lock around each delivery. No plug-in code runs inside.
    private let runtime = NIOLockedValueBox<PluginRuntime?>(nil)
    private let incoming: NIOLoopBoundBox<Incoming>
    private let isWaking = Atomic(false)

    init(name: String, activity: ActivityMark?, eventLoop: any EventLoop) {
        self.name = name
        self.activity = activity
        self.eventLoop = eventLoop
        incoming = .makeBoxSendingValue(Incoming(), eventLoop: eventLoop)
    }

    var isIsolated: Bool { false }
    var pid: Int32? { nil }

    func open(_ receiver: any PluginTransportReceiver) {
        incoming.value.receiver = receiver
        // The runtime outlives this transport where its thread is stuck; what it says then goes nowhere.
        let runtime = PluginRuntime(name: name, activity: activity) { [weak self, eventLoop] in
            eventLoop.execute { [weak self] in self?.drain() }
        }
        self.runtime.withLockedValue { $0 = runtime }
    }

    func send(_ frame: HostFrame) -> Bool {
        let wakes = runtime.withLockedValue { runtime in
            do throws(FrameError) {
                if case .message(let message) = frame {
                    // Nearly all frames are messages: those need not be written down for a runtime that is right here.
                    return try runtime?.deliver(message) ?? false
                } else {
                    var bytes: [UInt8] = []
                    frame.append(to: &bytes)
                    try runtime?.deliver(bytes.dropFirst(4))
                }
            } catch {
                preconditionFailure("the gateway made a frame that its own runtime does not understand: \(error)")
            }
            return false
        }
        if wakes { wakeSoon() }
        return true
    }

    /// Wakes the plug-in's thread when the event loop has handled all that it has read: once for the requests of many
    /// connections, since a thread that is woken for each costs more than all else.
    private func wakeSoon() {
        guard !isWaking.exchange(true, ordering: .acquiringAndReleasing) else { return }
        (MultiThreadedEventLoopGroup.currentEventLoop ?? eventLoop).execute { [self] in
            isWaking.store(false, ordering: .releasing)
            runtime.withLockedValue { $0 }?.wake()
        }
    }

    func call(_ message: PluginMessage) -> InlineOutcome {
        // Not under the lock: the plug-in's code runs.
        runtime.withLockedValue { $0 }?.call(message) ?? .notCalled
    }

    func takeStandstills() -> [UInt64] { runtime.withLockedValue { $0 }?.takeStandstills() ?? [] }

    private func drain() {
        guard !incoming.value.isPausing else { return }
        guard let receiver = incoming.value.receiver, let runtime = runtime.withLockedValue({ $0 }) else { return }
        incoming.value.frames.append(runtime.takeOutgoing())
        var pushed = 0
        do throws(FrameError) {
            while pushed < Self.turn, let payload = try incoming.value.frames.next() {
                if PluginFrame.isPush(payload) { pushed += payload.count }
                receiver.received(payload)
                guard incoming.value.receiver != nil else { return }
            }
        } catch { return receiver.malformed(reason: "sent a frame that is too long") }
        receiver.receivedBatch()
        if pushed >= Self.turn { pause() }
    }

    /// Lets the event loop look at its sockets, however fast the plug-in pushes: it runs its tasks up to a thousand times
    /// over before that, as long as one is due. The pause begins when what the pushes led to on this loop is done.
    private func pause() {
        incoming.value.isPausing = true
        eventLoop.execute { [weak self] in
            self?.eventLoop.scheduleTask(in: Self.pause) { [weak self] in
                guard let self else { return }
                incoming.value.isPausing = false
                drain()
            }
        }
    }

    func terminate() {}
    func close() { end(reason: "ended") }
    func kill() { end(reason: "was left alone: a plug-in in the gateway's own process cannot be ended") }

    private func end(reason: String) {
        // Not from inside the receiver's own call.
        eventLoop.execute { [self] in
            let receiver = incoming.value.receiver
            incoming.value.receiver = nil
            receiver?.ended(nil, reason: reason)
        }
    }
}
