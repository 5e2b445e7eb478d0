// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage

/// What the owner asks.
extension StewardState {
    func status(now: Moment) -> StewardStatus {
        StewardStatus(
            pairings: pairings.values.sorted { $0.record.uuid < $1.record.uuid }.map(status),
            waiting: policy.waiting,
            pairingOpenFor: policy.openFor(now: now.time).map { .nanoseconds(Int64($0)) })
    }

    private func status(of pairing: Pairing) -> PairingStatus {
        let services = pairing.things.values.sorted { $0.serviceID < $1.serviceID }.map { thing in
            PairingStatus.ServiceStatus(
                serviceID: thing.serviceID, name: ServiceDescription.short(thing.shownName), prototype: thing.prototype,
                status: ServiceDescription.short(thing.status),
                isOnline: isOnline(thing))
        }
        return PairingStatus(
            uuid: pairing.record.shownUUID, name: pairing.record.name,
            dialect: pairing.record.dialect == .native ? .native : .simple, isOnline: pairing.session != nil,
            address: pairing.session.flatMap { sessions[$0]?.address }, pairedAt: pairing.record.pairedAt,
            lastHello: pairing.record.lastHello, services: services)
    }

    mutating func openPairing(for time: Duration, now: Moment) throws(OwnerRefusal) {
        guard .seconds(1) ... .seconds(600) ~= time else { throw .invalidTime }
        policy.open(until: now.time + UInt64(time / .nanoseconds(1)))
    }

    mutating func approve(_ text: String, now: Moment) throws(OwnerRefusal) {
        guard let uuid = ThingUUID(text), policy.approve(uuid, now: now.time) else { throw .notWaiting(uuid: text) }
    }

    mutating func rename(_ id: String, to name: String, operation: UInt64) throws(OwnerRefusal) {
        guard 1...64 ~= name.count, name.isPrintable, name.utf8.count <= 256 else { throw .invalidName }
        if let thing = services[id], pairings[thing.pairing]?.isLeaving == false, var changed = self.thing(thing) {
            let before = changed
            changed.ownerName = name
            pairings[thing.pairing]?.keep(changed)
            tellWatchers(of: changed, before: before)
            act(.servicesChanged)
            commit([.saveThing(changed.record)], of: thing.pairing, .owner(operation: operation))
        } else if let uuid = ThingUUID(id), let pairing = pairings[uuid.key], !pairing.isLeaving {
            var record = pairing.record
            record.name = name
            pairings[uuid.key]?.record = record
            commit([.savePairing(record)], of: record.uuid, .owner(operation: operation))
        } else {
            throw .unknownThing(id)
        }
    }

    mutating func revoke(_ text: String, operation: UInt64) throws(OwnerRefusal) {
        guard let uuid = ThingUUID(text), let pairing = pairings[uuid.key], !pairing.isLeaving else {
            throw .unknownPairing(uuid: text)
        }
        pairings[uuid.key]?.isLeaving = true
        if let socket = pairing.session { abandon(socket, "is no longer paired") }
        act(
            .commit(
                [.removePairing(uuid: pairing.record.uuid)],
                Commitment(pairing: pairing.record.uuid, waiter: .revocation(operation: operation))))
    }
}
