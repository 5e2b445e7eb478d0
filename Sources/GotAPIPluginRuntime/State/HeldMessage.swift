// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A message between its frame and the moment that the plug-in lets go of it.
///
/// A class because its texts have an owner: they live as long as this object. Touched under the runtime's lock only.
final class HeldMessage {
    enum Answer {
        /// The plug-in may still give it.
        case awaited
        case given
        /// The deadline passed, the client is gone, or the plug-in is being stopped.
        case over
    }

    /// 0 until it is in the runtime's table.
    var handle: UInt64 = 0
    /// The gateway's number, which the frames carry.
    let id: UInt64
    let kind: PluginMessage.Kind
    let deadline: UInt64
    let isReplay: Bool
    let texts: MessageTexts

    var answer = Answer.awaited
    /// The plug-in has been called with it. Before that it knows no such handle.
    var isPassed = false
    /// What the plug-in retained and did not release.
    var references = 0
    /// Callbacks that it was passed to and that have not returned.
    var borrows = 0
    /// `on_message_expired` is still to be called, if the plug-in holds it then.
    var owesExpiry = false
    /// The inline lane's callback for it runs.
    var isInCall = false
    /// Its answer is kept for the caller of the inline lane, instead of becoming a frame.
    var keepsAnswer = false
    var keptAnswer: [UInt8]?
    /// Made when it is asked for.
    var requestJSON: StableText?

    init(_ frame: MessageFrame, of payload: ArraySlice<UInt8>) {
        id = frame.id
        kind = frame.kind
        deadline = frame.deadline
        isReplay = frame.isReplay
        texts = MessageTexts(frame.texts, of: payload)
    }

    /// A message that comes without a frame.
    init(_ message: PluginMessage) {
        id = message.id
        kind = message.kind
        deadline = message.deadline
        isReplay = message.isReplay
        texts = MessageTexts(message)
    }

    /// Whether an answer would count.
    func statusForAnswer(now: UInt64) -> Status {
        switch answer {
        case .given: .alreadyAnswered
        case .over: .closed
        case .awaited: now < deadline ? .ok : .closed
        }
    }

    var isHeld: Bool { references > 0 || borrows > 0 }
}
