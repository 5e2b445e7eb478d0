// Swift GotAPI · SPDX-License-Identifier: MIT

/// Answers to things, and what the gateway is told before them: a thing that is told that it is registered can be reached.
extension StewardState {
    /// Answers a thing, at once or when its services are routed.
    mutating func send(
        _ answer: [UInt8], _ outcome: Commitment.Outcome, of uuid: String, _ socket: UInt64, now: Moment
    ) {
        // Another socket may have taken over meanwhile; this one's things went with it.
        guard case .registration(let names, _) = outcome, sessions[socket]?.pairing == uuid,
            !names.isEmpty
        else { return act(.send(socket: socket, answer)) }
        let registration = RouteAnnouncements.Registration(
            socket: socket, pairing: uuid, names: names, answer: answer)
        guard hasUnrouted(names, of: uuid) else {
            tell(registration)
            act(.servicesChanged)
            return finish(registration, now: now)
        }
        routes.wait(registration)
        // Its next request waits for this answer.
        sessions[socket]?.isBusy = true
        changeRoutes(now: now)
    }

    /// The profiles of all services that there are, by serviceId.
    var facades: [String: [Facade]] {
        services.compactMapValues { name in thing(name).map { prototype(of: $0)?.facades ?? [] } }
    }

    /// Whether the gateway does not know one of these things, by UDN, with the profiles that it has.
    func hasUnrouted(_ names: some Sequence<String>, of uuid: String) -> Bool {
        names.contains { udn in
            guard let thing = pairings[uuid]?.things[udn] else { return false }
            return routed[thing.serviceID] != prototype(of: thing)?.facades ?? []
        }
    }

    /// Tells the gateway of a pairing's things that it does not know as they are.
    mutating func routeUnrouted(of uuid: String, now: Moment) {
        if hasUnrouted((pairings[uuid]?.things ?? [:]).keys, of: uuid) { changeRoutes(now: now) }
    }

    /// There are other services, or other profiles of them.
    mutating func changeRoutes(now: Moment) {
        switch routes.change(now: now.time) {
        case .now: announceRoutes(now: now)
        case .plan(let time): deadlines.add(.routes, at: time)
        case .planned: ()
        }
    }

    mutating func announceRoutes(now: Moment) {
        let registrations = routes.announce(services: services.count, now: now.time)
            .filter { sessions[$0.socket]?.pairing == $0.pairing }
        for registration in registrations { tell(registration) }
        tellRoutes()
        for registration in registrations { finish(registration, now: now) }
        for socket in registrations.map(\.socket) {
            sessions[socket]?.isBusy = false
            serveWaiting(socket, now: now)
        }
    }

    /// Tells the gateway of all services.
    mutating func tellRoutes() {
        routed = facades
        act(.routesChanged)
    }

    /// The things can be asked from now on, right behind the answer.
    private mutating func tell(_ registration: RouteAnnouncements.Registration) {
        for name in registration.names { sessions[registration.socket]?.tell(name) }
    }

    private mutating func finish(_ registration: RouteAnnouncements.Registration, now: Moment) {
        act(.send(socket: registration.socket, registration.answer))
        for name in registration.names { observeAgain(ThingName(pairing: registration.pairing, udn: name), now: now) }
    }
}
