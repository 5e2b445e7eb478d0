// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers

/// Which plug-ins have accepted which clients, and which requests wait until that is settled
/// (gotapi-wire.md, "A plug-in request").
///
/// An acceptance counts for one client, one service and one generation of the plug-in. The first request of a client to a
/// service starts the negotiation; others that come meanwhile wait for it in order.
final class Negotiations: Sendable {
    /// What a plug-in sees of a client: made by the gateway for this plug-in, not the application's own.
    struct Credentials: Sendable, Equatable {
        let clientID: String
        let accessToken: String
    }

    struct Subject: Hashable, Sendable {
        let client: UInt64
        /// ``RoutedPlugin/number``.
        let plugin: UInt64
        let serviceID: String
    }

    enum Admission: Sendable {
        case accepted(Credentials)
        /// The caller negotiates; the request waits.
        case begins
        case waits
        case tooManyWait
    }

    /// Acceptances that are kept for one client; with more it is asked again.
    private static let maximumAcceptances = 4_096

    private struct ClientState: Sendable {
        var accepted: [Subject: Credentials] = [:]
        var waiting: [Subject: [PluginMessage]] = [:]
        /// By plug-in; without those that nothing waits for.
        var waitingCounts: [UInt64: Int] = [:]
        /// Its token has ended: nothing new is kept for it.
        var hasEnded = false

        var isEmpty: Bool { accepted.isEmpty && waiting.isEmpty }
    }

    private struct State: Sendable {
        var clients: [UInt64: ClientState] = [:]
        /// By plug-in, of all clients.
        var waitingCounts: [UInt64: Int] = [:]

        mutating func count(_ change: Int, _ subject: Subject) {
            Self.add(change, subject.plugin, to: &waitingCounts)
            Self.add(change, subject.plugin, to: &clients[subject.client, default: ClientState()].waitingCounts)
        }

        private static func add(_ change: Int, _ plugin: UInt64, to counts: inout [UInt64: Int]) {
            let count = counts[plugin, default: 0] + change
            counts[plugin] = count == 0 ? nil : count
        }

        mutating func takeWaiting(_ subject: Subject) -> [PluginMessage] {
            guard let waiting = clients[subject.client]?.waiting.removeValue(forKey: subject) else { return [] }
            count(-waiting.count, subject)
            if clients[subject.client]?.isEmpty == true { clients[subject.client] = nil }
            return waiting
        }
    }

    private let state = NIOLockedValueBox(State())

    /// - Parameter request: is handed out again by ``accept(_:credentials:keeps:)``, ``takeWaiting(_:)`` or
    ///   ``takeOverdue(_:now:)`` unless it may go at once.
    func admit(_ request: PluginMessage, _ subject: Subject) -> Admission {
        state.withLockedValue { state in
            if let credentials = state.clients[subject.client]?.accepted[subject] { return .accepted(credentials) }
            guard state.waitingCounts[subject.plugin] ?? 0 < Limits.pendingRequestsPerPlugin,
                state.clients[subject.client]?.waitingCounts[subject.plugin] ?? 0 < Limits.pendingRequestsPerClient
            else { return .tooManyWait }
            state.count(1, subject)
            let isFirst = state.clients[subject.client]?.waiting[subject] == nil
            state.clients[subject.client, default: ClientState()].waiting[subject, default: []].append(request)
            return isFirst ? .begins : .waits
        }
    }

    /// - Parameter keeps: false where the plug-in's generation has ended meanwhile.
    /// - Returns: the requests that waited, in order.
    func accept(_ subject: Subject, credentials: Credentials, keeps: Bool) -> [PluginMessage] {
        state.withLockedValue { state in
            if keeps, state.clients[subject.client]?.hasEnded != true {
                if state.clients[subject.client]?.accepted.count ?? 0 >= Self.maximumAcceptances {
                    state.clients[subject.client]?.accepted = [:]
                }
                state.clients[subject.client, default: ClientState()].accepted[subject] = credentials
            }
            return state.takeWaiting(subject)
        }
    }

    /// The negotiation has failed.
    ///
    /// - Returns: the requests that waited, in order.
    func takeWaiting(_ subject: Subject) -> [PluginMessage] { state.withLockedValue { $0.takeWaiting(subject) } }

    /// The negotiation got no answer in time: the one in whose name it was is taken out, and those that are as late.
    ///
    /// - Returns: these, and the one in whose name the negotiation begins anew, which goes on waiting.
    func takeOverdue(_ subject: Subject, now: UInt64) -> (overdue: [PluginMessage], next: PluginMessage?) {
        state.withLockedValue { state in
            guard let waiting = state.clients[subject.client]?.waiting[subject] else { return ([], nil) }
            let split = waiting.dropFirst().firstIndex { $0.deadline > now } ?? waiting.endIndex
            guard split < waiting.endIndex else { return (state.takeWaiting(subject), nil) }
            state.clients[subject.client]?.waiting[subject] = Array(waiting[split...])
            state.count(-split, subject)
            return (Array(waiting[..<split]), waiting[split])
        }
    }

    func forget(client: UInt64) {
        state.withLockedValue { state in
            state.clients[client]?.accepted = [:]
            state.clients[client]?.hasEnded = true
            if state.clients[client]?.isEmpty == true { state.clients[client] = nil }
        }
    }

    func forget(plugins: Set<UInt64>) {
        state.withLockedValue { state in
            for (number, client) in state.clients {
                var client = client
                client.accepted = client.accepted.filter { !plugins.contains($0.key.plugin) }
                state.clients[number] = client.isEmpty ? nil : client
            }
        }
    }
}
