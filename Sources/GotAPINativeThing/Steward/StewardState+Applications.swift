// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What applications ask: native-thing.md, "As a GotAPI service".
extension StewardState {
    /// A message of the gateway's. Every one is replied to, at once or by its deadline.
    mutating func deliver(_ message: PluginMessage, now: Moment) {
        switch message.kind {
        case .serviceDiscovery:
            act(.reply(message.id, .members(Array("{\"services\":".utf8) + servicesJSON() + [UInt8(ascii: "}")])))
        case .clientID, .accessToken:
            act(.reply(message.id, .members(Array("{}".utf8))))
        case .request:
            applications[message.id] = message
            do throws(ApplicationFault) { try perform(message, now: now) } catch { finish(message.id, error) }
        }
    }

    private mutating func perform(_ message: PluginMessage, now: Moment) throws(ApplicationFault) {
        guard let name = services[message.serviceID], let thing = thing(name),
            let prototype = prototype(of: thing)
        else { throw .gone }
        let operation = try ThingOperation(message, prototype)
        switch operation {
        case .properties(let property): reply(message.id, try Self.properties(of: thing, property, prototype))
        case .prototype: reply(message.id, .object([("prototype", prototype.json(withPath: true))]))
        case .watch(let begins):
            listen(.properties, to: name, message, begins: begins, now: now)
            finish(message.id, nil)
        case .event(let event, let isPresence, let begins):
            try listen(to: event, of: thing, isPresence: isPresence, begins: begins, message, now: now)
        case .perform(let verb, let parameter, let testOnly):
            try ask(thing, verb, parameter, testOnly: testOnly, message, now: now)
        case .lightState:
            guard isOnline(thing) else { throw .offline }
            let light: JSONNode = [
                "lightId": "0", "name": JSONNode(.text(thing.shownName)),
                "on": JSONNode(booleanLiteral: thing.status == "on"), "config": "",
            ]
            reply(message.id, .object([("lights", [light])]))
        case .powerState:
            guard isOnline(thing) else { throw .offline }
            reply(message.id, .object([("powerstatus", JSONNode(.text(thing.status == "on" ? "ON" : "OFF")))]))
        case .measurement(let facade):
            guard isOnline(thing) else { throw .offline }
            guard let property = prototype.measured[facade],
                let value = thing.info.last(where: { $0.name == property })?.value.lenientNumber
            else { throw .noValue }
            reply(message.id, .members(facade.members(value).bytes))
        }
    }

    private static func properties(
        of thing: Thing, _ name: String?, _ prototype: Prototype
    ) throws(ApplicationFault) -> PluginReply {
        guard let name else { return .object([("thing", thing.json)]) }
        let found = thing.info.filter { $0.name == name }
        guard !found.isEmpty || prototype.syntax(of: name) != nil else {
            throw .parameter("The thing has no property of this name.")
        }
        return .object([("thing", thing.json(info: found))])
    }

    private mutating func ask(
        _ thing: Thing, _ verb: String, _ parameter: String, testOnly: Bool, _ message: PluginMessage, now: Moment
    ) throws(ApplicationFault) {
        guard isOnline(thing), let (socket, thingID) = way(to: thing.name) else { throw .offline }
        lastEvent += 1
        let task = "t-\(lastEvent)"
        let item: JSONNode = [
            sessions[socket]?.dialect.thingMember ?? "thing": JSONNode(.text(thingID)),
            "perform": JSONNode(.text(verb)), "parameter": JSONNode(.text(parameter)),
            "testOnly": JSONNode(booleanLiteral: testOnly),
        ]
        guard
            ask(
                socket, "perform", ("tasks", JSONNode(members: [(task, item)])),
                .perform(task: task, message: message.id), client: message.client, limit: message.deadline, now: now)
        else { throw .busy }
    }

    // MARK: - Subscriptions

    /// Begins or ends a subscription for which nothing has to be asked.
    private mutating func listen(
        _ subject: Subscriptions.Subject, to thing: ThingName, _ message: PluginMessage, begins: Bool, now: Moment
    ) {
        let subscription = Subscriptions.Subscription(client: message.client, thing: thing, subject: subject)
        if begins { return beginSubscription(subscription, message) }
        guard let number = subscriptions.number(of: subscription) else { return }
        act(.unsubscribe(number))
        removeSubscription(number, now: now)
    }

    private mutating func listen(
        to event: EventName, of thing: Thing, isPresence: Bool, begins: Bool, _ message: PluginMessage, now: Moment
    ) throws(ApplicationFault) {
        let name = thing.name
        let subject = Subscriptions.Subject.event(event, isPresence: isPresence)
        let known = subscriptions.number(
            of: Subscriptions.Subscription(client: message.client, thing: name, subject: subject))
        guard begins, known == nil else {
            if !begins {
                endWaiting(of: message, for: event, of: name, now: now)
                listen(subject, to: name, message, begins: false, now: now)
            }
            return finish(message.id, nil)
        }
        guard isOnline(thing) else { throw .offline }
        let observation = observations[name, default: [:]][event, default: Observation()]
        observations[name, default: [:]][event] = observation
        if case .active = observation.phase {
            listen(subject, to: name, message, begins: true, now: now)
            return finish(message.id, nil)
        }
        observations[name]?[event]?.waiting.append(message.id)
        deadlines.add(.application(message.id), at: message.deadline)
        observe(name, event, for: message.client, now: now)
    }

    /// Ends requests to subscribe that the same application has overtaken.
    private mutating func endWaiting(
        of message: PluginMessage, for event: EventName, of thing: ThingName, now: Moment
    ) {
        let overtaken = (observations[thing]?[event]?.waiting ?? []).filter { number in
            applications[number]?.client == message.client && applications[number]?.profile == message.profile
        }
        guard !overtaken.isEmpty else { return }
        observations[thing]?[event]?.waiting.removeAll(where: overtaken.contains)
        for number in overtaken { finish(number, .overtaken) }
        stopObservingIfUnwanted(thing, event, now: now)
    }

    /// Its time is over, or nobody waits for it any more.
    mutating func applicationIsDue(_ number: UInt64) {
        guard applications[number] != nil else { return }
        stopWaiting(number)
        reply(number, .timeout)
    }

    /// Nobody waits for the answer any more. A task that was begun goes on.
    mutating func cancelApplication(_ number: UInt64) {
        stopWaiting(number)
        reply(number, .unanswered)
    }

    /// What the observation becomes is decided when the thing answers.
    private mutating func stopWaiting(_ number: UInt64) {
        guard let message = applications[number], let name = services[message.serviceID] else { return }
        for event in (observations[name] ?? [:]).keys { observations[name]?[event]?.waiting.removeAll { $0 == number } }
    }
}

extension PluginReply {
    fileprivate static func object(_ members: [(String, JSONNode)]) -> PluginReply {
        .members(JSONNode(members: members).bytes)
    }
}
