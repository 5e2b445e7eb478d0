// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage
import Logging

/// Sockets: native-thing.md, "Envelope", and who says hello.
extension StewardState {
    mutating func opened(_ socket: UInt64, _ dialect: ThingDialect, from address: IPAddress) {
        sessions[socket] = ThingSession(dialect: dialect, address: address)
    }

    mutating func closed(_ socket: UInt64) {
        if let uuid = sessions[socket]?.pairing, pairings[uuid]?.session == socket { endSession(of: uuid) }
        sessions[socket] = nil
    }

    /// A text message.
    mutating func received(_ text: [UInt8], on socket: UInt64, now: Moment) {
        guard let session = sessions[socket] else { return }
        let isKnown = session.pairing != nil
        guard sessions[socket]?.rate.take(bytes: text.count, isKnown: isKnown, now: now.time) == true else {
            return abandon(socket, "sends too much")
        }
        guard isKnown || text.count <= ThingLimits.unknownMessage else {
            return abandon(socket, "sends a long message before hello")
        }
        let message: ThingMessage
        do throws(ThingMessage.Unusable) { message = try ThingMessage(text) } catch {
            return abandon(socket, "sent what is no message")
        }
        guard case .request(let path) = message.kind, !isResponse(message, path, on: socket) else {
            // A response's id is a text of ours, or it answers nothing that waits.
            if case .text(let id) = message.requestID { answered(id, ThingResponse(message), socket, now: now) }
            return
        }
        guard sessions[socket]?.isBusy == true else { return serve(message, path, socket, now: now) }
        guard sessions[socket]?.enqueue(message) == true else {
            return abandon(socket, "sends requests faster than they can be answered")
        }
    }

    /// A message with a path is a request, unless it reports on a request of ours.
    private func isResponse(_ message: ThingMessage, _ path: String?, on socket: UInt64) -> Bool {
        guard case .text(let id) = message.requestID, path?.hasSuffix("/report") == true else { return false }
        return sessions[socket]?.requests[id] != nil
    }

    mutating func receivedBinary(on socket: UInt64) { abandon(socket, "sent a binary message") }

    /// Closes a socket because of what it did.
    mutating func abandon(_ socket: UInt64, _ reason: String) {
        guard let session = sessions[socket] else { return }
        act(.log(.info, "the thing \(session.pairing ?? "at \(session.address)") \(reason); its socket is closed"))
        act(.close(socket: socket))
        closed(socket)
    }

    /// Closes a socket that has not said hello, since others need its place.
    mutating func makeRoom(_ socket: UInt64) {
        if sessions[socket]?.pairing == nil { abandon(socket, "has not said hello while others wait") }
    }

    mutating func serveWaiting(_ socket: UInt64, now: Moment) {
        while sessions[socket]?.isBusy == false, let message = sessions[socket]?.dequeue() {
            if case .request(let path) = message.kind { serve(message, path, socket, now: now) }
        }
    }

    // MARK: - Requests

    private mutating func serve(_ message: ThingMessage, _ path: String?, _ socket: UInt64, now: Moment) {
        guard let session = sessions[socket] else { return }
        let reply = ThingReply(requestID: message.requestID, dialect: session.dialect)
        if let excess = message.excess { return act(.send(socket: socket, reply.error(excess))) }
        guard let verb = path.flatMap({ session.dialect.verb(of: $0) }) else {
            return act(.send(socket: socket, reply.error(.unknownPath)))
        }
        switch verb {
        case .pair(let uuid): return pair(uuid ?? message.body["uuid"]?.text, socket, reply, now: now)
        case .hello(let name): return hello(name, message.body, socket, reply, now: now)
        case .prototype, .register, .update, .report: ()
        }
        guard let uuid = session.pairing else { return act(.send(socket: socket, reply.error(.helloFirst))) }
        let kind = verb == .report ? "events" : "things"
        do throws(ThingFault) {
            let items = try Self.items(kind, of: message.body)
            switch verb {
            case .prototype: definePrototypes(items, uuid, socket, reply, now: now)
            case .register: register(items, uuid, socket, reply, now: now)
            case .update: update(items, uuid, socket, reply, now: now)
            case .report: report(items, uuid, socket, reply, now: now)
            case .pair, .hello: ()
            }
        } catch {
            act(.send(socket: socket, reply.error(error)))
        }
    }

    private static func items(_ kind: String, of body: JSONNode) throws(ThingFault) -> [JSONNode.Member] {
        guard let node = body[kind] else { throw .missing(kind) }
        guard let items = node.object, !items.isEmpty else { throw .invalid(kind, "an object with at least one item") }
        guard items.count <= ThingLimits.items else { throw .limit("a message has at most \(ThingLimits.items) items") }
        return items
    }

    /// Answers a thing: after the changes are written, at once where there are none.
    mutating func answer(
        _ socket: UInt64, _ answer: [UInt8], _ changes: [StorageChange], of uuid: String, _ reply: ThingReply,
        _ outcome: Commitment.Outcome = .nothing, now: Moment
    ) {
        guard !changes.isEmpty || pairings[uuid]?.isBehind == true else {
            return send(answer, outcome, of: uuid, socket, now: now)
        }
        sessions[socket]?.isBusy = true
        let refusal = reply.error(.notKept)
        commit(changes, of: uuid, .request(socket: socket, answer: answer, refusal: refusal, outcome))
    }

    // MARK: - Pairing

    private mutating func pair(_ text: String?, _ socket: UInt64, _ reply: ThingReply, now: Moment) {
        guard let session = sessions[socket] else { return }
        guard let uuid = ThingUUID(text) else {
            let fault = ThingFault.invalid("uuid", "1 to 128 printable characters")
            return act(.send(socket: socket, reply.error(fault)))
        }
        guard pairings[uuid.key]?.isLeaving != true else { return act(.send(socket: socket, reply.error(.leaving))) }
        let before = pairings[uuid.key]?.record
        let isUsable = before == nil || before?.isSimple == (session.dialect == .simple)
        switch policy.attempt(
            uuid, from: session.address, usesUp: isUsable, now: now.time, wallTime: now.wallTime)
        {
        case .closed: return act(.send(socket: socket, reply.error(.pairingClosed)))
        case .tooManyAttempts: return act(.send(socket: socket, reply.error(.tooManyAttempts)))
        case .allowed: ()
        }
        guard isUsable else { return act(.send(socket: socket, reply.error(.otherDialect))) }
        let passcode = ThingSecret.passcode()
        var record = PairingRecord(
            uuid: before?.uuid ?? uuid.key, shownUUID: uuid.shown, credential: CredentialHash(of: passcode),
            name: before?.name, pairedAt: now.wallTime, lastHello: before?.lastHello)
        let answer: [UInt8]
        switch session.dialect {
        case .native:
            // Who has said hello before is the device; a passcode that was never used is superseded.
            record.previousCredential = before?.previousCredential ?? before?.credential
            answer = reply.result([("passCode", JSONNode(.text(passcode))), ("passcode", JSONNode(.text(passcode)))])
        case .simple:
            let secrets = SimpleSecrets(superseding: before?.secrets)
            record.dialect = .simple(secret: secrets.stored)
            answer = reply.simplePairing(uuid: record.uuid, secret: secrets.current, wallTime: now.wallTime)
            act(.send(socket: socket, reply.message([])))
        }
        pairings[record.uuid, default: Pairing(record: record)].record = record
        act(.log(.notice, "paired with the thing \(uuid.shown) at \(session.address)"))
        self.answer(
            socket, answer, [.savePairing(record)], of: record.uuid, reply,
            .pairing(before: before, record.credential), now: now)
    }

    private mutating func hello(
        _ name: String?, _ body: JSONNode, _ socket: UInt64, _ reply: ThingReply, now: Moment
    ) {
        guard let session = sessions[socket] else { return }
        let uuid = ThingUUID(name ?? body["uuid"]?.text)
        let pairing = pairings[uuid?.key ?? ""]
        let given = pairing?.isLeaving == false ? pairing : nil
        let found: Pairing
        switch authenticated(given, body, session, now: now) {
        case .success(let pairing): found = pairing
        case .failure(.usedCode): return act(.send(socket: socket, reply.error(.usedCode)))
        case .failure(let fault):
            if let given, session.dialect == .simple, given.lastCode?.address != session.address {
                _ = strangers.add(given.record.uuid, now: now.time)
            }
            guard !failures.add(session.address, now: now.time) else {
                return act(.send(socket: socket, reply.error(fault)))
            }
            act(.send(socket: socket, reply.error(.tooManyFailures)))
            return abandon(socket, "fails to authenticate again and again")
        }
        let record = found.record
        guard session.pairing == nil || session.pairing == record.uuid else {
            return act(.send(socket: socket, reply.error(.helloSaid)))
        }
        if let old = pairings[record.uuid]?.session, old != socket {
            abandon(old, "has said hello on another socket")
        }
        var changed = record
        changed.lastHello = now.wallTime
        pairings[record.uuid]?.record = changed
        pairings[record.uuid]?.lastCode = found.lastCode
        pairings[record.uuid]?.session = socket
        if session.pairing == nil { sessions[socket]?.rate = MessageRate() }
        sessions[socket]?.pairing = record.uuid
        act(.known(socket: socket))
        // The owner relies on it that an old passcode is good no more once the new one was.
        guard given?.record.hasCredentials(of: record) == true else {
            return answer(
                socket, reply.hello(record.uuid), [.savePairing(changed)], of: record.uuid, reply,
                .pairing(before: given?.record, record.credential), now: now)
        }
        act(.send(socket: socket, reply.hello(record.uuid)))
        // Nothing that the thing relies on: it is not kept waiting for it.
        if session.pairing == nil {
            commit([.saveHello(uuid: record.uuid, lastHello: now.wallTime)], of: record.uuid, .nobody)
        }
    }

    /// Checks the credentials, in the same time whether there is such a pairing or not.
    ///
    /// - Returns: the pairing, without the credential that the given one supersedes.
    private func authenticated(
        _ pairing: Pairing?, _ body: JSONNode, _ session: ThingSession, now: Moment
    ) -> Result<Pairing, ThingFault> {
        guard session.dialect == .simple else {
            return authenticated(pairing, body).map { .success($0) } ?? .failure(.authenticationFailed)
        }
        let secrets = pairing?.record.secrets
        let response = body["response"]
        let code = response?.text ?? response?.integer.map { Self.padded($0) } ?? ""
        let time = now.wallTime / 1_000
        let current = OneTimeCode.counter(of: code, secret: secrets?.current ?? nobody.digest, time: time)
        let previous = OneTimeCode.counter(of: code, secret: secrets?.previous ?? nobody.digest, time: time)
        guard var found = pairing, let secrets,
            let (secret, counter) = current.map({ (secrets.current, $0) })
                ?? secrets.previous.flatMap({ secret in previous.map { (secret, $0) } })
        else { return .failure(.authenticationFailed) }
        let isAtHome = found.lastCode?.address == session.address
        // So few digits could be guessed: whoever fails learns nothing more, unless the thing itself was there.
        guard
            isAtHome
                || !failures.isReached(by: session.address, now: now.time)
                    && strangers.count(found.record.uuid, now: now.time) < ThingLimits.strangersPerMinute
        else { return .failure(.authenticationFailed) }
        // A device that reboots within its half minute has nothing else to say; it is told to come again.
        if let last = found.lastCode, last.secret == secret, counter <= last.counter { return .failure(.usedCode) }
        found.lastCode = Pairing.LastCode(secret: secret, counter: counter, address: session.address)
        if current != nil { found.record.dialect = .simple(secret: secrets.current) }
        return .success(found)
    }

    private func authenticated(_ pairing: Pairing?, _ body: JSONNode) -> Pairing? {
        let passcode = (body["passcode"] ?? body["passCode"])?.text ?? ""
        let known = pairing?.record.isSimple == false ? pairing : nil
        let isCurrent = (known?.record.credential ?? nobody).matches(passcode)
        let isPrevious = (known?.record.previousCredential ?? nobody).matches(passcode)
        guard var found = known, isCurrent || isPrevious else { return nil }
        if isCurrent { found.record.previousCredential = nil }
        return found
    }

    /// A code that came as a number has lost its zeros.
    private static func padded(_ code: Int) -> String {
        let text = String(code)
        return String(repeating: "0", count: max(OneTimeCode.digits - text.utf8.count, 0)) + text
    }

    // MARK: - The end

    /// The thing is away: its ids are gone, what waits for it fails, its observations wait for its return.
    mutating func endSession(of uuid: String) {
        guard let socket = pairings[uuid]?.session else { return }
        pairings[uuid]?.session = nil
        guard let session = sessions[socket] else { return }
        sessions[socket] = ThingSession(dialect: session.dialect, address: session.address)
        for request in session.requests.values {
            if case .perform(_, let message) = request.purpose { finish(message, .offline) }
        }
        for udn in session.thingIDs.keys {
            let thing = ThingName(pairing: uuid, udn: udn)
            for (name, observation) in observations[thing] ?? [:] {
                observations[thing]?[name]?.phase = .idle
                observations[thing]?[name]?.waiting = []
                for message in observation.waiting { finish(message, .offline) }
                forgetObservationIfUnwanted(thing, name)
            }
        }
        if !session.thingIDs.isEmpty { act(.servicesChanged) }
    }
}
