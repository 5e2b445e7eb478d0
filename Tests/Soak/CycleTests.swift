// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPITesting
import Testing

extension Soaks {
    /// Applications that come, use everything, and leave, with or without a word.
    @Suite struct CycleTests {
        /// Applications at once.
        private static let width = 8
        /// What stays of one application for the 24 h that its token lives, in bytes: the token and its client, 1.1 KB, and
        /// what each of three plug-ins has accepted, 0.5 KB, with the tables that they lie in, which grow by doubling.
        private static let kept = 3 << 10

        @Test(.timeLimit(.minutes(20)))
        func nothingIsLeftOfApplicationsThatCameAndWent() async throws {
            let kept = Self.kept * SoakCounts.current.cycles
            try await Soak.run("cycles", fixtures: ["oracle"], keeps: kept) { soak in
                try await Self.comeAndGo(soak.counts.cyclesBefore, soak)
            } _: { soak in
                try await Self.comeAndGo(soak.counts.cycles, soak)
            }
        }

        private static func comeAndGo(_ count: Int, _ soak: Soak) async throws {
            try await inParallel(count, width: width) { number in
                let application = try await soak.connect()
                let echo = try await application.request(
                    "GET", "echo", service: "com.github.futomi.hello-world.echo", parameters: [("msg", "\(number)")])
                #expect(try echo.json["data"]?.text == "\(number)")
                let socket = try await application.openSocket()
                let set = "{\"result\":0,\"data\":\(number)}"
                let pushed = try await application.request(
                    "PUT", "t/push", service: "oracle", parameters: [("set", set)])
                #expect(pushed.status == 200, "\(pushed.text)")
                guard case .text(let text) = await socket.next() else {
                    throw TestConnectionError(description: "application \(number) got no push")
                }
                #expect(try JSONNode(parsing: Array(text.utf8))["data"]?.integer == number)
                let clock = "com.github.futomi.hello-clock.clock"
                let started = try await application.request("PUT", "clock/ticktack", service: clock)
                #expect(started.status == 200, "\(started.text)")
                switch number % 3 {
                case 0:
                    let stopped = try await application.request("DELETE", "clock/ticktack", service: clock)
                    #expect(stopped.status == 200, "\(stopped.text)")
                    #expect(try await socket.closeWithHandshake() == 1_000)
                    await application.close()
                case 1:
                    // Its clock ticks on until the gateway has noticed.
                    await socket.close()
                    await application.close()
                default:
                    await application.abort()
                    await socket.abort()
                }
            }
        }
    }
}
