// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIPluginRuntime

/// The way to one plug-in's runtime: a socket pair to its process, or a queue in this one.
protocol PluginTransport: AnyObject, Sendable {
    /// Whether the runtime is in a process of its own: then what it says is hostile, and it can be ended.
    var isIsolated: Bool { get }
    /// The process, once it is started and while it is not reaped; `nil` in process.
    var pid: Int32? { get }

    /// Starts the runtime's side; the receiver is kept until ``PluginTransportReceiver/ended(_:reason:)``, or
    /// ``PluginTransportReceiver/notOpened(reason:)``, one of which is called once. [event loop]
    func open(_ receiver: any PluginTransportReceiver)

    /// Sends a frame. Frames sent before the runtime is ready wait for it. [any thread]
    ///
    /// - Returns: false where too much waits for the plug-in already; the frame is then not sent.
    func send(_ frame: HostFrame) -> Bool

    /// Calls the plug-in for a request on this thread, where the runtime is in this process and the plug-in can be called now.
    /// [any thread]
    func call(_ message: PluginMessage) -> InlineOutcome

    /// As ``PluginRuntime/takeStandstills()``.
    func takeStandstills() -> [UInt64]

    /// Asks the process to end (SIGTERM), and with it the programs that it has started. A runner leaves the signal alone until
    /// the connection closes; in process nothing happens. [event loop]
    func terminate()
    /// Says nothing more; a process ends by itself then, or is killed soon after. [event loop]
    func close()
    /// Ends the process (SIGKILL); in process the runtime is left alone for good. [event loop]
    func kill()
}

/// For runtimes in another process, which no thread of this one can call.
extension PluginTransport {
    func call(_ message: PluginMessage) -> InlineOutcome { .notCalled }
    func takeStandstills() -> [UInt64] { [] }
}

/// Who hears what a runtime says. All functions are called on the transport's event loop.
protocol PluginTransportReceiver: AnyObject, Sendable {
    /// The payload of one frame.
    func received(_ payload: ArraySlice<UInt8>)
    /// All payloads that were there have been handed over.
    func receivedBatch()
    /// What came is no frame.
    func malformed(reason: String)
    /// A line that the process printed.
    func printed(_ line: String)
    /// There is no runtime.
    func notOpened(reason: String)
    /// It is gone, and so is its process; `end` says how that ended, where it had one of its own.
    func ended(_ end: ProcessEnd?, reason: String)
}
