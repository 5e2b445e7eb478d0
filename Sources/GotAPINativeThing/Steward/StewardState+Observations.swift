// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging

/// Events of things that applications listen to: observed when the first one subscribes, cancelled when the last one leaves,
/// observed again after the thing was away.
extension StewardState {
    /// Asks a thing to observe, if it is there and somebody listens.
    ///
    /// - Parameter asking: the application that asks for it; `nil` for the one that has wanted it for the longest time.
    mutating func observe(_ thing: ThingName, _ name: EventName, for asking: UInt64? = nil, now: Moment) {
        guard let observation = observations[thing]?[name], observation.event == nil, observation.isWanted,
            let (socket, thingID) = way(to: thing)
        else { return }
        lastEvent += 1
        let event = "e-\(lastEvent)"
        let item: JSONNode = [
            sessions[socket]?.dialect.thingMember ?? "thing": JSONNode(.text(thingID)),
            "observe": JSONNode(.text(name.verb)), "parameter": JSONNode(.text(name.parameter)), "testOnly": false,
        ]
        guard
            ask(
                socket, "observe", ("events", JSONNode(members: [(event, item)])),
                .observe(event: event, thing, name), client: asking ?? client(of: observation), now: now)
        else {
            return postpone(thing, name, socket)
        }
        sessions[socket]?.events[event] = (thing, name)
        observations[thing]?[name]?.phase = .asked(event: event)
    }

    /// Nothing was asked, and nothing has failed: who waits can ask again, and who has subscribed already is served next.
    private mutating func postpone(_ thing: ThingName, _ name: EventName, _ socket: UInt64) {
        for message in observations[thing]?[name]?.waiting ?? [] { finish(message, .busy) }
        observations[thing]?[name]?.waiting = []
        forgetObservationIfUnwanted(thing, name)
        if observations[thing]?[name] != nil { postpone(.observation(thing, name), socket) }
    }

    /// The application that has wanted it for the longest time.
    func client(of observation: Observation) -> UInt64? {
        observation.subscribers.min().flatMap { subscriptions[$0]?.client }
            ?? observation.waiting.first.flatMap { applications[$0]?.client }
    }

    /// A thing has registered again.
    mutating func observeAgain(_ thing: ThingName, now: Moment) {
        for name in (observations[thing] ?? [:]).keys { observe(thing, name, now: now) }
    }

    /// The thing has answered to `observe`.
    mutating func observed(
        _ event: String, _ thing: ThingName, _ name: EventName, _ socket: UInt64, fault: ThingFault?, now: Moment
    ) {
        guard let observation = observations[thing]?[name], observation.event == event else {
            // Nobody has waited for it; it is being cancelled.
            return
        }
        if let fault {
            sessions[socket]?.events[event] = nil
            return failed(thing, name, fault, now: now)
        }
        observations[thing]?[name]?.phase = .active(event: event)
        observations[thing]?[name]?.waiting = []
        for message in observation.waiting { subscribe(message, thing, name) }
        forgetObservationIfUnwanted(thing, name)
        if observations[thing]?[name] == nil { cancel(event, socket, now: now) }
    }

    /// Gives a request that has waited its subscription.
    private mutating func subscribe(_ number: UInt64, _ thing: ThingName, _ name: EventName) {
        guard let message = applications[number] else { return }
        let subject = Subscriptions.Subject.event(name, isPresence: message.profile == Facade.humanDetection.rawValue)
        beginSubscription(Subscriptions.Subscription(client: message.client, thing: thing, subject: subject), message)
        finish(number, nil)
    }

    mutating func beginSubscription(_ subscription: Subscriptions.Subscription, _ message: PluginMessage) {
        guard subscriptions.number(of: subscription) == nil else { return }
        let number = subscriptions.add(subscription)
        if case .event(let name, _) = subscription.subject {
            observations[subscription.thing]?[name]?.subscribers.insert(number)
        }
        act(.subscribe(number, message))
    }

    mutating func observationTimedOut(
        _ event: String, _ thing: ThingName, _ name: EventName, _ socket: UInt64, now: Moment
    ) {
        guard let observation = observations[thing]?[name], observation.event == event else { return }
        for message in observation.waiting { reply(message, .timeout) }
        observations[thing]?[name]?.waiting = []
        // It may have begun nevertheless.
        cancel(event, socket, now: now)
        failed(thing, name, ThingFault(permanent: false, "no answer"), now: now)
    }

    /// The thing does not observe, or no longer does.
    private mutating func failed(_ thing: ThingName, _ name: EventName, _ fault: ThingFault, now: Moment) {
        guard var observation = observations[thing]?[name] else { return }
        for message in observation.waiting { finish(message, ApplicationFault(fault)) }
        observation.waiting = []
        if fault.isPermanent {
            observations[thing]?[name] = nil
            if observations[thing]?.isEmpty == true { observations[thing] = nil }
            for number in observation.subscribers.sorted() { endSubscription(number, ApplicationFault(fault)) }
            return
        }
        observation.failures += 1
        let time = now.time + growingPause(failures: observation.failures)
        observation.phase = .pausing(until: time)
        observations[thing]?[name] = observation
        forgetObservationIfUnwanted(thing, name)
        if observations[thing]?[name] != nil { deadlines.add(.observation(thing, name), at: time) }
    }

    /// Tells an application why there will be no more pushes.
    private mutating func endSubscription(_ number: UInt64, _ fault: ApplicationFault) {
        guard subscriptions.remove(number) != nil else { return }
        act(.push(number, fault.members))
        act(.unsubscribe(number))
    }

    /// Ends all subscriptions to a thing.
    mutating func endSubscriptions(to thing: ThingName, _ fault: ApplicationFault) {
        let numbers = subscriptions.watchers(of: thing).union(
            (observations[thing] ?? [:]).values.flatMap(\.subscribers))
        for observation in (observations[thing] ?? [:]).values {
            for message in observation.waiting { finish(message, fault) }
        }
        observations[thing] = nil
        for number in numbers.sorted() { endSubscription(number, fault) }
    }

    /// Ends what is observed of a thing and stands in its prototype no more.
    mutating func endLostEvents(of name: ThingName, now: Moment) {
        guard let thing = thing(name), let prototype = prototype(of: thing) else { return }
        for (event, observation) in observations[name] ?? [:] where !prototype.observe.contains(event.verb) {
            failed(name, event, ThingFault(permanent: true, "the thing's prototype has the verb no more"), now: now)
            if let id = observation.event, let (socket, _) = way(to: name) { cancel(id, socket, now: now) }
        }
    }

    // MARK: - Nobody listens any more

    /// Nobody listens to this subscription any more.
    mutating func removeSubscription(_ number: UInt64, now: Moment) {
        guard let subscription = subscriptions.remove(number), case .event(let name, _) = subscription.subject else {
            return
        }
        observations[subscription.thing]?[name]?.subscribers.remove(number)
        stopObservingIfUnwanted(subscription.thing, name, now: now)
    }

    mutating func stopObservingIfUnwanted(_ thing: ThingName, _ name: EventName, now: Moment) {
        guard let observation = observations[thing]?[name], !observation.isWanted else { return }
        forgetObservationIfUnwanted(thing, name)
        if let event = observation.event, let (socket, _) = way(to: thing) { cancel(event, socket, now: now) }
    }

    mutating func forgetObservationIfUnwanted(_ thing: ThingName, _ name: EventName) {
        guard observations[thing]?[name]?.isWanted == false else { return }
        observations[thing]?[name] = nil
        if observations[thing]?.isEmpty == true { observations[thing] = nil }
    }

    /// Asks a thing to end an observation. Until it has, its reports are acknowledged and dropped.
    mutating func cancel(_ event: String, _ socket: UInt64, now: Moment) {
        guard sessions[socket]?.events[event] != nil else { return }
        sessions[socket]?.cancelling[event, default: ThingSession.Cancelling()].failures += 0
        let item: JSONNode = ["reason": "cancel"]
        guard
            ask(
                socket, "report", ("events", JSONNode(members: [(event, item)])), .cancel(event: event), client: nil,
                now: now)
        else { return postpone(.cancellation(event), socket) }
    }

    mutating func cancelled(_ event: String, _ socket: UInt64, fault: ThingFault?, now: Moment) {
        guard var cancelling = sessions[socket]?.cancelling[event] else { return }
        guard let fault, !fault.isPermanent else {
            sessions[socket]?.cancelling[event] = nil
            sessions[socket]?.events[event] = nil
            return
        }
        cancelling.failures += 1
        guard cancelling.failures < ThingLimits.cancellations else {
            // It does not listen. Its reports have an id that is unknown from now on.
            sessions[socket]?.cancelling[event] = nil
            sessions[socket]?.events[event] = nil
            return
        }
        sessions[socket]?.cancelling[event] = cancelling
        let pause = growingPause(failures: cancelling.failures)
        deadlines.add(.cancellation(socket: socket, event: event), at: now.time + pause)
    }

    // MARK: - Reports

    mutating func report(
        _ items: [JSONNode.Member], _ uuid: String, _ socket: UInt64, _ reply: ThingReply, now: Moment
    ) {
        var outcomes: [ThingReply.Item] = []
        for item in items {
            do throws(ThingFault) {
                guard try report(item, socket, now: now) else { return overrun(socket, [], of: uuid, now: now) }
                outcomes.append((item.name, .success([])))
            } catch {
                outcomes.append((item.name, .failure(error)))
            }
        }
        act(.send(socket: socket, reply.items("events", outcomes)))
    }

    /// - Returns: false where the socket causes more to be pushed than it may.
    private mutating func report(
        _ item: JSONNode.Member, _ socket: UInt64, now: Moment
    ) throws(ThingFault) -> Bool {
        guard let (thing, name) = sessions[socket]?.events[item.name] else { throw .invalidEvent }
        guard let reason = item.value["reason"] else { throw .missing("reason") }
        let observation = observations[thing]?[name]
        let isWanted = observation?.event == item.name
        switch reason.text {
        case "observe":
            guard isWanted, let observation else { return true }
            observations[thing]?[name]?.failures = 0
            return push(item.value, thing, name, to: observation.subscribers, socket, now: now)
        case "failure":
            sessions[socket]?.events[item.name] = nil
            sessions[socket]?.cancelling[item.name] = nil
            if isWanted { failed(thing, name, ThingFault(item.value), now: now) }
            return true
        default: throw .invalid("reason", "observe or failure")
        }
    }

    /// Pushes an event, which is written once however many listen. The thing pays for each of them.
    ///
    /// - Returns: false where the socket causes more to be pushed than it may.
    private mutating func push(
        _ report: JSONNode, _ name: ThingName, _ event: EventName, to subscribers: Set<UInt64>, _ socket: UInt64,
        now: Moment
    ) -> Bool {
        guard let thing = thing(name), !subscribers.isEmpty else { return true }
        var members: [(String, JSONNode)] = [
            ("verb", JSONNode(.text(event.verb))),
            ("parameter", report["parameter"] ?? JSONNode(.text(event.parameter))),
            ("time", JSONNode(.number(String(now.wallTime)))), ("thing", thing.json),
        ]
        if let info = report["info"] { members.append(("info", info)) }
        let plain = JSONNode(members: [("event", JSONNode(members: members))]).bytes
        guard charge(plain.count * subscribers.count, to: socket, now: now) else { return false }
        let presence = Array(#"{"humanDetection":{"exist":true},"#.utf8) + plain.dropFirst()
        for number in subscribers.sorted() {
            guard case .event(_, let isPresence) = subscriptions[number]?.subject else { continue }
            act(.push(number, isPresence ? presence : plain))
        }
        return true
    }
}
