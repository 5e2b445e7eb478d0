// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPIAuthorization
package import GotAPICore
package import Logging
import NIOConcurrencyHelpers

/// The server between the interfaces: GotAPI-1 and GotAPI-5 in front, GotAPI-4's endpoints behind. It knows no socket.
///
///     request ─▶ Interface1 ─▶ Authorization ─▶ Routing ─▶ PluginEndpoint
///     push    ─▶ Events ─▶ the client's newest socket (Interface5)
///
/// All functions may be called from any thread. No lock is held while an endpoint, a completion or an outlet is called.
package final class Gateway: Sendable {
    /// What the hot path reads, replaced as a whole.
    final class Conditions: Sendable {
        let settings: GatewaySettings
        let origins: Set<String>
        let monitor: DebugMonitor?
        /// Nanoseconds.
        let responseTimeout: UInt64
        let isStopping: Bool

        init(_ settings: GatewaySettings, isStopping: Bool) {
            self.settings = settings
            self.isStopping = isStopping
            origins = Set((settings.ownOrigins + settings.allowedOrigins).map(\.text))
            monitor = settings.monitor.map(DebugMonitor.init)
            let seconds = max(settings.responseTimeout.components.seconds, 0)
            responseTimeout =
                UInt64(seconds) * 1_000_000_000
                + UInt64(settings.responseTimeout.components.attoseconds / 1_000_000_000)
        }
    }

    private let currentConditions: NIOLockedValueBox<Conditions>
    let authorization = NIOLockedValueBox(AuthorizationState())
    let exchanges = Exchanges()
    let router: Router
    let negotiations = Negotiations()
    let discoveries = Discoveries()
    let events: EventHub
    private let lostPushes = NIOLockedValueBox(LostPushes())
    let secrets = DerivedSecrets()
    let logger: Logger
    /// CLOCK_MONOTONIC in nanoseconds, the clock of ``PluginMessage/deadline``.
    let now: @Sendable () -> UInt64

    /// - Parameter now: for tests; a clock in nanoseconds that never goes back.
    package init(
        settings: GatewaySettings, logger: Logger, now: @escaping @Sendable () -> UInt64 = Gateway.monotonicTime
    ) {
        let conditions = NIOLockedValueBox(Conditions(settings, isStopping: false))
        currentConditions = conditions
        router = Router(logger: logger)
        events = EventHub { text in conditions.withLockedValue(\.monitor)?.sent(text) }
        self.logger = logger
        self.now = now
    }

    /// CLOCK_MONOTONIC in nanoseconds.
    package static let monotonicTime: @Sendable () -> UInt64 = {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    var conditions: Conditions { currentConditions.withLockedValue { $0 } }

    var monitor: DebugMonitor? { conditions.monitor }

    /// Whether pages of this origin are the server's own, or the owner allows them. [any thread]
    package func allows(origin: String) -> Bool {
        let origins = conditions.origins
        return origins.contains(origin) || Origin(origin).map { origins.contains($0.text) } ?? false
    }

    // MARK: - Life

    /// Replaces the settings for all that comes from now on. Sockets beyond a lower limit stay.
    package func apply(_ settings: GatewaySettings) {
        currentConditions.withLockedValue { $0 = Conditions(settings, isStopping: $0.isStopping) }
    }

    /// Ends what has lived long enough: tokens, pending clients, subscriptions of clients that are gone. To be called once a
    /// second.
    package func tick(now: UInt64) {
        let ended = authorization.withLockedValue { $0.expire(now: now) }
        end(clients: ended)
        events.perform { $0.expire(now: now) }
        askChangedEndpoints(now: now)
        report(lostPushes.withLockedValue { $0.report(now: now) })
    }

    /// Counts pushes that a client lost because it reads too slowly; ``tick(now:)`` logs them.
    package func countLostPushes(_ count: Int) { lostPushes.withLockedValue { $0.add(count) } }

    private func report(_ lost: UInt64?) {
        guard let lost else { return }
        logger.warning("clients that read too slowly lost pushes", metadata: ["count": "\(lost)"])
    }

    /// From now on requests get code 1, 503, new sockets too. Requests in flight go on, and so do pushes.
    package func refuseRequests() {
        currentConditions.withLockedValue { $0 = Conditions($0.settings, isStopping: true) }
    }

    /// As ``refuseRequests()``; open sockets are closed with 1001, subscriptions end.
    package func shutDown() {
        refuseRequests()
        events.perform { state in
            state.endAllSubscriptions(.gatewayStops) + state.closeAll(code: SessionState.goingAway)
        }
        report(lostPushes.withLockedValue { $0.takeRest() })
    }

    /// Answers what is still in flight with code 1, 503.
    package func failPendingRequests() {
        for entry in exchanges.takeAll() {
            entry.endpoint?.cancel(entry.exchange.number)
            finish(entry) { $0.error(.stopping) }
        }
    }

    /// Clients that have ended take all that was kept for them along.
    func end(clients: [UInt64]) {
        for client in clients {
            negotiations.forget(client: client)
            events.perform { $0.clientEnded(client) }
        }
    }

    // MARK: - Figures

    /// What an operator may want to know.
    package struct Statistics: Sendable, Equatable {
        package var clients = 0
        package var pendingClients = 0
        package var pendingRequests = 0
        package var openSockets = 0
        package var subscriptions = 0
        package var pushes: UInt64 = 0
        /// Pushes for which there was no socket.
        package var droppedPushes: UInt64 = 0
        /// Pushes that a client lost because it reads too slowly.
        package var lostPushes: UInt64 = 0
    }

    package var statistics: Statistics {
        let counts = events.counts
        let clients = authorization.withLockedValue { ($0.clientCount, $0.pendingClientCount) }
        return Statistics(
            clients: clients.0, pendingClients: clients.1, pendingRequests: exchanges.count,
            openSockets: counts.sockets, subscriptions: counts.subscriptions, pushes: counts.pushes,
            droppedPushes: counts.dropped, lostPushes: lostPushes.withLockedValue(\.total))
    }

    /// The services of an endpoint that are routed, in its order; none where it is not.
    package func services(of endpoint: any PluginEndpoint) -> [Service] {
        router.table.plugin(of: endpoint)?.services ?? []
    }
}
