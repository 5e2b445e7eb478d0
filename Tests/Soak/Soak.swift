// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPITesting
import NIOCore
import NIOPosix
import Testing

/// One gateway process, what is done to it, and what it has taken from the machine afterwards.
struct Soak: Sendable {
    /// Where its config.json is.
    let folder: TestFolder
    let gateway: TestProcess
    let port: Int
    let tls: Bool
    let bystander: Bystander
    /// For the soak's own connections; the bystander has a thread of its own.
    let group: any EventLoopGroup
    let counts = SoakCounts.current

    var origin: String { "\(tls ? "https" : "http")://localhost:\(port)" }

    /// What the gateway's memory, and each plug-in's process's, may have grown by: issue 3, in bytes.
    private static let growth = 2 << 20
    /// How often it may be done until the memory is back. The allocator keeps some of what it was given back, a few MB more
    /// or less by chance; what leaks grows each time.
    private static let rounds = 3
    /// How long it may take until everything is back. A subscription outlives its client by 10 s.
    private static let patience: Duration = .seconds(90)

    /// Starts a gateway with the bystander's plug-ins and `plugins`, does `warmUp`, which is to be what `body` does, though
    /// less of it, looks at what the gateway has taken from the machine, does `body`, and expects it to be as before.
    ///
    /// - Parameters:
    ///   - name: what is printed with the result.
    ///   - fixtures: names of fixture plug-ins.
    ///   - looksAtPlugins: whether the plug-ins' processes shall be as before, too; they must not end meanwhile.
    ///   - kept: bytes of memory that may stay for what `body` does, with the reason at the caller.
    static func run(
        _ name: String, fixtures: [String] = [], documents: String = TestBuild.root + "/html", tls: Bool = false,
        more: String = "", looksAtPlugins: Bool = true, keeps kept: Int = 0,
        warmUp: @Sendable (Soak) async throws -> Void,
        _ body: @Sendable (Soak) async throws -> Void
    ) async throws {
        try raiseOpenFileLimit()
        let folder = try TestFolder()
        let plugins = try await folder.install(libraries(fixtures))
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: plugins, documents: documents, tls: tls, more: more)
        let groups = (
            MultiThreadedEventLoopGroup(numberOfThreads: 1), MultiThreadedEventLoopGroup(numberOfThreads: 1)
        )
        do {
            let bystander = try await Bystander.connect(port: port, tls: tls, group: groups.0)
            let soak = Soak(
                folder: folder, gateway: process, port: port, tls: tls, bystander: bystander, group: groups.1)
            let watchdog = watch(bystander, on: groups.0)
            async let life: Void = bystander.run()
            do {
                try await soak.perform(name, looksAtPlugins, kept, warmUp, body)
            } catch {
                await bystander.stop()
                throw error
            }
            #expect(bystander.failure == nil)
            watchdog.cancel()
            await bystander.stop()
            await life
            process.signal(SIGTERM)
            #expect(await process.waitForExit() == 0)
        } catch {
            process.signal(SIGKILL)
            _ = await process.waitForExit()
            Issue.record("\(name): \(error)\n\(process.output.suffix(2_000))")
        }
        try await groups.0.shutdownGracefully()
        try await groups.1.shutdownGracefully()
    }

    private func perform(
        _ name: String, _ looksAtPlugins: Bool, _ kept: Int, _ warmUp: @Sendable (Soak) async throws -> Void,
        _ body: @Sendable (Soak) async throws -> Void
    ) async throws {
        let plugins = looksAtPlugins ? try await GatewayProcess.children(of: gateway.pid).sorted() : []
        let processes = [gateway.pid] + plugins
        let usage = { try processes.map { try ProcessUsage(of: $0) } }
        try await bystander.wait(pushes: 100)
        let empty = try usage()
        try await warmUp(self)
        try await settle { try Self.hasRoom(processes, as: empty) }
        let first = try usage()
        for round in 1...Self.rounds {
            let before = try usage()
            try await body(self)
            let hasRoom = try await settle { try Self.hasRoom(processes, as: before) }
            let isBack = try await settle(within: .seconds(10)) {
                zip(try usage(), before).allSatisfy { $0.memory <= $1.memory + Self.growth + kept }
            }
            let after = try usage()
            let record = bystander.record
            print(
                """
                soak: \(name), round \(round): the gateway had \(before[0]), and has \(after[0]); the bystander got \
                \(record.pushes) pushes and \(record.requests) answers, the slowest after \(record.slowestAnswer)
                """)
            for (before, after) in zip(before, after).dropFirst() { print("soak:     plug-in: \(before); \(after)") }
            #expect(hasRoom)
            // Whatever the rounds before have cost: as much again for each, and no more.
            let total = zip(after, first).map { $0.memory - $1.memory }.max() ?? 0
            if isBack, total <= (Self.growth + kept) * round * 2 { return }
        }
        Issue.record("\(name): the memory grew each time")
    }

    private static func hasRoom(_ processes: [Int32], as usage: [ProcessUsage]) throws -> Bool {
        try zip(processes, usage).allSatisfy { process, usage in
            let now = try ProcessUsage(of: process)
            return now.descriptors == usage.descriptors && now.threads <= usage.threads
        }
    }

    /// Waits until something is so that has no event of its own, looking ten times a second while the bystander is served.
    ///
    /// - Returns: whether it was so in time.
    @discardableResult
    func settle(
        within patience: Duration = Self.patience, until condition: () async throws -> Bool
    ) async throws -> Bool {
        let began = ContinuousClock.now
        while ContinuousClock.now - began < patience {
            if try await condition() { return true }
            try await bystander.wait(pushes: 10)
        }
        return try await condition()
    }

    /// Lets a client do nothing for so long, which is what the soak is about, while the bystander is served.
    func pause(_ duration: Duration) async throws {
        let began = ContinuousClock.now
        while ContinuousClock.now - began < duration { try await bystander.wait(pushes: 1) }
    }

    /// An application that has its token.
    func connect() async throws -> TestApplication {
        try await TestApplication.connect(port: port, tls: tls, group: group)
    }

    /// A connection on which nothing has been sent but, where there is TLS, its handshake.
    func openSocket() async throws -> RawTestSocket {
        try await RawTestSocket.connect(port: port, tls: tls, group: group)
    }

    private static func libraries(_ fixtures: [String]) throws -> [String] {
        try ["helloworld", "simpleclock"].map { "\(try TestBuild.plugins)/libgotapi-plugin-\($0).so" }
            + (["stream"] + fixtures).map { "\(try TestBuild.fixtures)/libgotapi-plugin-\($0).so" }
    }

    /// A push that never comes would leave everything waiting.
    private static func watch(_ bystander: Bystander, on group: any EventLoopGroup) -> RepeatedTask {
        let seen = NIOLoopBoundBox.makeBoxSendingValue(-1, eventLoop: group.any())
        return seen.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(20), delay: .seconds(20)) { _ in
            seen.value = bystander.watch(since: seen.value)
        }
    }

    /// As many descriptors as the connection limit needs on this side; the gateway raises its own limit.
    private static func raiseOpenFileLimit() throws {
        let needed = rlim_t(SoakCounts.current.connections + 1_024)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else {
            throw TestConnectionError(description: "getrlimit: \(String(cString: strerror(errno)))")
        }
        guard limit.rlim_max >= needed else {
            throw TestConnectionError(
                description: "the soaks need \(needed) open files: raise the hard limit (`ulimit -Hn`)")
        }
        limit.rlim_cur = max(limit.rlim_cur, needed)
        guard setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else {
            throw TestConnectionError(description: "setrlimit: \(String(cString: strerror(errno)))")
        }
    }
}
