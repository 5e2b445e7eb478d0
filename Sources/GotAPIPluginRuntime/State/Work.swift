// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What the plug-in's thread does next.
enum Work {
    case load(LoadInstruction)
    case start
    case stop
    /// A callback for a message, borrowed until the thread asks for more work.
    case message(UInt64, PluginMessage.Kind)
    case expired(UInt64)
    case unsubscribed(UInt64, UnsubscribeReason)
    case timer(TimerQueue.Turn)
    case call(PluginPointer)
    /// Nobody holds the runtime any more.
    case end
}

/// What is to be done for everything that a plug-in still has when it is stopped (plugin-abi.md, "Rules").
struct Closing {
    /// Messages that it may still hold without an answer.
    var messages: [UInt64] = []
    var subscriptions: [(handle: UInt64, reason: UnsubscribeReason)] = []
    var timers: [TimerQueue.Turn] = []
    var calls: [PluginPointer] = []
}
