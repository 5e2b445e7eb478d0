// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What has become of a request that was offered to the inline lane.
package enum InlineOutcome: Sendable, Equatable {
    /// The plug-in answered within the call.
    case answered([UInt8])
    /// The plug-in was called; the answer, or that there is none, comes as a frame.
    case called
    /// The plug-in cannot be called now: its own thread is to have the message.
    case notCalled
}

/// A callback on the thread that read the request, made outside the lock.
struct InlineCall {
    /// The plug-in's part in it.
    struct Callee {
        let onMessage: @convention(c) (UnsafeMutableRawPointer?, UInt64) -> Void
        let plugin: PluginPointer
    }

    let callee: Callee
    /// Borrowed until the call ends.
    let message: HeldMessage
    /// Among ``RuntimeState/inlineCalls``, and of ``ActivityMark``.
    let place: Int
}

/// Requests that are handled on the thread that read them (plugin-abi.md, `INLINE`).
extension RuntimeState {
    /// Passes a message to the calling thread; `nil` where it is to take the way of all others.
    mutating func beginInlineCall(_ message: HeldMessage, now: UInt64) -> InlineCall? {
        guard phase == .running, waitingStops == 0, !isEnding, message.kind == .request, now < message.deadline,
            leftovers.count < Self.leftoverLimit.count, leftovers.bytes < Self.leftoverLimit.bytes,
            messageHandles[message.id] == nil, let callee, let place = inlineCalls.begin(now: now)
        else { return nil }
        message.handle = handles.next(.message)
        message.isPassed = true
        message.borrows = 1
        message.isInCall = true
        message.keepsAnswer = true
        messages[message.handle] = message
        messageHandles[message.id] = message.handle
        return InlineCall(callee: callee, message: message, place: place)
    }

    mutating func endInlineCall(_ call: InlineCall, now: UInt64) -> InlineOutcome {
        inlineCalls.end(call.place)
        let message = call.message
        message.isInCall = false
        message.keepsAnswer = false
        if message.owesExpiry { inbox.append(.expired(message.handle)) }
        giveBack(message, now: now)
        return message.keptAnswer.map { .answered($0) } ?? .called
    }
}
