// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import GotAPICore

/// The functions of the table that read and answer messages. Their contract is gotapi_plugin.h. [any thread]
extension HostTable {
    static let method: @convention(c) (Host, UInt64, TextOut, LengthOut) -> gotapi_status = {
        host, message, text, length in
        read(host, "method", message, text, length) { $0.method }
    }

    static let field: @convention(c) (Host, UInt64, UInt32, TextOut, LengthOut) -> gotapi_status = {
        host, message, field, text, length in
        // Before the message is looked at: an unknown number is wrong whatever the message is.
        guard field <= UInt32(GOTAPI_FIELD_RECEIVER) else {
            return read(host, "field", message, text, length) { _ in nil as MessageTexts.Text? }
        }
        return read(host, "field", message, text, length) { $0.field(field) }
    }

    static let parameter: @convention(c) (Host, UInt64, Text, UInt64, TextOut, LengthOut) -> gotapi_status = {
        host, message, name, nameLength, value, valueLength in
        enter(host, "parameter") { context in
            guard let value, let valueLength else { return .invalidArgument }
            hand(nil, to: value, valueLength)
            guard name != nil || nameLength == 0, let count = Int(exactly: nameLength) else { return .invalidArgument }
            let name = UnsafeRawBufferPointer(start: name, count: count)
            return context.core.monitor.withLock { state in
                guard let message = state.message(message) else { return .closed }
                guard let text = message.texts.parameter(named: name) else { return .notFound }
                hand(text, to: value, valueLength)
                return .ok
            }
        }
    }

    static let parameterAt:
        @convention(c) (Host, UInt64, UInt64, TextOut, LengthOut, TextOut, LengthOut) -> gotapi_status = {
            host, message, index, name, nameLength, value, valueLength in
            enter(host, "parameterAt") { context in
                guard let name, let nameLength, let value, let valueLength else { return .invalidArgument }
                hand(nil, to: name, nameLength)
                hand(nil, to: value, valueLength)
                return context.core.monitor.withLock { state in
                    guard let message = state.message(message) else { return .closed }
                    guard let parameter = message.texts.parameter(index) else { return .notFound }
                    hand(parameter.name, to: name, nameLength)
                    hand(parameter.value, to: value, valueLength)
                    return .ok
                }
            }
        }

    static let requestJSON: @convention(c) (Host, UInt64, TextOut, LengthOut) -> gotapi_status = {
        host, message, text, length in
        enter(host, "requestJSON") { context in
            guard let text, let length else { return .invalidArgument }
            hand(nil, to: text, length)
            let monitor = context.core.monitor
            let (held, made) = monitor.withLock { state in
                let held = state.message(message)
                return (held, held?.requestJSON)
            }
            guard let held else { return .closed }
            if let made {
                hand(made.bytes, to: text, length)
                return .ok
            }
            // Made without the lock, since it may be long: `held` keeps the texts, which never change.
            let json = StableText(held.texts.json())
            return monitor.withLock { state in
                guard let held = state.message(message) else { return .closed }
                // Another thread may have been faster; its text may be in use already.
                let kept = held.requestJSON ?? json
                held.requestJSON = kept
                hand(kept.bytes, to: text, length)
                return .ok
            }
        }
    }

    static let timeLeft: @convention(c) (Host, UInt64, NumberOut) -> gotapi_status = { host, message, milliseconds in
        enter(host, "timeLeft") { context in
            guard let milliseconds else { return .invalidArgument }
            milliseconds.pointee = 0
            let now = context.core.now
            return context.core.monitor.withLock { state in
                guard let message = state.message(message) else { return .closed }
                if message.answer != .over, now < message.deadline {
                    // Rounded up: 0 says that the time is over.
                    milliseconds.pointee = (message.deadline - now - 1) / 1_000_000 + 1
                }
                return .ok
            }
        }
    }

    static let isReplay: @convention(c) (Host, UInt64, UnsafeMutablePointer<UInt32>?) -> gotapi_status = {
        host, message, flag in
        enter(host, "isReplay") { context in
            guard let flag else { return .invalidArgument }
            flag.pointee = 0
            return context.core.monitor.withLock { state in
                guard let message = state.message(message) else { return .closed }
                flag.pointee = message.isReplay ? 1 : 0
                return .ok
            }
        }
    }

    static let returnMessage: @convention(c) (Host, UInt64, Text, UInt64) -> gotapi_status = {
        host, message, members, length in
        enter(host, "returnMessage") { context in
            // Checked without the lock, since that may take a moment, and before it is known whether an answer counts at all: so
            // the lock is taken once.
            let answer = MembersCheck.copy(members, length)
            let now = context.core.now
            return context.core.update { $0.answer(message, with: answer, now: now) }
        }
    }

    @inline(__always)
    private static func read(
        _ host: Host, _ function: StaticString, _ message: UInt64, _ text: TextOut, _ length: LengthOut,
        _ choose: (borrowing MessageTexts) -> MessageTexts.Text?
    ) -> gotapi_status {
        enter(host, function) { context in
            guard let text, let length else { return .invalidArgument }
            hand(nil, to: text, length)
            return context.core.monitor.withLock { state in
                guard let message = state.message(message) else { return .closed }
                guard let chosen = choose(message.texts) else { return .invalidArgument }
                hand(chosen, to: text, length)
                return .ok
            }
        }
    }
}
