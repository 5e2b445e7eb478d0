// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIServer
import GotAPITesting
import Testing

/// Applications as they are: many at once, each with its own key, requests and pushes.
@Suite(.serialized) struct ApplicationTests {
    private static let clock = "com.github.futomi.hello-clock.clock"
    private static let echo = "com.github.futomi.hello-world.echo"

    /// The samples and the fixture that pushes what it is told to.
    private static func plugins(_ folder: TestFolder) async throws -> String {
        let samples = ["helloworld", "lightemulator", "simpleclock"].map { name in
            "libgotapi-plugin-\(name).so"
        }
        return try await folder.install(
            try samples.map { "\(try TestBuild.plugins)/\($0)" } + [
                "\(try TestBuild.fixtures)/libgotapi-plugin-oracle.so"
            ])
    }

    @Test(.timeLimit(.minutes(3)), arguments: [Configuration.Isolation.process, .inProcess])
    func twoHundredApplicationsAtOnceEachGetTheirOwn(isolation: Configuration.Isolation) async throws {
        let folder = try TestFolder()
        let plugins = try await Self.plugins(folder)
        let configure: @Sendable (inout Configuration) -> Void = { $0.plugins.isolation = isolation }
        try await TestGateway.run(plugins: plugins, configure: configure) { gateway in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in 0..<200 {
                    tasks.addTask { try await Self.useEverything(gateway, number) }
                }
                try await tasks.waitForAll()
            }
        }
    }

    /// What one application does. Its connection checks the HMAC of every answer.
    private static func useEverything(_ gateway: TestGateway, _ number: Int) async throws {
        let application = try await gateway.connect()
        let socket = try await application.openSocket()
        for round in 0..<3 {
            let text = "application \(number), round \(round)"
            let answer = try await application.request("GET", "echo", service: echo, parameters: [("msg", text)])
            #expect(try answer.json["data"]?.text == text)
        }
        let pushes = 5
        for round in 0..<pushes {
            let set = "{\"result\":0,\"data\":\"\(number)-\(round)\"}"
            let answer = try await application.request("PUT", "t/push", service: "oracle", parameters: [("set", set)])
            #expect(answer.status == 200, "\(answer.text)")
        }
        for round in 0..<pushes {
            guard case .text(let text) = await socket.next() else {
                Issue.record("application \(number) lost push \(round)")
                break
            }
            #expect(try JSONNode(parsing: Array(text.utf8))["data"]?.text == "\(number)-\(round)")
        }
        await socket.close()
        await application.close()
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Configuration.Isolation.process, .inProcess])
    func theClockOverTLSTicksUntilItsApplicationStopsIt(isolation: Configuration.Isolation) async throws {
        let configure: @Sendable (inout Configuration) -> Void = {
            $0.isTLSEnabled = true
            $0.plugins.isolation = isolation
        }
        try await TestGateway.run(plugins: try TestBuild.plugins, configure: configure) { gateway in
            let application = try await gateway.connect()
            let socket = try await application.openSocket()
            let started = try await application.request("PUT", "clock/ticktack", service: Self.clock)
            #expect(try started.json["result"]?.integer == 0)
            for _ in 0..<2 {
                guard case .text(let text) = await socket.next() else {
                    Issue.record("no tick")
                    break
                }
                let event = try JSONNode(parsing: Array(text.utf8))
                #expect(event["profile"]?.text == "clock")
                #expect(event["data"]?.text?.contains(":") == true)
            }
            let stopped = try await application.request("DELETE", "clock/ticktack", service: Self.clock)
            #expect(stopped.status == 200)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatHTTPKnowsAndTheGatewayDoesNotIsAnsweredInJSON() async throws {
        try await TestGateway.run(plugins: try TestBuild.plugins) { gateway in
            let port = gateway.address.port
            let origin = [("Origin", "http://localhost:\(port)")]
            for (method, target, status, code, profile) in [
                ("BREW", "/gotapi/echo", 405, "3", nil), ("PATCH", "/gotapi/echo", 405, "3", nil),
                ("GET", "/gotapi/%ff", 400, "10", ""),
            ] {
                let connection = try await HTTPTestConnection.connect(port: port, tls: false, group: gateway.group)
                let answer = try await connection.send(method, target, headers: origin)
                await connection.close()
                #expect(answer.status == status)
                #expect(try answer.json["errorCode"]?.text == code)
                #expect(try answer.json["profile"]?.text == profile)
            }
        }
    }
}
