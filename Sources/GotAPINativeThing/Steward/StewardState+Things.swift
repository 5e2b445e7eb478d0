// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Logging

/// What things say of themselves: native-thing.md, "Messages from a thing".
extension StewardState {
    mutating func definePrototypes(
        _ items: [JSONNode.Member], _ uuid: String, _ socket: UInt64, _ reply: ThingReply,
        now: Moment
    ) {
        var changes: [StorageChange] = []
        var outcomes: [ThingReply.Item] = []
        var changesRoutes = false
        for item in items {
            do throws(ThingFault) {
                let prototype = try Prototype(path: item.name, item.value)
                let known = pairings[uuid]?.prototypes ?? [:]
                guard known[item.name] != nil || known.count < ThingLimits.prototypesPerPairing else {
                    throw .limit("a pairing has at most \(ThingLimits.prototypesPerPairing) prototypes")
                }
                guard pairings[uuid]?.hasRoom(for: prototype.size, inPlaceOf: known[item.name]?.size) == true else {
                    throw .pairingIsFull
                }
                outcomes.append((item.name, .success([])))
                let before = known[item.name]
                guard charge(prototype.size + (before?.size ?? 0), to: socket, now: now) else {
                    return overrun(socket, changes, of: uuid, now: now)
                }
                let json = prototype.json(withPath: false).bytes
                guard before?.size != json.count || before?.json(withPath: false).bytes != json else { continue }
                pairings[uuid]?.keep(prototype)
                for thing in (pairings[uuid]?.things ?? [:]).values where thing.prototype == prototype.path {
                    endLostEvents(of: thing.name, now: now)
                    if before?.facades != prototype.facades { changesRoutes = true }
                }
                changes.append(.savePrototype(PrototypeRecord(pairing: uuid, path: item.name, json: json)))
            } catch {
                outcomes.append((item.name, .failure(error)))
            }
        }
        if changesRoutes { changeRoutes(now: now) } else if !changes.isEmpty { act(.servicesChanged) }
        answer(socket, reply.items("things", outcomes), changes, of: uuid, reply, now: now)
    }

    /// - Returns: false where a socket causes more to be written or pushed than it may.
    mutating func charge(_ bytes: Int, to socket: UInt64, now: Moment) -> Bool {
        sessions[socket]?.rate.take(written: bytes, now: now.time) == true
    }

    /// Closes a socket that causes too much to be written or pushed. What it has changed stays.
    mutating func overrun(_ socket: UInt64, _ changes: [StorageChange], of uuid: String, now: Moment) {
        if !changes.isEmpty { commit(changes, of: uuid, .nobody) }
        abandon(socket, "changes too much")
        routeUnrouted(of: uuid, now: now)
    }

    // MARK: - Register

    mutating func register(
        _ items: [JSONNode.Member], _ uuid: String, _ socket: UInt64, _ reply: ThingReply, now: Moment
    ) {
        var changes: [StorageChange] = []
        var outcomes: [ThingReply.Item] = []
        var registered: [String] = []
        var new: Set<String> = []
        for item in items {
            do throws(ThingFault) {
                let (thing, before) = try register(item, uuid, socket, reply.dialect, now: now)
                let thingID = sessions[socket]?.register(thing.name.udn) ?? ""
                outcomes.append((item.name, .success([("thingID", JSONNode(.text(thingID)))])))
                registered.append(thing.name.udn)
                if before == nil { new.insert(thing.name.udn) }
                guard keep(thing, before, in: &changes, socket, now: now) else {
                    return overrun(socket, changes, of: uuid, now: now)
                }
            } catch {
                outcomes.append((item.name, .failure(error)))
            }
        }
        answer(
            socket, reply.items("things", outcomes), changes, of: uuid, reply,
            .registration(registered, new: new), now: now)
    }

    /// Adds what has to be written of a thing that was updated: all of it, or only that it was.
    ///
    /// - Returns: false where the socket causes more to be written than it may.
    private mutating func keep(
        _ thing: Thing, _ before: Thing?, in changes: inout [StorageChange], _ socket: UInt64, now: Moment
    ) -> Bool {
        guard thing != before else { return true }
        var unchanged = before
        unchanged?.updated = thing.updated
        guard thing == unchanged else {
            changes.append(.saveThing(thing.record))
            return charge(thing.storedSize, to: socket, now: now)
        }
        changes.append(.saveUpdate(pairing: thing.name.pairing, udn: thing.name.udn, updated: thing.updated))
        return true
    }

    /// - Returns: the thing as it is now, and as it was.
    private mutating func register(
        _ item: JSONNode.Member, _ uuid: String, _ socket: UInt64, _ dialect: ThingDialect, now: Moment
    ) throws(ThingFault) -> (thing: Thing, before: Thing?) {
        guard item.value.object != nil else { throw .invalid("thing", "an object") }
        let udn = item.value["device"]?["unit"]?["udn"]?.text ?? item.name
        guard 1...ThingLimits.text ~= udn.utf8.count, udn.isPrintable else {
            throw .invalid("UDN", "printable characters")
        }
        guard owners[udn] ?? uuid == uuid, sessions[socket]?.hasRegistered(udn) == false else {
            throw .registered
        }
        let before = pairings[uuid]?.things[udn]
        guard before != nil || pairings[uuid]?.things.count ?? 0 < ThingLimits.thingsPerPairing else {
            throw .limit("a pairing has at most \(ThingLimits.thingsPerPairing) things")
        }
        guard before != nil || services.count < ThingLimits.things else {
            throw .limit("the gateway has at most \(ThingLimits.things) things")
        }
        let update = try ThingUpdate(item.value, now: now)
        guard let path = item.value[dialect.prototypeMember]?.text else { throw .missing(dialect.prototypeMember) }
        guard let prototype = pairings[uuid]?.prototypes[path] else { throw .unknownPrototype }
        guard let ownName = update.name, !ownName.isEmpty else { throw .missing("name") }
        guard let status = update.status else { throw .missing("status") }

        let name = before?.name ?? ThingName(pairing: uuid, udn: udn)
        let devices = [item.value["device"], prototype.device].compactMap(\.self)
        var thing = Thing(
            name: name, serviceID: before?.serviceID ?? name.serviceID, prototype: path, ownName: ownName,
            ownerName: before?.ownerName, status: status, info: update.info == nil ? before?.info ?? [] : [],
            updated: update.updated ?? now.wallTime, maker: try Self.text(devices, "maker"),
            model: try Self.text(devices, "model", "number"))
        try merge(update.info ?? [], into: &thing, before)
        store(thing)
        if path != before?.prototype { endLostEvents(of: name, now: now) }
        tellWatchers(of: thing, before: before)
        checkKinds(update.info ?? [], of: thing, socket)
        heard(of: thing, socket, now: now)
        return (thing, before)
    }

    /// A text deep in the description of a device; empty where none has it.
    private static func text(_ devices: [JSONNode], _ path: String...) throws(ThingFault) -> String {
        let node = devices.lazy.compactMap { device in path.reduce(device) { $0?[$1] } }.first
        let text = node?.text ?? ""
        guard !text.utf8.contains(0) else { throw .invalid("device", "texts without the character NUL") }
        return text
    }

    private mutating func store(_ thing: Thing) {
        pairings[thing.name.pairing]?.keep(thing)
        owners[thing.name.udn] = thing.name.pairing
        services[thing.serviceID] = thing.name
    }

    /// Takes in properties, as many as a thing and its pairing may have.
    private func merge(
        _ info: [JSONNode.Member], into thing: inout Thing, _ before: Thing?
    ) throws(ThingFault) {
        var merged = thing
        let isChanged = info.count <= ThingLimits.properties && merged.merge(info)
        guard max(info.count, merged.info.count) <= ThingLimits.properties else {
            throw .limit("a thing has at most \(ThingLimits.properties) properties")
        }
        guard !isChanged || merged.infoSize <= ThingLimits.propertyBytes else {
            throw .limit("a thing's properties have at most \(ThingLimits.propertyBytes >> 10) KiB")
        }
        guard pairings[thing.name.pairing]?.hasRoom(for: merged.storedSize, inPlaceOf: before?.storedSize) == true
        else { throw .pairingIsFull }
        thing = merged
    }

    // MARK: - Update

    mutating func update(
        _ items: [JSONNode.Member], _ uuid: String, _ socket: UInt64, _ reply: ThingReply, now: Moment
    ) {
        var changes: [StorageChange] = []
        var outcomes: [ThingReply.Item] = []
        for item in items {
            do throws(ThingFault) {
                guard let udn = sessions[socket]?.things[item.name], let before = pairings[uuid]?.things[udn] else {
                    throw .noThing
                }
                let thing = try update(before, item.value, socket, now: now)
                outcomes.append((item.name, .success([])))
                guard keep(thing, before, in: &changes, socket, now: now) else {
                    return overrun(socket, changes, of: uuid, now: now)
                }
            } catch {
                outcomes.append((item.name, .failure(error)))
            }
        }
        answer(socket, reply.items("things", outcomes), changes, of: uuid, reply, now: now)
    }

    private mutating func update(
        _ before: Thing, _ item: JSONNode, _ socket: UInt64, now: Moment
    ) throws(ThingFault) -> Thing {
        guard item.object != nil else { throw .invalid("thing", "an object") }
        let update = try ThingUpdate(item, now: now)
        var thing = before
        if let name = update.name, !name.isEmpty { thing.ownName = name }
        let known = sessions[socket]?.statusesBeforeSilence[thing.name.udn]
        if let status = update.status ?? known { thing.status = status }
        thing.updated = update.updated ?? now.wallTime
        try merge(update.info ?? [], into: &thing, before)
        sessions[socket]?.statusesBeforeSilence[thing.name.udn] = nil
        pairings[thing.name.pairing]?.keep(thing)
        tellWatchers(of: thing, before: before)
        if thing.shownName != before.shownName || thing.status != before.status { act(.servicesChanged) }
        checkKinds(update.info ?? [], of: thing, socket)
        heard(of: thing, socket, now: now)
        return thing
    }

    /// Pushes what has changed, if anything has.
    mutating func tellWatchers(of thing: Thing, before: Thing?) {
        let watchers = subscriptions.watchers(of: thing.name)
        guard !watchers.isEmpty else { return }
        let known = before?.info ?? []
        let values = Dictionary(known.map { ($0.name, $0.value) }) { _, last in last }
        var changed = thing.info.filter { values[$0.name]?.isSame(as: $0.value) != true }
        let names = Set(thing.info.map(\.name))
        for member in known where !names.contains(member.name) {
            changed.append(JSONNode.Member(name: member.name, value: nil))
        }
        guard !changed.isEmpty || thing.shownName != before?.shownName || thing.status != before?.status else {
            return
        }
        let members = JSONNode(members: [("thing", thing.json(info: changed))]).bytes
        for subscription in watchers.sorted() { act(.push(subscription, members)) }
    }

    /// Logs, once for each property and session, what the prototype promised differently.
    private mutating func checkKinds(_ info: [JSONNode.Member], of thing: Thing, _ socket: UInt64) {
        guard let prototype = prototype(of: thing), let session = sessions[socket],
            session.reportedProperties.count < ThingLimits.reportedProperties
        else { return }
        for member in info where member.value.content != .null {
            guard prototype.syntax(of: member.name)?.accepts(member.value) == false,
                sessions[socket]?.reportedProperties.insert("\(thing.name.udn)\u{0}\(member.name)").inserted == true
            else { continue }
            let property = Printable.brief(member.name)
            act(.log(.info, "the thing \(thing.serviceID) gave its property \(property) a value of the wrong kind"))
            if sessions[socket]?.reportedProperties.count ?? 0 >= ThingLimits.reportedProperties { return }
        }
    }

    // MARK: - Silence

    private mutating func heard(of thing: Thing, _ socket: UInt64, now: Moment) {
        guard sessions[socket]?.dialect == .simple else { return }
        let udn = thing.name.udn
        let isWaitedFor = sessions[socket]?.lastUpdates.updateValue(now.time, forKey: udn) != nil
        if !isWaitedFor {
            deadlines.add(.silence(thing.name, socket: socket), at: now.time + ThingLimits.simpleThingPatience)
        }
    }

    /// A Simple Thing that has not updated for a minute is absent.
    mutating func silenceIsDue(_ name: ThingName, _ heard: UInt64, now: Moment) {
        guard let (socket, _) = way(to: name), socket == heard, let last = sessions[socket]?.lastUpdates[name.udn],
            var thing = thing(name)
        else { return }
        let end = last + ThingLimits.simpleThingPatience
        guard end <= now.time else { return deadlines.add(.silence(name, socket: socket), at: end) }
        sessions[socket]?.lastUpdates[name.udn] = nil
        guard thing.status != "absent" else { return }
        let before = thing
        sessions[socket]?.statusesBeforeSilence[name.udn] = thing.status
        thing.status = "absent"
        pairings[name.pairing]?.keep(thing)
        tellWatchers(of: thing, before: before)
        act(.servicesChanged)
        commit([.saveThing(thing.record)], of: name.pairing, .nobody)
    }
}
