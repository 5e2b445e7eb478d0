// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

extension RuntimeState {
    /// The most messages that a plug-in may still hold although they need no answer any more, and their bytes: beyond that it
    /// gets no new ones, since it retains without releasing.
    static let leftoverLimit = (count: 16_384, bytes: 64 << 20)

    // MARK: - From the gateway

    /// - Throws: ``FrameError/malformed`` where a message of this number is here already.
    mutating func receive(_ message: HeldMessage, now: UInt64) throws(FrameError) {
        guard messageHandles[message.id] == nil else { throw .malformed }
        if phase == .running, waitingStops == 0 {
            if let answer = defaultAnswer(for: message.kind) {
                return outgoing.append(.answer(message: message.id, members: answer))
            }
            if leftovers.count >= Self.leftoverLimit.count || leftovers.bytes >= Self.leftoverLimit.bytes {
                outgoing.append(.unanswered(message: message.id))
                complain(.holdsTooMuch, now: now) { count, state in
                    "requests were refused: the plug-in still holds \(state.leftovers.count) messages that need no answer"
                        + " any more; each retain needs its release (\(count) since this was said last)"
                }
                return
            }
        }
        message.handle = handles.next(.message)
        messages[message.handle] = message
        messageHandles[message.id] = message.handle
        inbox.append(.message(message.handle))
    }

    mutating func expire(_ id: UInt64) {
        guard let handle = messageHandles[id], let message = messages[handle], message.answer == .awaited else {
            return
        }
        finish(message, as: .over)
        guard message.isPassed else { return forget(message) }
        message.owesExpiry = true
        // Where a callback has it right now, it is told afterwards.
        if !message.isInCall { inbox.append(.expired(handle)) }
    }

    // MARK: - From the plug-in

    /// The message of this handle, if the plug-in may use it.
    func message(_ handle: UInt64) -> HeldMessage? {
        guard isOpen, let message = messages[handle], message.isPassed else { return nil }
        return message
    }

    /// Whether an answer to this message would count.
    func statusForAnswer(to handle: UInt64, now: UInt64) -> Status {
        guard let message = message(handle) else { return .closed }
        return message.statusForAnswer(now: now)
    }

    mutating func answer(_ handle: UInt64, with answer: MembersCheck.Outcome, now: UInt64) -> Status {
        guard let message = message(handle) else { return .closed }
        let status = message.statusForAnswer(now: now)
        guard status == .ok else {
            if status == .alreadyAnswered { countSecondAnswer(now: now) }
            return status
        }
        switch answer {
        case .refused(let refusal, let reason):
            countBadMembers(reason, now: now)
            return refusal
        case .members(let members):
            finish(message, as: .given)
            if message.keepsAnswer {
                message.keptAnswer = members
            } else {
                outgoing.append(.answer(message: message.id, members: members))
            }
            return .ok
        }
    }

    private mutating func countSecondAnswer(now: UInt64) {
        misdeeds.answeredTwice += 1
        complain(.answeredTwice, now: now) { count, _ in
            "a message was answered twice; the first answer stands (\(count) since this was said last)"
        }
    }

    mutating func countBadMembers(_ reason: String, now: UInt64) {
        misdeeds.badMembers += 1
        if misdeeds.badMembersReason == nil { misdeeds.badMembersReason = reason }
        complain(.badMembers, now: now) { count, _ in
            "an answer or push was refused: \(reason) (\(count) since this was said last)"
        }
    }

    mutating func retain(_ handle: UInt64) -> Status {
        guard isOpen else { return .closed }
        if let message = message(handle) {
            message.references += 1
            return .ok
        }
        guard subscriptions[handle] != nil else { return .closed }
        subscriptions[handle]?.references += 1
        return .ok
    }

    mutating func release(_ handle: UInt64, now: UInt64) -> Status {
        if let message = message(handle) {
            // What a callback borrows is not the plug-in's to release.
            guard message.references > 0 else { return .closed }
            message.references -= 1
            letGo(message, now: now)
            return .ok
        }
        guard isOpen, let subscription = subscriptions[handle] else { return .closed }
        guard subscription.references > 1 else { return unsubscribe(handle) }
        subscriptions[handle]?.references -= 1
        return .ok
    }

    // MARK: - Borrowing

    /// Ends the borrow of a callback.
    mutating func giveBack(_ handle: UInt64, now: UInt64) {
        if let message = messages[handle] { giveBack(message, now: now) }
    }

    mutating func giveBack(_ message: HeldMessage, now: UInt64) {
        message.borrows -= 1
        letGo(message, now: now)
    }

    // MARK: - The end of a message

    private mutating func letGo(_ message: HeldMessage, now: UInt64) {
        guard !message.isHeld else { return }
        if message.answer == .awaited {
            finish(message, as: .over)
            if sayUnanswered(message, now: now) {
                misdeeds.unanswered += 1
                complain(.unanswered, now: now) { count, _ in
                    "the plug-in let go of a message without a valid answer (\(count) since this was said last)"
                }
            }
        }
        forget(message)
    }

    /// Behind the deadline the gateway needs no word: it has answered for the plug-in.
    @discardableResult
    mutating func sayUnanswered(_ message: HeldMessage, now: UInt64) -> Bool {
        guard now < message.deadline else { return false }
        outgoing.append(.unanswered(message: message.id))
        return true
    }

    mutating func finish(_ message: HeldMessage, as answer: HeldMessage.Answer) {
        message.answer = answer
        messageHandles[message.id] = nil
        leftovers.count += 1
        leftovers.bytes += message.texts.size
    }

    mutating func forget(_ message: HeldMessage) {
        messages[message.handle] = nil
        if message.answer == .awaited {
            messageHandles[message.id] = nil
        } else {
            leftovers.count -= 1
            leftovers.bytes -= message.texts.size
        }
    }

    // MARK: - Complaints

    /// Logs `line`, at most once a minute for each topic; it is made from the count and the state.
    mutating func complain(_ topic: Complaints.Topic, now: UInt64, _ line: (Int, borrowing RuntimeState) -> String) {
        guard let count = complaints.count(topic, now: now) else { return }
        outgoing.appendNotice(line(count, self))
    }
}
