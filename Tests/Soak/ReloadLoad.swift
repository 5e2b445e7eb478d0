// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPITesting
import NIOConcurrencyHelpers

/// The applications that use plug-ins while these are reloaded: 32 connections, those of 12 that ask and, with their sockets,
/// 10 that listen. None may miss an answer, and what they are told is checked by the ledger.
struct ReloadLoad: Sendable {
    static let askers = 12
    static let listeners = 10

    let soak: Soak
    let ledger: ReloadLedger
    /// Whose subscriptions go on after a reload; those of all others end.
    let replayable: String
    /// All, the replayable one among them.
    let plugins: [String]

    private let isOver = NIOLockedValueBox(false)

    init(_ soak: Soak, _ ledger: ReloadLedger, replayable: String, others: [String]) {
        self.soak = soak
        self.ledger = ledger
        self.replayable = replayable
        plugins = [replayable] + others
    }

    /// Runs them while `body` runs.
    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<Self.askers { tasks.addTask { try await ask(as: number) } }
            for number in 0..<Self.listeners {
                let plugin = number % 2 == 0 ? replayable : plugins[number / 2 % (plugins.count - 1) + 1]
                tasks.addTask { try await plugin == replayable ? goOn(as: number) : listen(to: plugin, as: number) }
            }
            tasks.addTask {
                try await body()
                isOver.withLockedValue { $0 = true }
            }
            // The first that fails ends the others.
            for try await _ in tasks {}
        }
    }

    private var goesOn: Bool {
        get throws {
            try Task.checkCancellation()
            return !isOver.withLockedValue { $0 }
        }
    }

    // MARK: - Requests

    /// Asks one plug-in after another, at once or after a while, and gives commands.
    private func ask(as number: Int) async throws {
        let application = try await soak.connect()
        var last: [String: Int] = [:]
        var count = 0
        while try goesOn {
            let plugin = plugins[(number + count) % plugins.count]
            let command = count % 5 == 4 ? "\(application.token.prefix(8))-\(count)" : nil
            let origin = try await request(
                command == nil ? "GET" : "POST", application, plugin, command: command,
                parameters: count % 4 == 0 ? [] : [("delay", "\(count % 4 * 10)")])
            guard origin.instance >= last[plugin] ?? 0 else {
                throw TestConnectionError(description: "\(origin) answered after \(last[plugin] ?? 0)")
            }
            last[plugin] = origin.instance
            count += 1
        }
        await application.close()
    }

    @discardableResult
    private func request(
        _ method: String, _ application: TestApplication, _ plugin: String, command: String? = nil,
        parameters: [(String, String)] = []
    ) async throws -> ReloadLedger.Origin {
        let moment = ledger.now(plugin)
        let answer = try await application.request(
            method, "t/count", service: plugin, parameters: parameters + (command.map { [("command", $0)] } ?? []))
        guard answer.status == 200 else { throw TestConnectionError(description: "\(plugin): \(answer.text)") }
        let origin = try ReloadLedger.Origin(try answer.json)
        try ledger.check(origin, of: plugin, since: moment)
        if let command { ledger.executed(command, by: plugin) }
        return origin
    }

    /// Who is served now.
    func served(_ plugin: String, _ application: TestApplication) async throws {
        ledger.reported(plugin)
        try ledger.served(plugin, by: try await request("GET", application, plugin))
    }

    // MARK: - Subscriptions

    /// What a subscription pushes: numbers from 0 on from each generation, none of them missing or repeated.
    private struct Pushes {
        var instance: Int?
        var next = 0

        mutating func add(_ push: JSONNode, _ origin: ReloadLedger.Origin) throws {
            if instance != origin.instance { next = 0 }
            guard push["number"]?.integer == next else {
                throw TestConnectionError(description: "in place of push \(next) of \(instance ?? 0): \(push)")
            }
            instance = origin.instance
            next += 1
        }
    }

    /// Subscribes once, and hears from one generation after another on a socket that stays open.
    private func goOn(as number: Int) async throws {
        let application = try await soak.connect()
        let socket = try await application.openSocket()
        try await request("PUT", application, replayable)
        var pushes = Pushes()
        while try goesOn {
            let push = try await socket.nextPush()
            let origin = try ReloadLedger.Origin(push)
            try pushes.add(push, origin)
            try ledger.heard(origin, from: replayable, by: number)
        }
        await leave(application, socket, replayable, number)
    }

    /// Subscribes again whenever its subscription has ended, which a single push says.
    private func listen(to plugin: String, as number: Int) async throws {
        let application = try await soak.connect()
        let socket = try await application.openSocket()
        var count = 0
        while try goesOn {
            let moment = ledger.now(plugin)
            // A command, too: nobody may repeat it.
            try await request(
                "PUT", application, plugin, command: "\(application.token.prefix(8))-\(number)-\(count)")
            count += 1
            var pushes = Pushes()
            while try goesOn {
                let push = try await socket.nextPush()
                guard push["result"]?.integer == 0 else {
                    guard ledger.hasBegun(plugin, since: moment) else {
                        throw TestConnectionError(description: "ended without a reload: \(push)")
                    }
                    break
                }
                let origin = try ReloadLedger.Origin(push)
                guard pushes.instance ?? origin.instance == origin.instance else {
                    throw TestConnectionError(description: "\(plugin) goes on after \(pushes.instance ?? 0): \(push)")
                }
                try pushes.add(push, origin)
                try ledger.heard(origin, from: plugin, by: number)
            }
        }
        guard count <= ledger.reloads(of: plugin) + 1 else {
            throw TestConnectionError(description: "\(plugin): \(count) subscriptions ended")
        }
        await leave(application, socket, plugin, number)
    }

    private func leave(
        _ application: TestApplication, _ socket: WebSocketTestConnection, _ plugin: String, _ number: Int
    ) async {
        ledger.forget(number, of: plugin)
        await socket.close()
        await application.close()
    }
}

extension WebSocketTestConnection {
    /// Waits for a push; the socket has to stay open.
    fileprivate func nextPush() async throws -> JSONNode {
        guard case .text(let text) = await next() else {
            try Task.checkCancellation()
            throw TestConnectionError(description: "a listener's socket was closed")
        }
        return try JSONNode(parsing: Array(text.utf8))
    }
}
