// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPIStorage
import GotAPITesting
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A gateway process with many things, each on a TLS socket of its own, that update themselves once a second, and
/// applications that are told: what that takes from the machine, and how long an update is on its way.
struct ThingLoad: Sendable {
    /// What a load has taken.
    struct Measurement: Sendable {
        /// Bytes a thing, connected and registered.
        var memory = 0
        /// Bytes a thing at the end, with its share of the applications and of all that waited.
        var memoryAtEnd = 0
        /// Of one core, while the things update themselves.
        var processorUse = 0.0
        /// From the moment a thing sends an update to that at which the application has it, in order.
        var delays: [Duration] = []
        /// As the delays, for the acknowledgements.
        var acknowledgements: [Duration] = []
    }

    let things: Int
    let applications: Int
    /// How long the things update themselves.
    let seconds: Int

    private static let prototype = #"""
        {"/device/sensor/bench/meter": {"properties": {"name": true, "status": ["on"], "sequence": "u8", "sent": "id"}}}
        """#
    private static let nanosecondsPerSecond = 1_000_000_000

    /// A thing that is registered.
    private struct Meter: Sendable {
        let socket: WebSocketTestConnection
        let thingID: String
    }

    /// - Throws: what was refused, lost, doubled or out of order.
    func run() async throws -> Measurement {
        let folder = try TestFolder()
        let passcodes = try await pair(in: folder.path + "/state")
        mkdir(folder.path + "/plugins", 0o755)
        let (process, port) = try await GatewayProcess.start(in: folder, plugins: folder.path + "/plugins", tls: true)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let outcome: Result<Measurement, any Error>
        do {
            outcome = .success(try await measure(process.pid, port, passcodes, group))
        } catch {
            outcome = .failure(TestConnectionError(description: "\(error)\n\(process.output.suffix(2_000))"))
        }
        process.signal(SIGTERM)
        let status = await process.waitForExit()
        try await group.shutdownGracefully()
        guard status == 0 else { throw TestConnectionError(description: "\(status):\n\(process.output)") }
        return try outcome.get()
    }

    /// Writes what the gateway keeps of things that were paired. An owner would take all day for as many.
    ///
    /// - Returns: their passcodes.
    private func pair(in folder: String) async throws -> [String] {
        mkdir(folder, 0o700)
        let storage = try Storage(path: folder + "/gotapi.sqlite")
        defer { storage.close() }
        let passcodes = (0..<things).map { _ in hexadecimal((0..<13).map { _ in UInt8.random(in: 0...255) }) }
        let changes = passcodes.enumerated().map { number, passcode in
            StorageChange.savePairing(
                PairingRecord(
                    uuid: "meter-\(number)", shownUUID: "meter-\(number)", credential: CredentialHash(of: passcode),
                    pairedAt: 1_700_000_000_000))
        }
        let result = await withCheckedContinuation { continuation in
            storage.commit(changes) { continuation.resume(returning: $0) }
        }
        try result.get()
        return passcodes
    }

    private func measure(
        _ gateway: Int32, _ port: Int, _ passcodes: [String], _ group: any EventLoopGroup
    ) async throws -> Measurement {
        var measurement = Measurement()
        // What the gateway takes once, however many things come, it has taken with the first of them.
        let first = things / 10
        var meters = try await connect(passcodes, 0..<first, port, group)
        let begun = try ProcessUsage(of: gateway).memory
        meters += try await connect(passcodes, first..<things, port, group)
        measurement.memory = (try ProcessUsage(of: gateway).memory - begun) / (things - first)
        let watches = try await watch(port, group)
        let began = (try ProcessUsage.processorTime(of: gateway), ContinuousClock.now)
        let results = NIOLockedValueBox(measurement)
        try await withThrowingTaskGroup { tasks in
            for (number, meter) in meters.enumerated() {
                tasks.addTask {
                    let delays = try await update(meter, number)
                    results.withLockedValue { $0.acknowledgements += delays }
                }
            }
            for (socket, count) in watches {
                tasks.addTask {
                    let delays = try await read(socket, things: count)
                    results.withLockedValue { $0.delays += delays }
                }
            }
            try await tasks.waitForAll()
        }
        measurement = results.withLockedValue { $0 }
        let used = try ProcessUsage.processorTime(of: gateway) - began.0
        measurement.processorUse = used / (ContinuousClock.now - began.1)
        measurement.memoryAtEnd = (try ProcessUsage(of: gateway).memory - begun) / (things - first)
        for meter in meters { await meter.socket.close() }
        for watch in watches { await watch.socket.close() }
        return measurement
    }

    // MARK: - Things

    /// Connects and registers those with these numbers, a few at a time: sockets that have not said hello are few.
    private func connect(
        _ passcodes: [String], _ numbers: Range<Int>, _ port: Int, _ group: any EventLoopGroup
    ) async throws -> [Meter] {
        try await withThrowingTaskGroup(of: Meter.self) { tasks in
            var meters: [Meter] = []
            for number in numbers {
                if number >= numbers.lowerBound + 4, let meter = try await tasks.next() { meters.append(meter) }
                tasks.addTask { try await Self.connect(number, passcodes[number], port, group) }
            }
            for try await meter in tasks { meters.append(meter) }
            return meters
        }
    }

    private static func connect(
        _ number: Int, _ passcode: String, _ port: Int, _ group: any EventLoopGroup
    ) async throws -> Meter {
        let socket = try await WebSocketTestConnection.connect(
            port: port, tls: true, path: "/native", origin: nil, group: group)
        func ask(_ verb: String, _ members: String) async throws -> JSONNode {
            try await socket.send(#"{"path": "/api/v1/\#(verb)", "requestID": "\#(verb)", \#(members)}"#)
            return try await Self.answer(socket)
        }
        _ = try await ask("hello", #""uuid": "meter-\#(number)", "passcode": "\#(passcode)""#)
        _ = try await ask("prototype", #""things": \#(prototype)"#)
        let thing = #"{"prototype": "/device/sensor/bench/meter", "name": "Meter", "status": "on"}"#
        let registered = try await ask("register", #""things": {"meter-\#(number)": \#(thing)}"#)
        guard let thingID = registered["things"]?["meter-\(number)"]?["thingID"]?.text else {
            throw TestConnectionError(description: String(decoding: registered.bytes, as: UTF8.self))
        }
        return Meter(socket: socket, thingID: thingID)
    }

    private static func answer(_ socket: WebSocketTestConnection) async throws -> JSONNode {
        guard case .text(let text) = await socket.next() else {
            throw TestConnectionError(description: "a thing's socket was closed")
        }
        return try JSONNode(parsing: Array(text.utf8))
    }

    /// Updates itself once a second, each thing at a moment of its own.
    ///
    /// - Returns: how long the acknowledgements took.
    private func update(_ meter: Meter, _ number: Int) async throws -> [Duration] {
        let first = ContinuousClock.now + .seconds(1) * number / things
        var delays: [Duration] = []
        for sequence in 0..<seconds {
            try await Task.sleep(until: first + .seconds(sequence))
            let sent = Self.now()
            let info = #"{"sequence": \#(sequence), "sent": \#(sent)}"#
            try await meter.socket.send(
                #"{"path": "/api/v1/update", "requestID": \#(sequence), "things": {"\#(meter.thingID)": {"info": \#(info)}}}"#
            )
            let answer = try await Self.answer(meter.socket)
            guard answer["things"]?[meter.thingID]?["status"]?.text == "success" else {
                throw TestConnectionError(description: String(decoding: answer.bytes, as: UTF8.self))
            }
            delays.append(.nanoseconds(Self.now() - sent))
        }
        return delays
    }

    /// CLOCK_MONOTONIC in nanoseconds.
    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * nanosecondsPerSecond + time.tv_nsec
    }

    // MARK: - Applications

    /// Connects all; each thing has one application that is told of it.
    ///
    /// - Returns: their sockets, and of how many things each is told.
    private func watch(
        _ port: Int, _ group: any EventLoopGroup
    ) async throws -> [(socket: WebSocketTestConnection, count: Int)] {
        var watches: [(socket: WebSocketTestConnection, count: Int)] = []
        for number in 0..<applications {
            let application = try await TestApplication.connect(port: port, tls: true, group: group)
            let socket = try await application.openSocket()
            let services = try await application.request("GET", "servicediscovery").json["services"]?.array ?? []
            let ids = services.enumerated().filter { $0.offset % applications == number }.compactMap {
                $0.element["serviceId"]?.text
            }
            for id in ids {
                let answer = try await application.request("PUT", "nativeThing/onPropertyChange", service: id)
                guard answer.status == 200 else { throw TestConnectionError(description: answer.text) }
            }
            watches.append((socket, ids.count))
            await application.close()
        }
        return watches
    }

    /// Reads all updates, of which none may be missing or come twice or in another order.
    ///
    /// - Returns: how long they were on their way.
    private func read(_ socket: WebSocketTestConnection, things: Int) async throws -> [Duration] {
        var next: [String: Int] = [:]
        var delays: [Duration] = []
        while delays.count < things * seconds {
            let push = try await Self.answer(socket)
            let received = Self.now()
            guard let id = push["serviceId"]?.text, let info = push["thing"]?["info"],
                let sequence = info["sequence"]?.integer, let sent = info["sent"]?.integer
            else { throw TestConnectionError(description: String(decoding: push.bytes, as: UTF8.self)) }
            guard sequence == next[id, default: 0] else {
                throw TestConnectionError(
                    description: "\(id): update \(sequence) came where \(next[id, default: 0]) was to come")
            }
            next[id] = sequence + 1
            delays.append(.nanoseconds(received - sent))
        }
        return delays
    }
}
