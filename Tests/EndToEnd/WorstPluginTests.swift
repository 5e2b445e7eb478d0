// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOCore
import Testing

/// Plug-ins that do their worst, each in a process of its own: the others are served throughout, whoever asks the victim gets
/// an answer, and it runs again by itself or by its owner's word. The fixtures are in Tests/Fixtures/Plugins/README.md.
@Suite(.serialized) struct WorstPluginTests {
    /// What a plug-in does and what becomes of it.
    private struct Misdeed: Sendable {
        /// The fixture, which is its service too.
        let plugin: String
        /// The attribute that makes it do so.
        let attribute: String
        /// Of the answer to the request that asked for it.
        let statuses: Set<Int>
        /// What the reason of its crash says; one of these.
        let reasons: [String]
        /// That ended it; `nil` where there is none or any.
        var signal: Int?
        /// What it has printed.
        var output: String?
    }

    /// What hangs counts as a crash after `plugin_response_timeout`, 3 s, and 10 s.
    private static let hung = ["blocked its thread for 13 s"]

    private static let misdeeds = [
        Misdeed(
            plugin: "worst-null", attribute: "null", statuses: [502], reasons: ["SIGSEGV"], signal: SIGSEGV.integer),
        Misdeed(
            plugin: "worst-overflow", attribute: "overflow", statuses: [502], reasons: ["SIGSEGV"],
            signal: SIGSEGV.integer),
        Misdeed(plugin: "worst-exit", attribute: "exit", statuses: [502], reasons: ["exited with status 0"]),
        Misdeed(plugin: "worst-loop", attribute: "loop", statuses: [500], reasons: hung),
        Misdeed(plugin: "worst-stop", attribute: "stop", statuses: [200, 500], reasons: hung, signal: SIGKILL.integer),
        // By itself, at 512 MiB, where there is no limit below that; on a slow machine not before the deadline.
        Misdeed(
            plugin: "worst-memory", attribute: "memory", statuses: [500, 502],
            reasons: ["SIGABRT", "SIGKILL", "memory"]),
        // Noticed with what is sent to it next.
        Misdeed(plugin: "worst-close", attribute: "close", statuses: [500, 502], reasons: [""]),
        // Held back, so that its thread hangs in a write.
        Misdeed(
            plugin: "worst-print", attribute: "print", statuses: [500], reasons: hung, output: "a hundred megabytes"),
        Misdeed(
            plugin: "worst-garbage", attribute: "garbage", statuses: [200, 502], reasons: ["frame"],
            signal: SIGKILL.integer),
        Misdeed(
            plugin: "throws", attribute: "throw", statuses: [502], reasons: ["SIGABRT"], signal: SIGABRT.integer,
            output: "thrown too far"),
        Misdeed(
            plugin: "panics", attribute: "panic", statuses: [502], reasons: ["SIGABRT"], signal: SIGABRT.integer,
            output: "panic"),
        Misdeed(
            plugin: "traps", attribute: "trap", statuses: [502], reasons: ["SIGILL", "SIGTRAP"],
            output: "libgotapi-plugin-traps.so"),
    ]

    /// Those of the gateway for a plug-in that does not answer: no time left, crashed, not there.
    private static let excuses: Set<Int> = [500, 502, 503]

    @Test(.timeLimit(.minutes(2)))
    func whatAPluginDoesIsItsOwnLoss() async throws {
        let names = Self.misdeeds.map(\.plugin) + ["worst-abort", "worst-processes", "worst-flood"]
        try await withGateway(of: names) { gateway in
            try await Bystanders.expectServed(port: gateway.port, group: gateway.group) {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for misdeed in Self.misdeeds {
                        tasks.addTask { try await Self.expectRestart(after: misdeed, gateway) }
                    }
                    tasks.addTask { try await Self.expectQuarantine(of: "worst-abort", gateway) }
                    tasks.addTask { try await Self.expectNoChildren(of: "worst-processes", gateway) }
                    tasks.addTask { try await Self.expectServedAfterFlood(of: "worst-flood", gateway) }
                    try await tasks.waitForAll()
                }
            }
            let table = try await TestProcess.run(
                GatewayProcess.program,
                ["plugin", "list", "--verbose", "--config", gateway.folder.path + "/config.json"])
            for words in ["crashed last: was ended by signal 11 (SIGSEGV", "printed last:", "thrown too far"] {
                #expect(table.output.contains(words), "\(table.output)")
            }
        }
    }

    /// Asks the victim with every change of services that is pushed, its own among them.
    private static func expectRestart(after misdeed: Misdeed, _ gateway: RunningGateway) async throws {
        let application = try await gateway.connect()
        let socket = try await application.openSocket()
        let watching = try await application.request("PUT", "servicediscovery/onServiceChange")
        #expect(watching.status == 200, "\(watching.text)")
        let answer = try await application.request("GET", "t/\(misdeed.attribute)", service: misdeed.plugin)
        #expect(misdeed.statuses.contains(answer.status), "\(misdeed.plugin): \(answer.text)")
        var isOnline: [Bool] = []
        while isOnline != [false, true] {
            let answer = try await application.request("GET", "t/ok", service: misdeed.plugin)
            #expect(answer.status == 200 || excuses.contains(answer.status), "\(misdeed.plugin): \(answer.text)")
            let push = try await socket.nextEvent()
            if push["networkService"]?["serviceId"]?.text == misdeed.plugin {
                isOnline.append(push["networkService"]?["online"]?.boolean == true)
            }
        }
        let last = try await application.request("GET", "t/ok", service: misdeed.plugin)
        #expect(last.status == 200, "\(misdeed.plugin): \(last.text)")
        let status = try #require(try await gateway.status(of: misdeed.plugin))
        #expect(status["state"]?.text == "running", "\(misdeed.plugin)")
        #expect(status["generation"]?.integer == 2, "\(misdeed.plugin)")
        #expect(status["crashes"]?.integer == 1, "\(misdeed.plugin)")
        let reason = status["lastCrash"]?.text ?? ""
        #expect(misdeed.reasons.contains { $0.isEmpty || reason.contains($0) }, "\(misdeed.plugin): \(reason)")
        if let signal = misdeed.signal { #expect(status["lastSignal"]?.integer == signal, "\(misdeed.plugin)") }
        let output = status["output"]?.array?.compactMap(\.text) ?? []
        if let words = misdeed.output {
            #expect(output.contains { $0.contains(words) }, "\(misdeed.plugin): \(output)")
        }
        await socket.close()
        await application.close()
    }

    private static func expectQuarantine(of plugin: String, _ gateway: RunningGateway) async throws {
        let application = try await gateway.connect()
        let socket = try await application.openSocket()
        #expect(try await application.request("PUT", "servicediscovery/onServiceChange").status == 200)
        for count in 1...5 {
            let answer = try await application.request("GET", "t/abort", service: plugin)
            #expect(answer.status == 502, "\(answer.text)")
            var isOnline: Bool?
            while isOnline != (count < 5) {
                let service = try await socket.nextEvent()["networkService"]
                if service?["serviceId"]?.text == plugin { isOnline = service?["online"]?.boolean }
            }
            #expect(try await gateway.status(of: plugin)?["crashes"]?.integer == count)
        }
        let status = try await gateway.status(of: plugin)
        #expect(status?["state"]?.text == "quarantined")
        #expect(status?["lastSignal"]?.integer == SIGABRT.integer)
        let answer = try await application.request("GET", "t/ok", service: plugin)
        #expect(answer.status == 503)
        #expect(answer.text.contains("quarantined"))

        let start = try await TestProcess.run(
            GatewayProcess.program,
            ["plugin", "start", "com.example.\(plugin)", "--config", gateway.folder.path + "/config.json"])
        #expect(start.status == 0, "\(start.output)")
        #expect(start.output.contains("runs as process"))
        #expect(try await application.request("GET", "t/ok", service: plugin).status == 200)
        #expect(try await gateway.status(of: plugin)?["state"]?.text == "running")
        await application.close()
    }

    private static func expectNoChildren(of plugin: String, _ gateway: RunningGateway) async throws {
        let application = try await gateway.connect()
        let answer = try await application.request("GET", "t/processes", service: plugin)
        let count = try #require(try answer.json["children"]?.integer, "\(answer.text)")
        let pid = try #require(try await gateway.status(of: plugin)?["pid"]?.integer)
        let children = try await GatewayProcess.children(of: Int32(pid))
        // Where nothing stops it, it stops at 200 itself.
        #expect(children.count == count && count > 0)
        #expect(try await application.request("GET", "t/abort", service: plugin).status == 502)
        try await waitUntil { !children.contains { GatewayProcess.isRunning($0) } }
        try await gateway.wait(for: plugin) { $0["state"]?.text == "running" }
        #expect(try await application.request("GET", "t/ok", service: plugin).status == 200)
        await application.close()
    }

    /// Its client gets what it can take in, and its other requests are answered meanwhile and afterwards.
    private static func expectServedAfterFlood(of plugin: String, _ gateway: RunningGateway) async throws {
        let application = try await gateway.connect()
        let socket = try await application.openSocket()
        #expect(try await application.request("PUT", "t/flood", service: plugin).status == 200)
        for _ in 0..<1_000 { #expect(try await socket.nextEvent()["attribute"]?.text == "flood") }
        for _ in 0..<2 {
            let answer = try await application.request("GET", "t/ok", service: plugin)
            #expect(answer.status == 200 || excuses.contains(answer.status), "\(answer.text)")
            await socket.close()
        }
        #expect(try await gateway.status(of: plugin)?["state"]?.text == "running")
        await application.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func subscriptionsGoOnOrEndWithAnErrorAndWatchersAreTold() async throws {
        try await withGateway(of: ["replays", "worst-count"]) { gateway in
            let application = try await gateway.connect()
            let socket = try await application.openSocket()
            let watching = try await application.request("PUT", "servicediscovery/onServiceChange")
            #expect(watching.status == 200, "\(watching.text)")
            let plugins = ["replays", "worst-count"]
            for plugin in plugins {
                let answer = try await application.request("PUT", "t/count", service: plugin)
                #expect(answer.status == 200, "\(answer.text)")
            }
            var events = Events()
            while plugins.contains(where: { (events.counts[$0]?.last ?? 0) < 3 }) {
                events.add(try await socket.nextEvent())
            }
            for plugin in plugins {
                #expect(try await application.request("GET", "t/abort", service: plugin).status == 502)
            }
            while events.counts["replays"]?.suffix(3) != [0, 1, 2]
                || plugins.contains(where: { events.changes[$0] != [false, true] }) || events.errors.isEmpty
            {
                events.add(try await socket.nextEvent())
            }
            #expect(events.errors == ["worst-count"])
            #expect(events.counts["worst-count"]?.contains(0) == true)
            // A new subscription is what its application has to ask for.
            #expect(try await application.request("PUT", "t/count", service: "worst-count").status == 200)
            repeat { events.add(try await socket.nextEvent()) } while events.counts["worst-count"]?.last != 3
            await application.close()
        }
    }

    /// What one application was pushed.
    private struct Events {
        /// What each service has counted.
        var counts: [String: [Int]] = [:]
        /// Whether each service that changed was online.
        var changes: [String: [Bool]] = [:]
        /// The services whose subscriptions ended with an error.
        var errors: [String] = []

        mutating func add(_ push: JSONNode) {
            let service = push["serviceId"]?.text ?? ""
            if let changed = push["networkService"] {
                let online = changed["online"]?.boolean
                #expect(changed["state"]?.boolean == true && online != nil, "\(push)")
                changes[changed["serviceId"]?.text ?? "", default: []].append(online ?? false)
            } else if let count = push["data"]?.integer {
                counts[service, default: []].append(count)
            } else {
                #expect((push["result"]?.integer ?? 0) > 0, "\(push)")
                #expect(push["errorMessage"]?.text?.isEmpty == false, "\(push)")
                errors.append(service)
            }
        }
    }
}

extension Int32 {
    fileprivate var integer: Int { Int(self) }
}
