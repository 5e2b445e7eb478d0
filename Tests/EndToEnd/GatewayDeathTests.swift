// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

/// What is left when a gateway ends, however it ends, and what the next one knows of it.
@Suite(.serialized) struct GatewayDeathTests {
    @Test(.timeLimit(.minutes(1)))
    func aPluginThatTookTheGatewayAlongRunsIsolatedAtTheNextStart() async throws {
        let folder = try TestFolder()
        let plugins = try await folder.install(
            try ["worst-null", "worst-count"].map { "\(try TestBuild.fixtures)/libgotapi-plugin-\($0).so" })
        let more = ", \"plugins\": {\"isolation\": \"none\"}"
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let (process, port) = try await GatewayProcess.start(in: folder, plugins: plugins, more: more)
            let gateway = RunningGateway(folder: folder, process: process, port: port, group: group)
            let application = try await gateway.connect()
            #expect(try await application.request("GET", "t/ok", service: "worst-count").status == 200)
            #expect(try await gateway.status(of: "worst-null")?["isolation"]?.text == "none")
            await #expect(throws: (any Error).self) {
                try await application.request("GET", "t/null", service: "worst-null")
            }
            #expect(await process.waitForExit() == 128 + SIGSEGV)
        }
        // After an end in order, too: until the file changes.
        for _ in 0..<2 {
            let (process, port) = try await GatewayProcess.start(in: folder, plugins: plugins, more: more)
            let gateway = RunningGateway(folder: folder, process: process, port: port, group: group)
            #expect(
                process.output.contains(
                    "com.example.worst-null was running in the gateway's own process when that died"))
            let suspect = try await gateway.status(of: "worst-null")
            #expect(suspect?["isolation"]?.text == "process")
            #expect(suspect?["pid"]?.integer != nil)
            let other = try await gateway.status(of: "worst-count")
            #expect(other?["isolation"]?.text == "none")
            #expect(other?["pid"]?.integer == nil)

            let application = try await gateway.connect()
            #expect(try await application.request("GET", "t/null", service: "worst-null").status == 502)
            #expect(try await application.request("GET", "t/ok", service: "worst-count").status == 200)
            await application.close()
            process.signal(SIGTERM)
            #expect(await process.waitForExit() == 0)
        }
        try await group.shutdownGracefully()
    }

    @Test(.timeLimit(.minutes(1)))
    func noRunnerSurvivesAGatewayThatIsKilledWhateverItIsDoing() async throws {
        let folder = try TestFolder()
        let plugins = try await folder.install(
            try ["worst-loop", "worst-stop", "worst-processes", "worst-flood", "worst-null"].map {
                "\(try TestBuild.fixtures)/libgotapi-plugin-\($0).so"
            })
        let (process, port) = try await GatewayProcess.start(in: folder, plugins: plugins)
        let runners = try await GatewayProcess.children(of: process.pid)
        #expect(runners.count == 5)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let gateway = RunningGateway(folder: folder, process: process, port: port, group: group)
        let application = try await gateway.connect()
        let socket = try await application.openSocket()
        #expect(try await application.request("PUT", "t/flood", service: "worst-flood").status == 200)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (plugin, attribute) in [("worst-loop", "loop"), ("worst-stop", "stop")] {
                let other = try await gateway.connect()
                // Answered or not: the one that stops itself may have answered before.
                tasks.addTask { _ = try? await other.request("GET", "t/\(attribute)", service: plugin) }
                try await gateway.wait(for: plugin) { $0["requests"]?.integer == 1 }
            }
            process.signal(SIGKILL)
            #expect(await process.waitForExit() == 128 + SIGKILL)
            try await tasks.waitForAll()
        }
        try await waitUntil { !runners.contains { GatewayProcess.isRunning($0) } }
        await socket.close()
        try await group.shutdownGracefully()
    }

    @Test(.timeLimit(.minutes(1)))
    func aGatewayThatEndsTakesThePluginsProgramsAlong() async throws {
        let program = NIOLockedValueBox<Int32>(0)
        try await withGateway(of: ["worst-program"]) { gateway in
            let application = try await gateway.connect()
            let answer = try await application.request("GET", "t/program", service: "worst-program")
            let pid = Int32(try #require(try answer.json["pid"]?.integer, "\(answer.text)"))
            #expect(GatewayProcess.isRunning(pid))
            program.withLockedValue { $0 = pid }
            await application.close()
        }
        try await waitUntil { !GatewayProcess.isRunning(program.withLockedValue { $0 }) }
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["process", "none"])
    func startsAndEndsLeaveNothingBehind(isolation: String) async throws {
        let folder = try TestFolder()
        let plugins = try await folder.install(
            ["\(try TestBuild.fixtures)/libgotapi-plugin-worst-count.so"] + Bystanders.libraries)
        for end in [SIGTERM, SIGKILL, SIGINT, SIGKILL, SIGTERM] {
            let (process, _) = try await GatewayProcess.start(
                in: folder, plugins: plugins, more: ", \"plugins\": {\"isolation\": \"\(isolation)\"}")
            let runners = try await GatewayProcess.children(of: process.pid)
            #expect(runners.count == (isolation == "process" ? 3 : 0))
            process.signal(end)
            #expect(await process.waitForExit() == (end == SIGKILL ? 128 + SIGKILL : 0))
            try await waitUntil { !runners.contains { GatewayProcess.isRunning($0) } }
        }
        // Of what configuration.md names stay the lock file, the database, the plug-ins' data and, where they were in use until the end, the
        // last gateway's copies of the libraries.
        let left = try await TestProcess.run(
            "/usr/bin/find", [".", "-mindepth", "1", "-maxdepth", "2"], in: folder.path + "/state")
        let paths = left.output.split(separator: "\n").sorted()
        #expect(paths.filter { $0.hasPrefix("./libraries/") }.count == (isolation == "process" ? 0 : 1))
        #expect(
            paths.filter { !$0.hasPrefix("./libraries/") } == [
                "./gotapi.sqlite", "./libraries", "./lock", "./plugins", "./plugins/com.example.stream",
                "./plugins/com.example.worst-count", "./plugins/com.github.futomi.hello-world",
            ])
    }
}
