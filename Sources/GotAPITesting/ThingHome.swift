// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
package import GotAPICore
import NIOConcurrencyHelpers

/// A gateway with TLS and without plug-ins, and lamps that live beside it: processes in one folder.
package struct ThingHome: Sendable {
    /// PluginSDK/things/lamp.py as a process.
    package struct Lamp: Sendable {
        package let process: TestProcess
        package let uuid: String
    }

    package let folder: TestFolder
    package private(set) var gateway: TestProcess
    package let port: Int
    private let lamps = NIOLockedValueBox<[TestProcess]>([])

    /// Runs a home for the length of `body`, and ends what lives in it, however `body` ends. The gateway has to end in order.
    ///
    /// - Parameter more: further members of config.json, each with a comma before it.
    package static func run(more: String = "", _ body: (inout ThingHome) async throws -> Void) async throws {
        var home = try await ThingHome(more: more)
        do {
            try await body(&home)
        } catch {
            await home.end(by: SIGKILL)
            throw error
        }
        let status = await home.end(by: SIGTERM)
        guard status == 0 else { throw TestConnectionError(description: "\(status):\n\(home.gateway.output)") }
    }

    private init(more: String) async throws {
        folder = try TestFolder()
        mkdir(folder.path + "/plugins", 0o755)
        (gateway, port) = try await GatewayProcess.start(
            in: folder, plugins: folder.path + "/plugins", tls: true, more: more)
    }

    /// Starts the gateway again, after its end, where it was.
    package mutating func restartGateway() async throws {
        gateway = try await GatewayProcess.start(
            in: folder, plugins: folder.path + "/plugins", tls: true, port: port
        ).process
    }

    package var configuration: [String] { ["--config", folder.path + "/config.json"] }

    /// Starts a lamp that moves five times a second, and waits until it has said its uuid. One with the same name before it
    /// has left it its credentials.
    package func startLamp(_ name: String = "lamp") async throws -> Lamp {
        let process = try TestProcess(
            "/usr/bin/env",
            [
                "python3", TestBuild.root + "/PluginSDK/things/lamp.py", "--address", "localhost:\(port)", "--file",
                "\(folder.path)/\(name).json", "--motion", "0.2",
            ], in: folder.path)
        lamps.withLockedValue { $0.append(process) }
        let output = try await process.waitForOutput { $0.contains("\n") }
        guard let line = output.split(separator: "\n").first, line.hasPrefix("uuid ") else {
            throw TestConnectionError(description: "lamp.py: \(output)")
        }
        return Lamp(process: process, uuid: String(line.dropFirst(5)))
    }

    /// Runs `gotapi` with these words, which has to succeed, and returns what it prints.
    package func command(_ words: String...) async throws -> String {
        let outcome = try await TestProcess.run(GatewayProcess.program, words + configuration)
        guard outcome.status == 0 else {
            throw TestConnectionError(description: "gotapi \(words): \(outcome.status) \(outcome.output)")
        }
        return outcome.output
    }

    /// What `gotapi things --json` prints.
    package func things() async throws -> JSONNode {
        try JSONNode(parsing: Array(try await command("things", "list", "--json").utf8))
    }

    /// Waits until the one service is as described, and returns it.
    package func service(_ condition: (JSONNode) -> Bool) async throws -> JSONNode {
        while true {
            try Task.checkCancellation()
            let services = (try await things()["pairings"]?.array ?? []).flatMap { $0["services"]?.array ?? [] }
            guard services.count <= 1 else { throw TestConnectionError(description: "\(services)") }
            if let service = services.first, condition(service) { return service }
        }
    }

    /// Ends all lamps and the gateway.
    ///
    /// - Returns: the gateway's exit status.
    @discardableResult
    private func end(by signal: CInt) async -> Int32 {
        for lamp in lamps.withLockedValue({ $0 }) {
            lamp.signal(SIGKILL)
            _ = await lamp.waitForExit()
        }
        gateway.signal(signal)
        return await gateway.waitForExit()
    }
}

extension TestApplication {
    /// Waits until discovery has one service, a thing, that is online or not, and returns its id.
    package func thing(isOnline: Bool) async throws -> String {
        while true {
            try Task.checkCancellation()
            let services = try await request("GET", "servicediscovery").json["services"]?.array ?? []
            guard services.count <= 1 else { throw TestConnectionError(description: "\(services)") }
            if let service = services.first, service["online"]?.boolean == isOnline, let id = service["serviceId"]?.text
            {
                return id
            }
        }
    }
}

extension WebSocketTestConnection {
    /// The next push with this attribute that is as described; others are passed over.
    package func nextPush(
        _ attribute: String, _ condition: (JSONNode) -> Bool = { _ in true }
    ) async throws -> JSONNode {
        while true {
            guard case .text(let text) = await next() else {
                throw TestConnectionError(description: "the socket was closed")
            }
            let push = try JSONNode(parsing: Array(text.utf8))
            if push["attribute"]?.text == attribute, condition(push) { return push }
        }
    }
}
