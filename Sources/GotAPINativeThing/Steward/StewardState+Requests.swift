// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Our requests to things: native-thing.md, "Messages to a thing".
extension StewardState {
    /// Sends a request.
    ///
    /// - Parameters:
    ///   - verb: the last part of its path.
    ///   - client: in whose name; `nil` for nobody's.
    ///   - limit: how far intermediate responses can put its deadline off, on CLOCK_MONOTONIC.
    /// - Returns: false where too many wait for this thing, or too many of this application's.
    mutating func ask(
        _ socket: UInt64, _ verb: String, _ members: (String, JSONNode), _ purpose: ThingSession.Request.Purpose,
        client: UInt64?, limit: UInt64 = .max, now: Moment
    ) -> Bool {
        guard let session = sessions[socket], hasRoom(socket, client) else { return false }
        let id = sessions[socket]?.makeRequestID() ?? ""
        let deadline = min(now.time + answerPatience, limit)
        sessions[socket]?.requests[id] = ThingSession.Request(
            purpose: purpose, client: client, deadline: deadline, limit: limit)
        deadlines.add(.request(socket: socket, id: id), at: deadline)
        let message = JSONNode(members: [
            ("path", JSONNode(.text(session.dialect.path(verb)))), ("requestID", JSONNode(.text(id))), members,
        ])
        act(.send(socket: socket, message.bytes))
        return true
    }

    /// Whether a thing can be asked one more thing, in the name of this application or in nobody's.
    private func hasRoom(_ socket: UInt64, _ client: UInt64?) -> Bool {
        guard let requests = sessions[socket]?.requests, requests.count < ThingLimits.pendingRequests
        else { return false }
        return requests.values.count { $0.client == client } < ThingLimits.pendingRequestsPerClient
    }

    /// Puts off what there is no room for until another request has ended.
    mutating func postpone(_ request: ThingSession.Postponed, _ socket: UInt64) {
        guard sessions[socket]?.postponed.contains(request) == false else { return }
        sessions[socket]?.postponed.append(request)
    }

    /// A request has ended: asks what was put off and has room now.
    private mutating func askPostponed(_ socket: UInt64, now: Moment) {
        guard let waiting = sessions[socket]?.postponed, !waiting.isEmpty else { return }
        var rest: [ThingSession.Postponed] = []
        for (index, request) in waiting.enumerated() {
            guard sessions[socket]?.requests.count ?? 0 < ThingLimits.pendingRequests else {
                rest += waiting[index...]
                break
            }
            switch request {
            case .observation(let thing, let name):
                guard let observation = observations[thing]?[name] else { continue }
                guard hasRoom(socket, client(of: observation)) else {
                    rest.append(request)
                    continue
                }
                observe(thing, name, now: now)
            case .cancellation(let event):
                guard hasRoom(socket, nil) else {
                    rest.append(request)
                    continue
                }
                cancel(event, socket, now: now)
            }
        }
        sessions[socket]?.postponed = rest
    }

    /// A response has come; one that answers nothing is ignored.
    mutating func answered(_ id: String, _ response: ThingResponse, _ socket: UInt64, now: Moment) {
        guard let request = sessions[socket]?.requests[id] else { return }
        let fault: ThingFault?
        switch response {
        case .intermediate:
            let deadline = min(now.time + answerPatience, request.limit)
            sessions[socket]?.requests[id]?.deadline = deadline
            return
        case .failure(let error): fault = error
        case .success(let faults): fault = faults[request.purpose.item]
        }
        sessions[socket]?.requests[id] = nil
        switch request.purpose {
        case .perform(_, let message):
            finish(message, fault.map { ApplicationFault($0) })
        case .observe(let event, let thing, let name):
            observed(event, thing, name, socket, fault: fault, now: now)
        case .cancel(let event):
            cancelled(event, socket, fault: fault, now: now)
        }
        askPostponed(socket, now: now)
    }

    mutating func requestIsDue(_ socket: UInt64, _ id: String, now: Moment) {
        guard let request = sessions[socket]?.requests[id] else { return }
        guard request.deadline <= now.time else {
            // Intermediate responses have put it off.
            return deadlines.add(.request(socket: socket, id: id), at: request.deadline)
        }
        sessions[socket]?.requests[id] = nil
        switch request.purpose {
        case .perform(_, let message): reply(message, .timeout)
        case .observe(let event, let thing, let name): observationTimedOut(event, thing, name, socket, now: now)
        case .cancel(let event):
            cancelled(event, socket, fault: ThingFault(permanent: false, "no answer"), now: now)
        }
        askPostponed(socket, now: now)
    }

    // MARK: - Answers to applications

    /// Answers an application's request, unless that was done before.
    mutating func reply(_ message: UInt64, _ reply: PluginReply) {
        guard applications.removeValue(forKey: message) != nil else { return }
        act(.reply(message, reply))
    }

    /// - Parameter fault: `nil` for success.
    mutating func finish(_ message: UInt64, _ fault: ApplicationFault?) {
        reply(message, .members(fault?.members ?? Array("{}".utf8)))
    }
}

extension ThingSession.Request.Purpose {
    /// The id of its only item.
    fileprivate var item: String {
        switch self {
        case .perform(let task, _): task
        case .observe(let event, _, _), .cancel(let event): event
        }
    }
}
