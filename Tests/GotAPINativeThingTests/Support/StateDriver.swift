// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage

@testable import GotAPINativeThing

/// Drives the steward's state without sockets and storage, on a clock of its own.
struct StateDriver {
    var state = StewardState()
    /// In nanoseconds.
    var time: UInt64 = 1_000_000_000_000
    var wallTime: Int64 = 1_800_000_000_000
    /// What was sent to each socket and not looked at.
    var sent: [UInt64: [JSONNode]] = [:]
    var closed: [UInt64] = []
    var replies: [UInt64: PluginReply] = [:]
    var pushes: [(subscription: UInt64, members: JSONNode)] = []
    var subscribed: [UInt64] = []
    var unsubscribed: [UInt64] = []
    var written: [StorageChange] = []
    /// Commits that the test completes itself.
    var held: [Commitment] = []
    var holdsCommits = false
    /// What commits fail with.
    var failure: String?
    var serviceChanges = 0
    /// The services that the gateway was told to route last.
    var routed: [String] = []
    var logged: [String] = []
    private var lastMessage: UInt64 = 0
    private var lastSocket: UInt64 = 0

    static let second: UInt64 = 1_000_000_000

    var now: Moment { Moment(time: time, wallTime: wallTime) }

    mutating func run<Result>(_ change: (inout StewardState, Moment) throws -> Result) rethrows -> Result {
        let result = try change(&state, now)
        perform()
        return result
    }

    private mutating func perform() {
        while case let effects = state.takeEffects(), !effects.isEmpty {
            for effect in effects { perform(effect) }
        }
    }

    private mutating func perform(_ effect: StewardEffect) {
        switch effect {
        case .send(let socket, let text):
            sent[socket, default: []].append((try? JSONNode(parsing: text)) ?? nil)
        case .close(let socket): closed.append(socket)
        case .known: ()
        case .log(_, let text): logged.append(text)
        case .commit(let changes, let commitment):
            if failure == nil { written += changes }
            if holdsCommits { held.append(commitment) } else { state.committed(commitment, failure: failure, now: now) }
        case .reply(let message, let reply): replies[message] = reply
        case .subscribe(let subscription, _): subscribed.append(subscription)
        case .push(let subscription, let members):
            pushes.append((subscription, (try? JSONNode(parsing: members)) ?? nil))
        case .unsubscribe(let subscription): unsubscribed.append(subscription)
        case .servicesChanged: serviceChanges += 1
        case .routesChanged:
            serviceChanges += 1
            let services = (try? JSONNode(parsing: state.servicesJSON()))?.array ?? []
            routed = services.compactMap { $0["serviceId"]?.text }
        }
    }

    mutating func completeCommits(failure: String? = nil) {
        let commitments = held
        held = []
        for commitment in commitments { run { state, now in state.committed(commitment, failure: failure, now: now) } }
    }

    /// Lets time pass; what becomes due meanwhile happens in its time.
    mutating func advance(_ seconds: Double) {
        let end = time + UInt64(seconds * 1_000_000_000)
        while let next = state.nextDeadline, next <= end {
            pass(max(next, time) - time)
            run { state, now in state.timePassed(now: now) }
        }
        pass(end - time)
    }

    private mutating func pass(_ nanoseconds: UInt64) {
        time += nanoseconds
        wallTime += Int64(nanoseconds / 1_000_000)
    }

    // MARK: - A thing

    mutating func open(_ dialect: ThingDialect = .native, from address: IPAddress = .loopbackIPv4) -> UInt64 {
        lastSocket += 1
        let socket = lastSocket
        run { state, _ in state.opened(socket, dialect, from: address) }
        return socket
    }

    mutating func receive(_ text: String, on socket: UInt64) {
        run { state, now in state.received(Array(text.utf8), on: socket, now: now) }
    }

    /// Sends a request and takes the next answer. One that waits until the gateway is told of services comes.
    mutating func ask(_ verb: String, _ members: String, on socket: UInt64, id: String = "1") -> JSONNode {
        receive(#"{"path": "/api/v1/\#(verb)", "requestID": \#(id), \#(members)}"#, on: socket)
        if sent[socket]?.isEmpty != false, state.routes.isPlanned { advance(0.06) }
        return next(socket)
    }

    /// The next message to a socket; `null` where there is none.
    mutating func next(_ socket: UInt64) -> JSONNode {
        guard sent[socket]?.isEmpty == false else { return nil }
        return sent[socket]?.removeFirst() ?? nil
    }

    /// Answers a request of the steward's.
    mutating func answer(_ request: JSONNode, _ members: String, on socket: UInt64) {
        receive(
            #"{"requestID": "\#(request["requestID"]?.text ?? "")"\#(members.isEmpty ? "" : ", " + members)}"#,
            on: socket)
    }

    /// A socket that has said hello, and the passcode.
    mutating func pair(_ uuid: String = "U-1") -> (socket: UInt64, passcode: String) {
        let socket = open()
        run { state, now in try? state.openPairing(for: .seconds(60), now: now) }
        let passcode = ask("pair", #""uuid": "\#(uuid)""#, on: socket)["result"]?["passCode"]?.text ?? ""
        _ = ask("hello", #""uuid": "\#(uuid)", "passcode": "\#(passcode)""#, on: socket)
        return (socket, passcode)
    }

    /// Defines the prototype and registers a lamp.
    mutating func registerLamp(_ udn: String = "lamp-1", on socket: UInt64) -> String {
        _ = ask("prototype", #""things": \#(ScriptedThing.prototype)"#, on: socket)
        let answer = ask("register", #""things": {"\#(udn)": \#(ScriptedThing.lamp(udn))}"#, on: socket)
        return answer["things"]?[udn]?["thingID"]?.text ?? ""
    }

    /// A lamp that is there.
    mutating func lamp(_ uuid: String = "U-1", udn: String = "lamp-1") -> (socket: UInt64, thingID: String, id: String)
    {
        let (socket, _) = pair(uuid)
        let thingID = registerLamp(udn, on: socket)
        return (socket, thingID, ThingName(pairing: uuid.lowercased(), udn: udn).serviceID)
    }

    // MARK: - An application

    /// Hands a request over.
    ///
    /// - Parameter patience: in seconds, until its deadline.
    /// - Returns: the message's number.
    mutating func request(
        _ method: String, _ path: String, _ service: String, _ parameters: [(String, String)] = [], client: UInt64 = 7,
        patience: Double = 60
    ) -> UInt64 {
        lastMessage += 1
        let parts = path.split(separator: "/").map(String.init)
        let message = PluginMessage(
            id: lastMessage, kind: .request, client: client, method: method, serviceID: service, profile: parts[0],
            attribute: parts.count > 1 ? parts[1] : "",
            parameters: parameters.map { PluginMessage.Parameter(name: $0, value: $1) },
            deadline: time + UInt64(patience * 1_000_000_000))
        run { state, now in state.deliver(message, now: now) }
        return lastMessage
    }

    /// Hands a request over and takes its answer; `null` where it has none.
    mutating func read(
        _ method: String, _ path: String, _ service: String, _ parameters: [(String, String)] = [], client: UInt64 = 7
    ) -> JSONNode {
        let number = request(method, path, service, parameters, client: client)
        return reply(number)
    }

    func reply(_ message: UInt64) -> JSONNode {
        guard case .members(let members) = replies[message] else { return nil }
        return (try? JSONNode(parsing: members)) ?? nil
    }

    func service(_ id: String) -> JSONNode {
        let services = (try? JSONNode(parsing: state.servicesJSON()))?.array ?? []
        return services.first { $0["serviceId"]?.text == id } ?? nil
    }
}
