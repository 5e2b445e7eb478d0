// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import Glibc
import GotAPICore

/// The functions of the table for pushes, references, timers, calls, and what is around. Their contract is gotapi_plugin.h.
/// [any thread], but for the timers.
extension HostTable {
    // MARK: - Pushing

    static let subscribe: @convention(c) (Host, UInt64, NumberOut) -> gotapi_status = { host, message, subscription in
        enter(host, "subscribe") { context in
            guard let subscription else { return .invalidArgument }
            return hand(
                context.core.update { $0.subscribe(to: message, now: context.core.now) }, to: subscription)
        }
    }

    static let pushMessage: @convention(c) (Host, UInt64, Text, UInt64) -> gotapi_status = {
        host, subscription, members, length in
        enter(host, "pushMessage") { context in
            let core = context.core
            // Checked first, so that the lock is taken once.
            switch MembersCheck.copy(members, length) {
            case .members(let members): return core.update { $0.push(members, to: subscription) }
            case .refused(let refusal, let reason):
                return core.update { state in
                    let status = state.statusForPush(to: subscription)
                    guard status == .ok else { return status }
                    state.countBadMembers(reason, now: core.now)
                    return refusal
                }
            }
        }
    }

    static let unsubscribe: @convention(c) (Host, UInt64) -> gotapi_status = { host, subscription in
        enter(host, "unsubscribe") { context in context.core.update { $0.unsubscribe(subscription) } }
    }

    // MARK: - Holding on

    static let retain: @convention(c) (Host, UInt64) -> gotapi_status = { host, handle in
        enter(host, "retain") { context in context.core.update { $0.retain(handle) } }
    }

    static let release: @convention(c) (Host, UInt64) -> gotapi_status = { host, handle in
        // Releasing a subscription that is over is allowed, a message that is not held is not: they are told apart.
        enter(host, HandleSource.isMessage(handle) ? "releaseMessage" : "release") { context in
            context.core.update { $0.release(handle, now: context.core.now) }
        }
    }

    // MARK: - Around

    static let log: @convention(c) (Host, UInt32, Text, UInt64) -> gotapi_status = { host, level, text, length in
        enter(host, "log") { context in
            guard context.core.monitor.withLock({ $0.isOpen }) else { return .closed }
            guard level <= LogLevel.highest, text != nil || length == 0 else { return .invalidArgument }
            // One byte more than is kept: it tells whether the cut goes through a character.
            let count = Int(min(length, UInt64(LogLine.maximumLength) + 1))
            let line = LogLine.make(UnsafeRawBufferPointer(start: text, count: count))
            return context.core.update { state in
                guard state.isOpen else { return .closed }
                state.outgoing.appendLog(level: level, line, now: context.core.now)
                return .ok
            }
        }
    }

    static let config: @convention(c) (Host, TextOut, LengthOut) -> gotapi_status = { host, text, length in
        place(host, "config", text, length) { $0.config }
    }

    static let dataDirectory: @convention(c) (Host, TextOut, LengthOut) -> gotapi_status = { host, text, length in
        place(host, "dataDirectory", text, length) { $0.dataDirectory }
    }

    static let resourceDirectory: @convention(c) (Host, TextOut, LengthOut) -> gotapi_status = { host, text, length in
        place(host, "resourceDirectory", text, length) { $0.resourceDirectory }
    }

    static let startTimer: @convention(c) (Host, UInt64, UInt64, UnsafeMutableRawPointer?, NumberOut) -> gotapi_status =
        {
            host, delay, interval, user, timer in
            enter(host, "startTimer") { context in
                guard let timer else { return .invalidArgument }
                let user = PluginPointer(raw: user)
                return hand(
                    context.core.update { state in
                        guard state.isOpen else { return .refused(.closed) }
                        guard state.thread == UInt(pthread_self()) else { return .refused(.wrongThread) }
                        return state.startTimer(delay: delay, interval: interval, user: user, now: context.core.now)
                    }, to: timer)
            }
        }

    static let stopTimer: @convention(c) (Host, UInt64) -> gotapi_status = { host, timer in
        enter(host, "stopTimer") { context in
            context.core.update { state in
                guard state.isOpen else { return .closed }
                guard state.thread == UInt(pthread_self()) else { return .wrongThread }
                return state.stopTimer(timer)
            }
        }
    }

    static let callOnPluginThread: @convention(c) (Host, UnsafeMutableRawPointer?) -> gotapi_status = { host, user in
        enter(host, "callOnPluginThread") { context in
            let user = PluginPointer(raw: user)
            return context.core.update { $0.call(user) }
        }
    }

    static let servicesChanged: @convention(c) (Host) -> gotapi_status = { host in
        enter(host, "servicesChanged") { context in
            context.core.update { state in
                guard state.mayBegin else { return .closed }
                state.outgoing.appendServicesChanged()
                return .ok
            }
        }
    }

    /// ABI 1.0 has no extensions.
    static let getExtension: @convention(c) (Host, Text) -> UnsafeRawPointer? = { _, _ in nil }

    private static func hand(_ begun: RuntimeState.Begun, to pointer: UnsafeMutablePointer<UInt64>) -> Status {
        switch begun {
        case .handle(let handle):
            pointer.pointee = handle
            return .ok
        case .refused(let status):
            // No handle is 0: what a plug-in does with it gets CLOSED.
            pointer.pointee = 0
            return status
        }
    }

    @inline(__always)
    private static func place(
        _ host: Host, _ function: StaticString, _ text: TextOut, _ length: LengthOut,
        _ choose: (HostContext) -> StableText
    ) -> gotapi_status {
        enter(host, function) { context in
            guard let text, let length else { return .invalidArgument }
            HostTable.hand(nil, to: text, length)
            guard context.core.monitor.withLock({ $0.isOpen }) else { return .closed }
            HostTable.hand(choose(context).bytes, to: text, length)
            return .ok
        }
    }
}
