// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Who may pair: native-thing.md, "Messages from a thing", `pair`. Times are nanoseconds of a clock that never goes back,
/// where nothing else is said.
struct PairingPolicy: Sendable {
    enum Decision: Sendable, Equatable {
        case allowed
        case closed
        case tooManyAttempts
    }

    private struct Approval: Sendable {
        let uuid: ThingUUID
        let until: UInt64
    }

    /// How long an approved thing has for its next attempt.
    static let approvalTime: UInt64 = 600_000_000_000
    /// Attempts that one address may make in a minute.
    static let attemptsPerMinute = 30
    /// Who waits, in all, from one address and from one IPv6 network; beyond, the longest one of the same address or network
    /// makes room, else of all.
    static let waitingLimit = 32
    static let waitingPerAddress = 8
    static let waitingPerNetwork = 24

    private var openUntil: UInt64?
    private var approvals: [Approval] = []
    /// The last one to try stands last.
    private var attempts: [PairingAttempt] = []
    private var limit = AddressLimit(Self.attemptsPerMinute)

    mutating func open(until time: UInt64) { openUntil = time }

    /// - Returns: false where no such thing waits.
    mutating func approve(_ uuid: ThingUUID, now: UInt64) -> Bool {
        approvals.removeAll { $0.until <= now || $0.uuid == uuid }
        guard attempts.contains(where: { ThingUUID($0.uuid) == uuid }) else { return false }
        approvals.append(Approval(uuid: uuid, until: now + Self.approvalTime))
        return true
    }

    /// Decides on an attempt. One that is allowed has used up its approval, or closed the window.
    ///
    /// - Parameters:
    ///   - usesUp: false where the attempt is refused for another reason if it is allowed.
    ///   - wallTime: milliseconds since 1970.
    mutating func attempt(
        _ uuid: ThingUUID, from address: IPAddress, usesUp: Bool = true, now: UInt64, wallTime: Int64
    ) -> Decision {
        approvals.removeAll { $0.until <= now }
        if let index = approvals.firstIndex(where: { $0.uuid == uuid }) {
            guard usesUp else { return .allowed }
            approvals.remove(at: index)
            attempts.removeAll { ThingUUID($0.uuid) == uuid }
            return .allowed
        }
        // An attacker that waits for the window does not keep the owner's thing from it: the limit is each address's own.
        guard limit.add(address, now: now) else { return .tooManyAttempts }
        if openFor(now: now) != nil {
            guard usesUp else { return .allowed }
            openUntil = nil
            attempts.removeAll { ThingUUID($0.uuid) == uuid }
            return .allowed
        }
        note(PairingAttempt(uuid: uuid.shown, address: address, time: wallTime))
        return .closed
    }

    private mutating func note(_ attempt: PairingAttempt) {
        attempts.removeAll { ThingUUID($0.uuid) == ThingUUID(attempt.uuid) }
        let network = attempt.address.network
        if attempts.count(where: { $0.address == attempt.address }) >= Self.waitingPerAddress,
            let longest = attempts.firstIndex(where: { $0.address == attempt.address })
        {
            attempts.remove(at: longest)
        } else if attempts.count(where: { $0.address.network == network }) >= Self.waitingPerNetwork,
            let longest = attempts.firstIndex(where: { $0.address.network == network })
        {
            attempts.remove(at: longest)
        }
        if attempts.count >= Self.waitingLimit { attempts.removeFirst() }
        attempts.append(attempt)
    }

    /// Who has tried in vain, the last one first.
    var waiting: [PairingAttempt] { attempts.reversed() }

    /// How long the window stays open, in nanoseconds; `nil` where it is closed.
    func openFor(now: UInt64) -> UInt64? {
        guard let openUntil, openUntil > now else { return nil }
        return openUntil - now
    }
}
