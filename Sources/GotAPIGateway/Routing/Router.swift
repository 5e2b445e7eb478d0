// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging
import NIOConcurrencyHelpers

/// Keeps the route table: which endpoints there are, and which services each announced last.
final class Router: Sendable {
    /// A service that is there, has changed, or is gone.
    struct Change: Sendable, Equatable {
        let service: Service
        let isThere: Bool
    }

    /// What an update did.
    struct Outcome: Sendable {
        /// The endpoints that are no longer routed.
        var removed: [RoutedPlugin] = []
        var changes: [Change] = []
    }

    private struct Entry: Sendable {
        let number: UInt64
        let endpoint: any PluginEndpoint
        /// What it announced last, also what is left out.
        var announced: [Service]
        /// The JSON array that `announced` was read from.
        var announcement: [UInt8] = []
        /// The members of the discovery's answer in which `announcement` stood; empty where it came otherwise.
        var answer: [UInt8] = []
        /// What was logged about it last, so that each defect is reported once.
        var reported: [String] = []
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var lastNumber: UInt64 = 0
        /// What was logged about services that two plug-ins have, so that each case is reported once.
        var conflicts: Set<String> = []
    }

    /// Held while a table is made, which takes as long as there are services; the hot path never takes it.
    private let state = NIOLockedValueBox(State())
    private let snapshot = NIOLockedValueBox(RouteTable([]))
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// [any thread]
    var table: RouteTable { snapshot.withLockedValue { $0 } }

    /// Replaces the endpoints; those that stay keep their services.
    ///
    /// - Parameter notify: is told what changed, before the next update begins; it must not call out.
    func setEndpoints(_ endpoints: [any PluginEndpoint], notify: (Outcome) -> Void) {
        update(notify: notify) { state in
            let before = state.entries
            state.entries = endpoints.map { endpoint in
                if let entry = before.first(where: { $0.endpoint === endpoint }) { return entry }
                state.lastNumber += 1
                return Entry(number: state.lastNumber, endpoint: endpoint, announced: endpoint.services)
            }
        }
    }

    /// Takes over what an endpoint answered to a discovery; an endpoint that is no longer routed changes nothing.
    ///
    /// - Parameters:
    ///   - services: a JSON array, hostile.
    ///   - answer: the members of the discovery's answer, if they came with one.
    func announce(
        _ services: [UInt8], answer: [UInt8] = [], by endpoint: any PluginEndpoint, notify: (Outcome) -> Void
    ) {
        let isNews = state.withLockedValue { state in
            guard let index = state.entries.firstIndex(where: { $0.endpoint === endpoint }) else { return false }
            guard state.entries[index].announcement.hasSameBytes(as: services) else { return true }
            state.entries[index].answer = answer
            return false
        }
        guard isNews else { return }
        // Read outside the lock: a long list takes its time.
        let read: Result<(services: [Service], defects: [Service.Defect]), Service.Defect>
        do throws(Service.Defect) { read = .success(try Service.list(services)) } catch { read = .failure(error) }

        update(notify: notify) { state in
            guard let index = state.entries.firstIndex(where: { $0.endpoint === endpoint }) else { return }
            state.entries[index].announcement = services
            state.entries[index].answer = answer
            switch read {
            case .success(let list):
                report(list.defects.map(\.reason), in: &state.entries[index])
                state.entries[index].announced = list.services
            case .failure(let defect):
                // What is no list says nothing of the services.
                report([defect.reason], in: &state.entries[index])
            }
        }
    }

    /// Whether an endpoint's answer to a discovery is the one that its services were read from.
    func knows(_ answer: [UInt8], of endpoint: any PluginEndpoint) -> Bool {
        state.withLockedValue { state in
            state.entries.contains { $0.endpoint === endpoint && !answer.isEmpty && $0.answer.hasSameBytes(as: answer) }
        }
    }

    /// Logs what is wrong with an endpoint's announcements, each case once.
    func report(_ reason: String, of endpoint: any PluginEndpoint) {
        state.withLockedValue { state in
            guard let index = state.entries.firstIndex(where: { $0.endpoint === endpoint }) else { return }
            report([reason], in: &state.entries[index])
        }
    }

    private func report(_ reasons: [String], in entry: inout Entry) {
        guard reasons != entry.reported else { return }
        entry.reported = reasons
        for reason in reasons.prefix(10) {
            logger.warning(
                "a plug-in's list of services has a fault",
                metadata: ["plugin": "\(entry.endpoint.id)", "reason": "\(Printable.brief(reason))"])
        }
    }

    // MARK: - Making tables

    private func update(notify: (Outcome) -> Void, _ change: (inout State) -> Void) {
        state.withLockedValue { state in
            change(&state)
            let old = table
            let new = RouteTable(routed(state.entries, reported: &state.conflicts))
            snapshot.withLockedValue { $0 = new }
            notify(Self.difference(old, new))
        }
    }

    /// Leaves out each service whose id and profile an earlier one has (gotapi-wire.md, "Service discovery").
    private func routed(_ entries: [Entry], reported: inout Set<String>) -> [RoutedPlugin] {
        var owners = ServiceOwners()
        var conflicts: Set<String> = []
        let plugins = entries.map { entry in
            let isOnline = entry.endpoint.isOnline
            let services = entry.announced.map { isOnline ? $0 : $0.offline }.filter { service in
                guard let conflict = owners.add(service, of: entry.endpoint.id) else { return true }
                // As many as anybody would read: the names are the plug-ins'.
                if conflicts.count < 100 { conflicts.insert("\(entry.endpoint.id): \(conflict)") }
                return false
            }
            return RoutedPlugin(number: entry.number, endpoint: entry.endpoint, services: services)
        }
        for conflict in conflicts.subtracting(reported).sorted() {
            logger.warning("a service is left out", metadata: ["reason": "\(Printable.brief(conflict))"])
        }
        reported = conflicts
        return plugins
    }

    private struct ServiceName: Hashable {
        let plugin: String
        let service: String
        /// Among the plug-in's services with this id.
        let position: Int
    }

    /// Compares by plug-in id, so that a new generation with the same services changes nothing for applications.
    private static func difference(_ old: RouteTable, _ new: RouteTable) -> Outcome {
        var outcome = Outcome()
        let staying = Set(new.plugins.map(\.number))
        outcome.removed = old.plugins.filter { !staying.contains($0.number) }
        let before = services(of: old)
        let after = services(of: new)
        let known = Dictionary(before.map { ($0.name, $0.service) }) { first, _ in first }
        let names = Set(after.map(\.name))
        for (name, service) in before where !names.contains(name) {
            outcome.changes.append(Change(service: service, isThere: false))
        }
        for (name, service) in after where known[name]?.json != service.json {
            outcome.changes.append(Change(service: service, isThere: true))
        }
        return outcome
    }

    private static func services(of table: RouteTable) -> [(name: ServiceName, service: Service)] {
        table.plugins.flatMap { plugin in
            var counts: [String: Int] = [:]
            return plugin.services.map { service in
                let position = counts[service.serviceID, default: 0]
                counts[service.serviceID] = position + 1
                let name = ServiceName(plugin: plugin.endpoint.id, service: service.serviceID, position: position)
                return (name, service)
            }
        }
    }
}
