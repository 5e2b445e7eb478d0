// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOPosix
import Testing

extension Soaks {
    /// The gateway and a thing that are killed at any moment: the pairing holds, no service is there twice, and
    /// subscriptions go on.
    @Suite struct ThingDeathTests {
        private enum Victim: CaseIterable {
            case thing
            case gateway
            case both
        }

        @Test(.timeLimit(.minutes(20)))
        func gatewayAndThingAreKilledAtRandom() async throws {
            try await ThingHome.run { home in
                var lamp = try await home.startLamp()
                _ = try await home.command("things", "pair")
                var application = try await Application(home)
                for _ in 0..<SoakCounts.current.thingKills {
                    // In the middle of something: what is asked for may or may not be done any more.
                    let verb = Bool.random() ? "on" : "off"
                    async let performed = try? application.perform(verb)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...50)))
                    let victim = Victim.allCases.randomElement() ?? .both
                    if victim != .gateway {
                        lamp.process.signal(SIGKILL)
                        _ = await lamp.process.waitForExit()
                    }
                    if victim != .thing {
                        home.gateway.signal(SIGKILL)
                        _ = await home.gateway.waitForExit()
                    }
                    _ = await performed
                    if victim != .thing { try await home.restartGateway() }
                    if victim != .gateway { lamp = try await home.startLamp() }
                    // Tokens do not outlive the gateway, so its applications begin again; a thing's death they outlive.
                    if victim != .thing {
                        await application.close()
                        application = try await Application(home)
                    }
                    try await application.goesOn()
                    let pairings = try await home.things()["pairings"]?.array ?? []
                    #expect(pairings.map { $0["uuid"]?.text } == [lamp.uuid], "after \(victim)")
                    #expect(pairings.first?["services"]?.array?.count == 1, "after \(victim)")
                }
                await application.close()
            }
        }

        /// One that is subscribed to the lamp's motions.
        private struct Application: Sendable {
            private let connection: TestApplication
            private let socket: WebSocketTestConnection
            private let thing: String

            /// Waits until the lamp is online.
            init(_ home: ThingHome) async throws {
                connection = try await TestApplication.connect(
                    port: home.port, tls: true, group: MultiThreadedEventLoopGroup.singleton)
                thing = try await connection.thing(isOnline: true)
                socket = try await connection.openSocket()
                let answer = try await connection.request(
                    "PUT", "nativeThing/onEvent", service: thing, parameters: [("verb", "motion")])
                guard answer.status == 200 else { throw TestConnectionError(description: answer.text) }
            }

            func perform(_ verb: String) async throws {
                _ = try await connection.request(
                    "POST", "nativeThing/perform", service: thing, parameters: [("verb", verb)])
            }

            /// Waits until the lamp, online under the same id, has moved after now.
            func goesOn() async throws {
                guard try await connection.thing(isOnline: true) == thing else {
                    throw TestConnectionError(description: "the lamp has become another service")
                }
                var now = timespec()
                clock_gettime(CLOCK_REALTIME, &now)
                let time = now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
                _ = try await socket.nextPush("onEvent") { push in push["event"]?["time"]?.integer ?? 0 > time }
            }

            func close() async {
                await socket.close()
                await connection.close()
            }
        }
    }
}
