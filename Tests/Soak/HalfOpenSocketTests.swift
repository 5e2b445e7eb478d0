// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPITesting
import NIOCore
import Testing

extension Soaks {
    /// Clients that close their half of a connection, vanish, or read nothing, whatever was going on.
    @Suite struct HalfOpenSocketTests {
        /// How far a connection has come.
        enum Phase: CaseIterable, Sendable {
            case connected, requestLine, headers, body, unanswered, kept, file
            case upgrade, noToken, verified, frame, subscribed
        }

        /// The size of the file that no kernel takes as a whole, in MiB.
        private static let file = 16

        @Test(.timeLimit(.minutes(10)), arguments: SoakCounts.current.transports)
        func theyAreClosedAndCostTheOthersNothing(tls: Bool) async throws {
            let documents = try TestFolder()
            let made = try await TestProcess.run(
                "/usr/bin/truncate", ["--size=\(Self.file)M", "\(documents.path)/large.bin"])
            try #require(made.status == 0)
            try await Soak.run(
                "half-open sockets, \(tls ? "TLS" : "plain")", fixtures: ["oracle"], documents: documents.path,
                tls: tls, more: ", \"plugin_response_timeout\": 5"
            ) { soak in
                async let unread: Void = Self.leaveUnread(soak, untilThereAre: nil)
                try await Self.leaveHalfOpen(soak)
                try await unread
            } _: { soak in
                let before = try ProcessUsage(of: soak.gateway.pid).descriptors
                async let unread: Void = Self.leaveUnread(soak, untilThereAre: before)
                try await Self.leaveHalfOpen(soak)
                try await unread
            }
        }

        /// In each phase, half of the connections are shut down and half are reset.
        private static func leaveHalfOpen(_ soak: Soak) async throws {
            let application = try await soak.connect()
            for phase in Phase.allCases {
                try await inParallel(soak.counts.halfOpenSockets, width: phase == .file ? 20 : .max) { number in
                    let socket = try await open(phase, soak, application)
                    if number % 2 == 0 {
                        await socket.abort()
                        return
                    }
                    let began = ContinuousClock.now
                    await socket.closeOutput()
                    try await socket.waitForClose()
                    // An answer that is waited for comes after 5 s; many files take their time.
                    #expect(ContinuousClock.now - began < .seconds(30), "\(phase)")
                }
            }
            await application.close()
        }

        /// Asks for the large file and reads nothing of it.
        ///
        /// - Parameter descriptors: waits until the gateway has only these and the one of an application; `nil`: does not.
        private static func leaveUnread(_ soak: Soak, untilThereAre descriptors: Int?) async throws {
            let application = try await soak.connect()
            var sockets: [RawTestSocket] = []
            for _ in 0..<soak.counts.unreadFiles {
                // Answered once: before that, with TLS, there could be no request.
                let socket = try await open(.kept, soak, application)
                try await socket.stopReading()
                try await socket.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
                sockets.append(socket)
            }
            if let descriptors {
                let began = ContinuousClock.now
                let isClosed = try await soak.settle(within: .seconds(180)) {
                    try ProcessUsage(of: soak.gateway.pid).descriptors <= descriptors + 1
                }
                #expect(isClosed)
                #expect(ContinuousClock.now - began > .seconds(28))
            }
            for socket in sockets { await socket.close() }
            await application.close()
        }

        private static func open(
            _ phase: Phase, _ soak: Soak, _ application: TestApplication
        ) async throws -> RawTestSocket {
            let socket = try await soak.openSocket()
            let query = "accessToken=\(application.token)&serviceId="
            let headers = "HTTP/1.1\r\nHost: a\r\nOrigin: \(soak.origin)\r\n"
            switch phase {
            case .connected: break
            case .requestLine: try await socket.send("GET /gotapi/avail")
            case .headers: try await socket.send("GET /gotapi/availability \(headers)X-")
            case .body: try await socket.send("POST /gotapi/a \(headers)Content-Length: 1000\r\n\r\nb=")
            case .unanswered:
                try await socket.send("GET /gotapi/t/silent?\(query)oracle \(headers)Connection: close\r\n\r\n")
            case .kept:
                try await socket.send("OPTIONS /gotapi/a \(headers)\r\n")
                try await socket.receive(upTo: "\r\n\r\n")
            case .file:
                try await socket.send("GET /large.bin \(headers)\r\n")
                try await socket.receive(upTo: "\r\n\r\n")
            case .upgrade: try await socket.send(String(RawTestSocket.upgrade(origin: soak.origin).dropLast(2)))
            case .noToken: try await socket.upgrade(origin: soak.origin)
            case .verified, .frame:
                try await verify(socket, application, soak)
                if phase == .frame { try await socket.send(Frames.beginning(of: 60_000)) }
            case .subscribed:
                // One of its own, since a client has a limit of subscriptions.
                let subscriber = try await soak.connect()
                try await verify(socket, subscriber, soak)
                let answer = try await subscriber.request(
                    "PUT", "t/push", service: "oracle", parameters: [("set", "{\"data\":\"pushed\"}")])
                guard answer.status == 200 else { throw TestConnectionError(description: answer.text) }
                try await socket.receive(upTo: "pushed")
                await subscriber.close()
            }
            return socket
        }

        private static func verify(
            _ socket: RawTestSocket, _ application: TestApplication, _ soak: Soak
        ) async throws {
            try await socket.upgrade(origin: soak.origin)
            try await socket.send(Frames.token(application.token))
            try await socket.receive(upTo: "verify")
        }
    }
}
