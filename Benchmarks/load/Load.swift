// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import Glibc
import GotAPITesting
import NIOCore
import NIOPosix

/// The load on GotAPI-5: sockets of many applications, and what they are pushed. `wrk` does the same for GotAPI-1.
@main
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Connects applications to a server on loopback and counts what they are pushed.",
        subcommands: [Pushes.self, Idle.self, Connects.self])
}

/// Whom to load. The floor has its WebSockets at the next port, and knows no tokens.
struct Target: ParsableArguments {
    @Option(help: "The port of loopback.") var port: Int
    @Flag(help: "Over TLS; any certificate will do.") var tls = false
    @Flag(help: "The target is the floor.") var floor = false

    var socketPort: Int { floor ? port + 1 : port }

    /// On one thread, so that the server has most of the machine.
    func withGroup<Result>(_ body: (any EventLoopGroup) async throws -> Result) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result
        do { result = try await body(group) } catch {
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
        return result
    }

    /// Connects an application: key, grant, token, socket.
    func connect(over group: any EventLoopGroup) async throws -> (application: TestApplication?, socket: CountingSocket)
    {
        let application = floor ? nil : try await TestApplication.connect(port: port, tls: tls, group: group)
        return (application, try await socket(token: application?.token ?? Self.anyToken, over: group))
    }

    /// A socket of the application that has this token.
    func socket(token: String, over group: any EventLoopGroup) async throws -> CountingSocket {
        let socket = try await CountingSocket.connect(port: socketPort, tls: tls, group: group)
        try await socket.present(token)
        return socket
    }

    /// The token of an application that is connected by nothing else.
    func token(over group: any EventLoopGroup) async throws -> String {
        if floor { return Self.anyToken }
        let application = try await TestApplication.connect(port: port, tls: tls, group: group)
        await application.close()
        return application.token
    }

    private static let anyToken = "none"
}

struct Pushes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Subscribes each application to the service \"fanout\" and prints how many pushes arrive in a second."
    )

    @OptionGroup var target: Target
    @Option(help: "How many sockets.") var sockets = 500
    @Option(help: "For how long to count.") var seconds = 5.0

    func run() async throws {
        try await target.withGroup { group in
            var audience: [CountingSocket] = []
            var applications: [TestApplication] = []
            for _ in 0..<sockets {
                let (application, socket) = try await target.connect(over: group)
                audience.append(socket)
                if let application { applications.append(application) }
            }
            for application in applications { try await application.ask("PUT") }
            if let application = applications.first {
                try await application.ask("POST")
            } else {
                let connection = try await HTTPTestConnection.connect(port: target.port, tls: target.tls, group: group)
                _ = try await connection.send("POST", "/")
            }
            // Until all queues are as full as they get.
            try await Task.sleep(for: .seconds(1))
            let clock = ContinuousClock()
            let began = clock.now
            let before = audience.map(\.pushes)
            try await Task.sleep(for: .seconds(seconds))
            let after = audience.map(\.pushes)
            let time = (clock.now - began) / .seconds(1)
            let each = zip(before, after).map { Double($1 - $0) / time }.sorted()
            let total = each.reduce(0, +)
            print("{\"delivered\":\(total),\"least\":\(each.first ?? 0),\"most\":\(each.last ?? 0)}")
        }
    }
}

extension TestApplication {
    fileprivate func ask(_ method: String) async throws {
        let answer = try await request(method, "t", service: "fanout")
        guard answer.status == 200 else { throw TestConnectionError(description: answer.text) }
    }
}

struct Idle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: """
            Opens sockets and prints "open"; closes them when a line comes on standard input, and prints "closed"; at the next \
            line opens others in the names of the same applications; and so on until the input ends.
            """)

    @OptionGroup var target: Target
    @Option(help: "How many sockets.") var sockets = 10_000

    func run() async throws {
        try await target.withGroup { group in
            var tokens: [String] = []
            repeat {
                var audience: [CountingSocket] = []
                for index in 0..<sockets {
                    if index == tokens.count { tokens.append(try await target.token(over: group)) }
                    audience.append(try await target.socket(token: tokens[index], over: group))
                }
                say("open")
                _ = readLine()
                for socket in audience { await socket.close() }
                say("closed")
            } while readLine() != nil
        }
    }

    private func say(_ word: String) {
        print(word)
        fflush(nil)
    }
}

struct Connects: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints how many applications connect in a second, one after another, each with a socket.")

    @OptionGroup var target: Target
    @Option(help: "For how long to count.") var seconds = 5.0

    func run() async throws {
        try await target.withGroup { group in
            let clock = ContinuousClock()
            let began = clock.now
            var count = 0
            while clock.now - began < .seconds(seconds) {
                let (application, socket) = try await target.connect(over: group)
                await socket.close()
                await application?.close()
                count += 1
            }
            print("{\"connects\":\(Double(count) / ((clock.now - began) / .seconds(1)))}")
        }
    }
}
