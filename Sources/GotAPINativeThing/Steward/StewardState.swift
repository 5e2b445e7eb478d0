// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Logging

/// All that the steward knows and decides: sockets, pairings, things, observations, applications' requests. A state machine
/// without locks and I/O: events come in, ``takeEffects()`` says what is to be done, in order.
struct StewardState: Sendable {
    /// What may be due.
    enum Deadline: Sendable {
        /// An answer to a request of ours.
        case request(socket: UInt64, id: String)
        /// The answer to an application.
        case application(UInt64)
        case observation(ThingName, EventName)
        case cancellation(socket: UInt64, event: String)
        /// The gateway is to be told of other services.
        case routes
        /// A Simple Thing that says nothing.
        case silence(ThingName, socket: UInt64)
    }

    /// How long a thing may take for an answer, in nanoseconds.
    let answerPatience: UInt64
    /// By uuid in lower case.
    var pairings: [String: Pairing] = [:]
    /// Whose a UDN is.
    var owners: [String: String] = [:]
    /// By serviceId.
    var services: [String: ThingName] = [:]
    var sessions: [UInt64: ThingSession] = [:]
    var policy = PairingPolicy()
    /// Wrong hellos by where they come from.
    var failures = AddressLimit(ThingLimits.failuresPerMinute)
    /// Wrong one-time codes of strangers by the pairing that they are for.
    var strangers = AttemptLimit<String>()
    /// Applications' requests that things must answer first, by the gateway's number.
    var applications: [UInt64: PluginMessage] = [:]
    var subscriptions = Subscriptions()
    var observations: [ThingName: [EventName: Observation]] = [:]
    var deadlines = DeadlineQueue<Deadline>()
    var lastEvent: UInt64 = 0
    var routes = RouteAnnouncements()
    /// What the gateway was told last: the profiles of each service, by serviceId.
    var routed: [String: [Facade]] = [:]
    private var effects: [StewardEffect] = []
    /// Compared with where there is nothing to compare with, so that it takes the same time.
    let nobody = CredentialHash(of: ThingSecret.passcode())

    init(answerPatience: UInt64 = ThingLimits.answerPatience) { self.answerPatience = answerPatience }

    /// Takes over what was kept; what cannot be read is left out and logged.
    mutating func load(_ stored: StoredThings) {
        for record in stored.pairings { pairings[record.uuid] = Pairing(record: record) }
        for record in stored.prototypes {
            guard let json = try? JSONNode(parsing: record.json),
                let prototype = try? Prototype(path: record.path, json)
            else {
                act(
                    .log(
                        .error, "the kept prototype \(Printable.brief(record.path)) of \(record.pairing) cannot be read"
                    ))
                continue
            }
            pairings[record.pairing]?.keep(prototype)
        }
        for record in stored.things {
            guard let info = (try? JSONNode(parsing: record.info))?.object else {
                act(.log(.error, "the kept thing \(Printable.brief(record.udn)) of \(record.pairing) cannot be read"))
                continue
            }
            let name = ThingName(pairing: record.pairing, udn: record.udn)
            pairings[record.pairing]?.keep(
                Thing(
                    name: name, serviceID: name.serviceID, prototype: record.prototype, ownName: record.name,
                    ownerName: record.ownerName, status: record.status, info: info, updated: record.updated,
                    maker: record.maker, model: record.model))
            owners[record.udn] = record.pairing
            services[name.serviceID] = name
        }
        routed = facades
    }

    mutating func act(_ effect: StewardEffect) { effects.append(effect) }

    /// What is to be done since the last call.
    mutating func takeEffects() -> [StewardEffect] {
        var taken: [StewardEffect] = []
        swap(&taken, &effects)
        return taken
    }

    // MARK: - Things

    func thing(_ name: ThingName) -> Thing? { pairings[name.pairing]?.things[name.udn] }

    func prototype(of thing: Thing) -> Prototype? { pairings[thing.name.pairing]?.prototypes[thing.prototype] }

    /// The socket over which a thing can be asked, and its id there.
    func way(to name: ThingName) -> (socket: UInt64, thingID: String)? {
        guard let socket = pairings[name.pairing]?.session, let thingID = sessions[socket]?.thingIDs[name.udn] else {
            return nil
        }
        return (socket, thingID)
    }

    func isOnline(_ thing: Thing) -> Bool { thing.status != "absent" && way(to: thing.name) != nil }

    /// All things as an array of service objects, in the order of their ids.
    func servicesJSON() -> [UInt8] {
        var json: [UInt8] = [UInt8(ascii: "[")]
        for thing in services.sorted(by: { $0.key < $1.key }).compactMap({ thing($0.value) }) {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json += ServiceDescription.json(of: thing, prototype(of: thing), isOnline: isOnline(thing)).bytes
        }
        return json + [UInt8(ascii: "]")]
    }

    // MARK: - Storage

    /// Writes changes of a pairing, and what an earlier commit could not write.
    mutating func commit(_ changes: [StorageChange], of uuid: String, _ waiter: Commitment.Waiter) {
        guard let pairing = pairings[uuid], !pairing.isLeaving else { return }
        let changes = pairing.isBehind ? pairing.allChanges : changes
        pairings[uuid]?.isBehind = false
        act(.commit(changes, Commitment(pairing: uuid, waiter: waiter)))
    }

    /// A commit has ended.
    ///
    /// - Parameter failure: why it could not be written, in words.
    mutating func committed(_ commitment: Commitment, failure: String?, now: Moment) {
        if let failure {
            act(.log(.error, "things' state could not be written: \(failure)"))
            pairings[commitment.pairing]?.isBehind = true
        }
        switch commitment.waiter {
        case .nobody, .owner: ()
        case .revocation:
            // It may have been paired anew, where it was never written.
            guard pairings[commitment.pairing]?.isLeaving == true else { return }
            if failure == nil { forget(commitment.pairing) } else { pairings[commitment.pairing]?.isLeaving = false }
        case .request(let socket, let answer, let refusal, let outcome):
            if failure != nil {
                undo(outcome, of: commitment.pairing, socket, now: now)
            } else if case .registration(let names, _) = outcome, sessions[socket]?.pairing != commitment.pairing,
                hasUnrouted(names, of: commitment.pairing)
            {
                // They are there, though nobody is answered.
                changeRoutes(now: now)
            }
            guard sessions[socket] != nil else { return }
            sessions[socket]?.isBusy = false
            if failure == nil {
                send(answer, outcome, of: commitment.pairing, socket, now: now)
            } else {
                act(.send(socket: socket, refusal))
            }
            serveWaiting(socket, now: now)
        }
    }

    private mutating func undo(_ outcome: Commitment.Outcome, of uuid: String, _ socket: UInt64, now: Moment) {
        switch outcome {
        case .nothing: ()
        case .pairing(let before, let credential):
            // A later pairing stands by itself.
            guard pairings[uuid]?.record.credential == credential else { return }
            if let before { pairings[uuid]?.record = before } else { forget(uuid) }
        case .registration(let names, let new):
            for name in names { sessions[socket]?.unregister(name) }
            let removed = new.filter { remove($0, of: uuid) }
            if !removed.isEmpty { changeRoutes(now: now) }
        }
    }

    /// Removes a thing that could not be kept, unless it was registered on another socket meanwhile, or the owner has named
    /// it: then it is kept with what is written next.
    ///
    /// - Returns: whether it is gone.
    private mutating func remove(_ udn: String, of uuid: String) -> Bool {
        guard let pairing = pairings[uuid], let thing = pairing.things[udn], thing.ownerName == nil,
            pairing.session.flatMap({ sessions[$0]?.hasRegistered(udn) }) != true
        else { return false }
        pairings[uuid]?.removeThing(udn)
        owners[udn] = nil
        services[thing.serviceID] = nil
        endSubscriptions(to: thing.name, .notKept)
        return true
    }

    /// Ends everything about a pairing.
    mutating func forget(_ uuid: String) {
        endSession(of: uuid)
        guard let pairing = pairings.removeValue(forKey: uuid) else { return }
        for thing in pairing.things.values {
            owners[thing.name.udn] = nil
            services[thing.serviceID] = nil
            endSubscriptions(to: thing.name, .gone)
        }
        tellRoutes()
    }

    // MARK: - Time

    /// When something is due next, on CLOCK_MONOTONIC.
    var nextDeadline: UInt64? { deadlines.next }

    mutating func timePassed(now: Moment) {
        while let due = deadlines.take(now: now.time) {
            switch due {
            case .request(let socket, let id): requestIsDue(socket, id, now: now)
            case .application(let message): applicationIsDue(message)
            case .observation(let thing, let name):
                guard case .pausing(let until) = observations[thing]?[name]?.phase, until <= now.time else { continue }
                observations[thing]?[name]?.phase = .idle
                observe(thing, name, now: now)
            case .cancellation(let socket, let event): cancel(event, socket, now: now)
            case .routes: announceRoutes(now: now)
            case .silence(let thing, let socket): silenceIsDue(thing, socket, now: now)
            }
        }
    }
}
