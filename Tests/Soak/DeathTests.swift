// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOConcurrencyHelpers
import Testing

extension Soaks {
    /// Processes that are killed, and gateways that come and go.
    @Suite struct DeathTests {
        /// Those whose processes are killed. The first is asked, to the second applications are subscribed.
        private static let asked = "oracle"
        private static let subscribed = "replays"

        @Test(.timeLimit(.minutes(20)))
        func pluginsThatAreKilledTakeNothingOfOthersAlong() async throws {
            try await Soak.run("kills", fixtures: [Self.asked, Self.subscribed], looksAtPlugins: false) { soak in
                try await Self.kill(soak.counts.killsBefore, soak)
            } _: { soak in
                try await Self.kill(soak.counts.kills, soak)
            }
        }

        /// Kills one of the victims' processes again and again, while applications use both.
        private static func kill(_ count: Int, _ soak: Soak) async throws {
            let isOver = NIOLockedValueBox(false)
            var subscriber = try await Subscriber.connect(soak)
            try await withThrowingTaskGroup { tasks in
                for _ in 0..<4 {
                    tasks.addTask {
                        let application = try await soak.connect()
                        while !isOver.withLockedValue({ $0 }) {
                            try Task.checkCancellation()
                            try await ask(application)
                        }
                        await application.close()
                    }
                }
                for number in 0..<count {
                    let fixture = Bool.random() ? asked : subscribed
                    let victim = try await status(fixture, soak)
                    guard let id = victim["id"]?.text, let pid = victim["pid"]?.integer.flatMap({ Int32(exactly: $0) })
                    else { throw TestConnectionError(description: "before kill \(number): \(victim)") }
                    #expect(Glibc.kill(pid, SIGKILL) == 0)
                    #expect(try await soak.settle { try await status(fixture, soak)["pid"]?.integer != Int(pid) })
                    let outcome = try await TestProcess.run(
                        GatewayProcess.program, ["plugin", "start", id, "--config", soak.folder.path + "/config.json"])
                    #expect(outcome.status == 0, "\(outcome.output)")
                    if fixture == asked {
                        let answer = try await subscriber.application.request("GET", "t/x", service: asked)
                        #expect(answer.status == 200, "\(answer.text)")
                    }
                    if fixture == subscribed { try await subscriber.goesOn() }
                }
                isOver.withLockedValue { $0 = true }
                try await tasks.waitForAll()
            }
            await subscriber.close()
        }

        /// Every request gets an answer: the plug-in's, or that it is gone.
        private static func ask(_ application: TestApplication) async throws {
            let answer = try await application.request("GET", "t/x", service: asked)
            guard [200, 502, 503].contains(answer.status) else { throw TestConnectionError(description: answer.text) }
        }

        private static func status(_ fixture: String, _ soak: Soak) async throws -> JSONNode {
            let list = try await GatewayProcess.list(in: soak.folder).array ?? []
            let plugin = list.first { $0["file"]?.text?.hasSuffix("-\(fixture).so") == true }
            guard let plugin else { throw TestConnectionError(description: "\(fixture) is not listed: \(list)") }
            return plugin
        }

        /// An application whose subscription is carried over from one generation of the plug-in to the next.
        private struct Subscriber {
            /// Far enough for the next process, which counts from 0, to be told from this one.
            private static let enough = 5

            let application: TestApplication
            let socket: WebSocketTestConnection
            var last = 0

            static func connect(_ soak: Soak) async throws -> Subscriber {
                let application = try await soak.connect()
                let socket = try await application.openSocket()
                let answer = try await application.request("PUT", "t/count", service: subscribed)
                guard answer.status == 200 else { throw TestConnectionError(description: answer.text) }
                var subscriber = Subscriber(application: application, socket: socket)
                try await subscriber.read { $0 >= enough }
                return subscriber
            }

            /// Reads until a new process has pushed; the socket has to stay open.
            mutating func goesOn() async throws {
                let before = last
                try await read { $0 < before }
                try await read { $0 >= Self.enough }
            }

            private mutating func read(until condition: (Int) -> Bool) async throws {
                repeat {
                    guard case .text(let text) = await socket.next() else {
                        throw TestConnectionError(description: "the subscriber's socket was closed")
                    }
                    guard let number = try JSONNode(parsing: Array(text.utf8))["data"]?.integer else {
                        throw TestConnectionError(description: "the subscription has ended: \(text)")
                    }
                    last = number
                } while !condition(last)
            }

            func close() async {
                await socket.close()
                await application.close()
            }
        }

        /// Starts and ends, in order and by force; nothing of them stays, in no process and in no file.
        @Test(.timeLimit(.minutes(60)))
        func nothingIsLeftOfGatewaysThatCameAndWent() async throws {
            let folder = try TestFolder()
            let libraries = try ["helloworld", "simpleclock"].map {
                "\(try TestBuild.plugins)/libgotapi-plugin-\($0).so"
            }
            let plugins = try await folder.install(libraries)
            for number in 0..<SoakCounts.current.starts {
                let (gateway, _) = try await GatewayProcess.start(in: folder, plugins: plugins)
                let runners = try await GatewayProcess.children(of: gateway.pid)
                #expect(runners.count == 2)
                let isKilled = number % 10 == 9
                gateway.signal(isKilled ? SIGKILL : SIGTERM)
                #expect(await gateway.waitForExit() == (isKilled ? 128 + SIGKILL : 0))
                for runner in runners {
                    // Killed with their gateway, they end by themselves, without anybody to tell.
                    while GatewayProcess.isRunning(runner) {
                        try Task.checkCancellation()
                        await Task.yield()
                    }
                }
            }
            // The last one ended by force, or in order: what it leaves, the next one removes.
            let (gateway, _) = try await GatewayProcess.start(in: folder, plugins: plugins)
            gateway.signal(SIGTERM)
            #expect(await gateway.waitForExit() == 0)
            #expect(try entries(of: folder.path + "/state") == ["gotapi.sqlite", "libraries", "lock", "plugins"])
            #expect(try entries(of: folder.path + "/state/libraries") == [])
        }

        private func entries(of folder: String) throws -> [String] {
            guard let stream = opendir(folder) else {
                throw TestConnectionError(description: "\(folder): \(String(cString: strerror(errno)))")
            }
            defer { closedir(stream) }
            var names: [String] = []
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { names.append(name) }
            }
            return names.sorted()
        }
    }
}
