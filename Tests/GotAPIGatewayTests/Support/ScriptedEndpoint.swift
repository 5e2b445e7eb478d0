// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers

/// A plug-in whose behaviour a test writes down; it remembers what it was told.
final class ScriptedEndpoint: PluginEndpoint {
    typealias Reply = @Sendable (PluginReply) -> Void
    typealias Script = @Sendable (PluginMessage, @escaping Reply) -> Void

    struct Ended: Equatable {
        let subscription: UInt64
        let reason: UnsubscribeReason
    }

    struct Reachable: Equatable {
        let subscription: UInt64
        let isReachable: Bool
    }

    private struct State {
        var scripts: [PluginMessage.Kind: Script] = [:]
        var messages: [PluginMessage] = []
        var cancelled: [UInt64] = []
        var ended: [Ended] = []
        var reachable: [Reachable] = []
        var isOnline = true
        var closes: (@Sendable (@escaping @Sendable () -> Void) -> Void)?
    }

    let id: String
    let generation: Int
    let name: String
    let services: [Service]
    let isReplayable: Bool
    private let state = NIOLockedValueBox(State())

    /// - Parameter services: JSON objects.
    init(
        _ id: String, generation: Int = 1, services: [String] = [], isReplayable: Bool = true, onRequest: Script? = nil
    ) {
        self.isReplayable = isReplayable
        self.id = id
        self.generation = generation
        name = id
        self.services = services.compactMap { try? Service(Array($0.utf8)) }
        if let onRequest { on(.request, onRequest) }
    }

    /// Without a script a message is answered with `{}`: accepted, no news, success.
    func on(_ kind: PluginMessage.Kind, _ script: @escaping Script) {
        state.withLockedValue { $0.scripts[kind] = script }
    }

    /// Answers messages of this kind with these members.
    func on(_ kind: PluginMessage.Kind, answer members: String) { on(kind) { $1(.members(Array(members.utf8))) } }

    func messages(_ kind: PluginMessage.Kind) -> [PluginMessage] {
        state.withLockedValue { $0.messages.filter { $0.kind == kind } }
    }

    var cancelled: [UInt64] { state.withLockedValue { $0.cancelled } }
    var ended: [Ended] { state.withLockedValue { $0.ended } }
    var reachable: [Reachable] { state.withLockedValue { $0.reachable } }

    var isOnline: Bool { state.withLockedValue(\.isOnline) }

    /// From now on it replies that it has crashed.
    func crash() {
        state.withLockedValue { $0.isOnline = false }
        for kind in [PluginMessage.Kind.serviceDiscovery, .clientID, .accessToken, .request] {
            on(kind) { $1(.crashed) }
        }
    }

    /// Another has taken its place: it takes nothing more.
    func supersede() {
        for kind in [PluginMessage.Kind.serviceDiscovery, .clientID, .accessToken, .request] {
            on(kind) { $1(.superseded) }
        }
    }

    func deliver(_ message: PluginMessage, reply: @escaping Reply) {
        let script = state.withLockedValue { state in
            state.messages.append(message)
            return state.scripts[message.kind]
        }
        if let script { script(message, reply) } else { reply(.members(Array("{}".utf8))) }
    }

    func cancel(_ message: UInt64) { state.withLockedValue { $0.cancelled.append(message) } }

    func endSubscription(_ subscription: UInt64, reason: UnsubscribeReason) {
        state.withLockedValue { $0.ended.append(Ended(subscription: subscription, reason: reason)) }
    }

    /// Has a test say when subscriptions are closed, in place of at once.
    func onClose(_ script: @escaping @Sendable (_ completion: @escaping @Sendable () -> Void) -> Void) {
        state.withLockedValue { $0.closes = script }
    }

    func closeSubscriptions(_ subscriptions: [UInt64], _ completion: @escaping @Sendable () -> Void) {
        for subscription in subscriptions { endSubscription(subscription, reason: .gatewayStops) }
        if let closes = state.withLockedValue(\.closes) { closes(completion) } else { completion() }
    }

    func setReachable(_ subscription: UInt64, _ isReachable: Bool) {
        state.withLockedValue { $0.reachable.append(Reachable(subscription: subscription, isReachable: isReachable)) }
    }
}

/// Replies that a test gives when it likes.
final class HeldReplies: Sendable {
    private let held = NIOLockedValueBox<[(message: PluginMessage, reply: ScriptedEndpoint.Reply)]>([])

    var count: Int { held.withLockedValue { $0.count } }

    /// A script that holds every message.
    var script: ScriptedEndpoint.Script {
        { message, reply in self.held.withLockedValue { $0.append((message, reply)) } }
    }

    /// Answers the oldest message that is held.
    @discardableResult
    func answerNext(_ reply: PluginReply) -> PluginMessage? {
        let next = held.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }
        next?.reply(reply)
        return next?.message
    }

    @discardableResult
    func answerNext(_ members: String) -> PluginMessage? { answerNext(.members(Array(members.utf8))) }
}
