// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// The way to a runtime in a process of its own: `gotapi-plugin-runner`, with a socket pair as its standard input and a
/// pipe as its standard output and error.
///
/// It has ended when three things have: the process, the socket and the pipe. Something that the plug-in started may
/// keep the last two open; they are waited for ``patience`` only.
final class RunnerTransport: PluginTransport {
    /// Bytes that may wait for a process that does not read: for messages, and for the small frames that must not be
    /// lost.
    static let maximumWaiting = 16 << 20
    static let maximumWaitingAtAll = 20 << 20
    /// Between the process's end and its socket's and pipe's, either way round.
    private static let patience = TimeAmount.milliseconds(200)
    /// Between the end of the connection and the process's: the runner gives `stop` 2 s.
    private static let patienceAfterClose = TimeAmount.milliseconds(2_500)

    private struct Outgoing {
        var bytes: [UInt8] = []
        /// Those in `bytes` and those that the channel has not written yet.
        var waiting = 0
        var isFlushScheduled = false
        var isClosed = false
        var process: ChildProcess?
    }

    /// Event-loop bound.
    private struct Connection {
        var receiver: (any PluginTransportReceiver)?
        var socket: (any Channel)?
        var output: (any Channel)?
        var end: ProcessEnd?
        var isSocketOpen = true
        var isOutputOpen = true
        var isClosing = false
        var isKilled = false
    }

    private let command: ChildProcess.Command
    private let eventLoop: any EventLoop
    private let outgoing = NIOLockedValueBox(Outgoing())
    private let connection: NIOLoopBoundBox<Connection>

    init(command: ChildProcess.Command, eventLoop: any EventLoop) {
        self.command = command
        self.eventLoop = eventLoop
        connection = .makeBoxSendingValue(Connection(), eventLoop: eventLoop)
    }

    var isIsolated: Bool { true }
    var pid: Int32? { outgoing.withLockedValue { $0.process?.pid } }

    // MARK: - Start

    func open(_ receiver: any PluginTransportReceiver) {
        connection.value.receiver = receiver
        let thread: SpawnThread
        do throws(SystemError) { thread = try SpawnThread.shared.get() } catch {
            return eventLoop.execute { self.notOpened(error) }
        }
        // Held by the closures until the process has ended.
        thread.run { [self] in
            do throws(SystemError) {
                let started = try ChildProcess.start(command) { [self] end in
                    eventLoop.execute { self.processEnded(end) }
                }
                eventLoop.execute { self.opened(started) }
            } catch {
                eventLoop.execute { self.notOpened(error) }
            }
        }
    }

    private func notOpened(_ error: SystemError) {
        let receiver = connection.value.receiver
        connection.value.receiver = nil
        outgoing.withLockedValue { $0.isClosed = true }
        receiver?.notOpened(
            reason: "\(command.path.printable) could not be started: \(error); "
                + "it must lie beside the gateway's own program")
    }

    private func opened(_ started: ChildProcess.Started) {
        // Kept until all three have ended.
        guard let receiver = connection.value.receiver else { preconditionFailure("opened without a receiver") }
        if connection.value.isKilled { started.process.send(SIGKILL) }
        if connection.value.end == nil {
            outgoing.withLockedValue { $0.process = started.process }
        } else {
            // A short life: what it said is read all the same.
            closeSoon()
        }
        let output = RunnerOutputHandler(onLine: { receiver.printed($0) }, onEnd: { self.outputEnded() })
        let boundOutput = NIOLoopBound(output, eventLoop: eventLoop)
        NIOPipeBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(boundOutput.value)
                }
            }
            .takingOwnershipOfDescriptor(input: started.output)
            .whenComplete { result in
                switch result {
                case .success(let channel): self.connection.value.output = channel
                case .failure: self.outputEnded()
                }
            }
        ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RunnerChannelHandler(receiver: receiver, onEnd: { self.socketEnded() }))
                }
            }
            .withConnectedSocket(started.socket)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    self.connection.value.socket = channel
                    if self.connection.value.isClosing { channel.close(promise: nil) }
                    self.flush()
                case .failure:
                    self.socketEnded()
                }
            }
    }

    // MARK: - Sending

    func send(_ frame: HostFrame) -> Bool {
        let isMessage = if case .message = frame { true } else { false }
        let outcome = outgoing.withLockedValue { outgoing -> (isSent: Bool, schedules: Bool) in
            guard !outgoing.isClosed else { return (true, false) }
            let bound = isMessage ? Self.maximumWaiting : Self.maximumWaitingAtAll
            guard outgoing.waiting < bound else { return (false, false) }
            let before = outgoing.bytes.count
            frame.append(to: &outgoing.bytes)
            outgoing.waiting += outgoing.bytes.count - before
            defer { outgoing.isFlushScheduled = true }
            return (true, !outgoing.isFlushScheduled)
        }
        if outcome.schedules { eventLoop.execute { self.flush() } }
        return outcome.isSent
    }

    /// Writes all frames that wait at once.
    private func flush() {
        guard let socket = connection.value.socket else { return }
        let bytes = outgoing.withLockedValue { outgoing in
            outgoing.isFlushScheduled = false
            defer { outgoing.bytes = [] }
            return outgoing.bytes
        }
        guard !bytes.isEmpty else { return }
        let count = bytes.count
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in
            self.outgoing.withLockedValue { $0.waiting -= count }
        }
        socket.writeAndFlush(socket.allocator.buffer(bytes: bytes), promise: promise)
    }

    // MARK: - End

    func close() {
        connection.value.isClosing = true
        outgoing.withLockedValue { $0.isClosed = true }
        connection.value.socket?.close(promise: nil)
        eventLoop.scheduleTask(in: Self.patienceAfterClose) { self.kill() }
    }

    func terminate() { outgoing.withLockedValue { $0.process }?.sendToAll(SIGTERM) }

    func kill() {
        connection.value.isKilled = true
        outgoing.withLockedValue { $0.process }?.send(SIGKILL)
    }

    private func socketEnded() {
        guard connection.value.isSocketOpen else { return }
        connection.value.isSocketOpen = false
        outgoing.withLockedValue { $0.isClosed = true }
        if connection.value.end == nil, !connection.value.isClosing {
            // A process that has closed its connection is of no use.
            eventLoop.scheduleTask(in: Self.patience) { self.kill() }
        }
        finishIfOver()
    }

    private func outputEnded() {
        guard connection.value.isOutputOpen else { return }
        connection.value.isOutputOpen = false
        finishIfOver()
    }

    private func processEnded(_ end: ProcessEnd) {
        connection.value.end = end
        outgoing.withLockedValue { $0.process = nil }
        finishIfOver()
        if connection.value.receiver != nil { closeSoon() }
    }

    /// Closes what something that the plug-in started keeps open.
    private func closeSoon() {
        eventLoop.scheduleTask(in: Self.patience) {
            self.connection.value.socket?.close(promise: nil)
            self.connection.value.output?.close(promise: nil)
        }
    }

    private func finishIfOver() {
        guard let end = connection.value.end, !connection.value.isSocketOpen, !connection.value.isOutputOpen,
            let receiver = connection.value.receiver
        else { return }
        connection.value.receiver = nil
        connection.value.socket = nil
        connection.value.output = nil
        outgoing.withLockedValue {
            $0.isClosed = true
            $0.bytes = []
        }
        receiver.ended(end, reason: end.description)
    }
}
