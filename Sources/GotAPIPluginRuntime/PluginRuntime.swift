// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// The host side of the plug-in interface (GotAPI-4), for one library: it loads it, runs it on a thread of its own, gives it
/// the host functions, and speaks frames with the gateway (plugin-abi.md, "One runtime, two transports").
///
/// ```text
/// gateway ── HostFrame ──▶ deliver ──▶ state ──▶ the plug-in's thread ──▶ callbacks
/// gateway ◀── PluginFrame ── takeOutgoing ◀── state ◀────────────────── host functions, any thread
/// ```
/// When the last reference goes, a plug-in that still runs is stopped on its own thread, which nobody waits for; then that
/// thread ends. The library stays mapped, and so does its table of host functions.
package final class PluginRuntime: Sendable {
    let core: RuntimeCore

    /// - Parameters:
    ///   - name: for the thread, of which the system shows 15 bytes.
    ///   - outgoingIsWaiting: called from any thread when frames begin to wait, and not again before they were taken. No lock
    ///     is held; it may call ``takeOutgoing()``. It shall return soon: plug-in code may be what called.
    ///   - activity: where it is noted that the plug-in's code runs.
    ///   - test: for runtimes that a test drives.
    package init(
        name: String, activity: ActivityMark? = nil, test: TestControl? = nil,
        outgoingIsWaiting: @escaping @Sendable () -> Void
    ) {
        core = RuntimeCore(name: name, activity: activity, test: test, announce: outgoingIsWaiting)
    }

    deinit { core.end() }

    /// Hands over the payload of one frame, a ``HostFrame``. Never waits for plug-in code. [any thread, one at a time]
    ///
    /// - Throws: ``FrameError`` where it is none, loads a second library, or uses a message's number again.
    package func deliver(_ payload: ArraySlice<UInt8>) throws(FrameError) { try core.deliver(payload) }

    /// Hands over a message without a frame, and leaves the plug-in's thread asleep, so that it can be woken once for several.
    /// [any thread]
    ///
    /// - Returns: whether ``wake()`` has to be called.
    /// - Throws: ``FrameError`` where the message's number is used again.
    package func deliver(_ message: PluginMessage) throws(FrameError) -> Bool { try core.deliver(message) }

    /// Wakes the plug-in's thread for what was handed over. [any thread]
    package func wake() { core.wake() }

    /// The inline lane: calls the plug-in's `on_message` on this thread, which takes as long as the plug-in does. For a library
    /// with the flag `INLINE`. What the plug-in does later, or on other threads, comes as frames. [any thread]
    package func call(_ message: PluginMessage) -> InlineOutcome { core.call(message) }

    /// How long, in nanoseconds, those calls of the inline lane have lasted that do not return: each is named again for every
    /// ``InlineCalls/patience`` that it takes. [any thread]
    package func takeStandstills() -> [UInt64] {
        let now = core.now
        return core.monitor.withLock { $0.inlineCalls.takeStandstills(now: now) }
    }

    /// Takes all frames that wait, encoded, oldest first. [any thread]
    package func takeOutgoing() -> [UInt8] { core.monitor.withLock { $0.outgoing.takeAll() } }

    /// Whether `stopped` or `refused` was made, and no `start` came since. [any thread]
    package var isFinished: Bool { core.monitor.withLock { $0.isFinished } }
}
