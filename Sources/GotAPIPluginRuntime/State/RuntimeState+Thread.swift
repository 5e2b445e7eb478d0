// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

extension RuntimeState {
    /// The thread comes back from a callback and asks for more.
    mutating func nextWork(now: UInt64) -> Monitor<RuntimeState>.Step<Work> {
        threadSleeps = false
        endBorrow(now: now)
        outgoing.reportLeftOut(now: now)
        if isEnding, inlineCalls.count == 0 { return .done(.end) }
        // In turn, so that none of the three keeps the others waiting; while a stop waits nothing else is passed on.
        for _ in 0..<3 {
            switch lastSource {
            case .timers:
                lastSource = .inbox
                if let work = nextEntry(now: now) { return .done(work) }
            case .inbox:
                lastSource = .calls
                if waitingStops == 0, let user = calls.popFirst() { return .done(.call(user)) }
            case .calls:
                lastSource = .timers
                if waitingStops == 0, let turn = timers.popDue(now: now) { return .done(.timer(turn)) }
            }
        }
        threadSleeps = true
        let moments = [timers.nextDue, outgoing.logReportDue].compactMap(\.self)
        return .wait(until: moments.min())
    }

    /// Ends the borrow of the callback that the thread comes from.
    mutating func endBorrow(now: UInt64) {
        guard let handle = borrowed else { return }
        borrowed = nil
        giveBack(handle, now: now)
    }

    private mutating func nextEntry(now: UInt64) -> Work? {
        while let entry = inbox.first {
            // The plug-in's `stop` comes when none of its code runs any more.
            if case .stop = entry, inlineCalls.count > 0 { return nil }
            _ = inbox.popFirst()
            switch entry {
            case .load:
                if let instruction = instruction.take() { return .load(instruction) }
            case .start: return .start
            case .stop: return .stop
            case .message(let handle):
                if let work = pass(handle, now: now) { return work }
            case .expired(let handle):
                if borrowExpired(handle) { return .expired(handle) }
            case .unsubscribed(let handle, let reason): return .unsubscribed(handle, reason)
            case .probe(let number): outgoing.append(.alive(number))
            }
        }
        return nil
    }

    private mutating func pass(_ handle: UInt64, now: UInt64) -> Work? {
        // Not there: it expired while it waited.
        guard let message = messages[handle] else { return nil }
        guard phase == .running, waitingStops == 0, now < message.deadline else {
            sayUnanswered(message, now: now)
            forget(message)
            return nil
        }
        if let answer = defaultAnswer(for: message.kind) {
            outgoing.append(.answer(message: message.id, members: answer))
            forget(message)
            return nil
        }
        message.isPassed = true
        message.borrows += 1
        borrowed = handle
        return .message(handle, message.kind)
    }

    /// Whether `on_message_expired` is to be called: the plug-in still holds the message. It is borrowed then.
    mutating func borrowExpired(_ handle: UInt64) -> Bool {
        guard let message = messages[handle], message.owesExpiry, message.references > 0 else { return false }
        message.owesExpiry = false
        message.borrows += 1
        borrowed = handle
        return true
    }

    // MARK: - Calls and timers, from the plug-in

    mutating func call(_ user: PluginPointer) -> Status {
        guard mayBegin else { return .closed }
        guard features.hasCall else { return .unsupported }
        guard calls.count < Self.callLimit else { return .full }
        calls.append(user)
        return .ok
    }

    mutating func startTimer(delay: UInt64, interval: UInt64, user: PluginPointer, now: UInt64) -> Begun {
        guard mayBegin else { return .refused(.closed) }
        guard features.hasTimer else { return .refused(.unsupported) }
        guard timers.count < TimerQueue.limit else { return .refused(.full) }
        let handle = handles.next(.timer)
        timers.start(
            TimerQueue.Timer(
                handle: handle, interval: MonotonicClock.moment(after: interval, from: 0), user: user,
                due: MonotonicClock.moment(after: delay, from: now)))
        return .handle(handle)
    }

    mutating func stopTimer(_ handle: UInt64) -> Status {
        isOpen && timers.stop(handle) ? .ok : .closed
    }

    /// Whether the thread sleeps and has nothing to do until time passes.
    func isIdle(now: UInt64) -> Bool {
        threadSleeps && inbox.isEmpty && calls.isEmpty && (timers.nextDue ?? .max) > now
    }

    /// Whether the thread sleeps although there is something for it; true once for each time.
    mutating func takeWakeUp() -> Bool {
        guard threadSleeps, !inbox.isEmpty || !calls.isEmpty || isEnding else { return false }
        threadSleeps = false
        return true
    }
}
