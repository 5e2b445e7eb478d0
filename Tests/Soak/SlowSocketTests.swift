// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPITesting
import NIOCore
import Testing

extension Soaks {
    /// Slow loris: clients that send a byte now and then, to keep a connection for ever.
    @Suite struct SlowSocketTests {
        /// What is slow.
        enum Kind: CaseIterable, Sendable {
            case handshake, requestLine, headers, body, secondRequest, upgrade, noToken, tokenFrame, frame

            /// The first seconds in which the gateway may end the connection; at most 15 later it must have.
            var earliest: Duration {
                switch self {
                // The gateway looks at a clock that may be a second old.
                case .handshake, .requestLine, .headers, .body, .secondRequest, .upgrade: .seconds(28)
                // 5 s for the token, a second to read the answer, 2 for the answer to the close frame.
                case .noToken, .tokenFrame: .seconds(5)
                // Two pings, 20 s apart, and 20 s more.
                case .frame: .seconds(55)
                }
            }
        }

        /// What the C library keeps of a TLS connection's memory, in bytes. malloc_stats(3) counts 1.0 MB in use before and
        /// after each of four rounds of 600 such sockets; what the event loops' arenas have from the system grows by 10 MB
        /// and then by less each time.
        private static let kept = 12 << 10

        @Test(.timeLimit(.minutes(8)), arguments: SoakCounts.current.transports)
        func theyAreClosedInTimeAndCostTheOthersNothing(tls: Bool) async throws {
            let kept = tls ? Self.kept * SoakCounts.current.slowSockets * Kind.allCases.count : 0
            try await Soak.run("slow sockets, \(tls ? "TLS" : "plain")", tls: tls, keeps: kept) { soak in
                let application = try await soak.connect()
                // All at once, as below, so that the gateway has had memory for as many.
                let sockets = try await withThrowingTaskGroup(of: RawTestSocket.self) { tasks in
                    for kind in Kind.allCases {
                        for _ in 0..<soak.counts.slowSockets {
                            tasks.addTask { try await Self.open(kind, soak, application) }
                        }
                    }
                    return try await tasks.reduce(into: []) { $0.append($1) }
                }
                for socket in sockets { await socket.abort() }
                await application.close()
            } _: { soak in
                let application = try await soak.connect()
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for kind in Kind.allCases {
                        tasks.addTask {
                            try await inParallel(soak.counts.slowSockets) { _ in
                                try await Self.beSlow(kind, soak, application)
                            }
                        }
                    }
                    try await tasks.waitForAll()
                }
                await application.close()
            }
        }

        private static func beSlow(_ kind: Kind, _ soak: Soak, _ application: TestApplication) async throws {
            let began = ContinuousClock.now
            let socket = try await open(kind, soak, application)
            let opened = ContinuousClock.now
            if kind != .noToken { socket.keepSending(UInt8(ascii: "a"), every: .seconds(1)) }
            try await socket.waitForClose()
            let closed = ContinuousClock.now
            // Between the two lie all the sockets that are opened at once.
            #expect(closed - began > kind.earliest, "\(kind)")
            #expect(closed - opened < kind.earliest + .seconds(15), "\(kind)")
        }

        /// A connection that has come as far as the kind says.
        private static func open(
            _ kind: Kind, _ soak: Soak, _ application: TestApplication
        ) async throws -> RawTestSocket {
            if kind == .handshake {
                let socket = try await RawTestSocket.connect(port: soak.port, tls: false, group: soak.group)
                // The beginning of a TLS record of 512 bytes with a ClientHello: RFC 8446, sections 5.1 and 4. Without TLS
                // it is no request line, and refused at once, so there a request line begins.
                try await socket.send(soak.tls ? [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3] : Array("GET /".utf8))
                return socket
            }
            let socket = try await soak.openSocket()
            switch kind {
            case .handshake: break
            case .requestLine: try await socket.send("GET /gotapi/avail")
            case .headers: try await socket.send("GET /gotapi/availability HTTP/1.1\r\nHost: a\r\nX-")
            case .body:
                try await socket.send(
                    "POST /gotapi/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n"
                        + "Content-Type: application/x-www-form-urlencoded\r\n\r\nb=")
            case .secondRequest:
                try await socket.send("OPTIONS /gotapi/a HTTP/1.1\r\nHost: a\r\nOrigin: \(soak.origin)\r\n\r\n")
                try await socket.receive(upTo: "\r\n\r\n")
                try await socket.send("GET /")
            case .upgrade: try await socket.send(String(RawTestSocket.upgrade(origin: soak.origin).dropLast(2)))
            case .noToken: try await socket.upgrade(origin: soak.origin)
            case .tokenFrame:
                try await socket.upgrade(origin: soak.origin)
                try await socket.send(Frames.beginning(of: 100))
            case .frame:
                try await socket.upgrade(origin: soak.origin)
                try await socket.send(Frames.token(application.token))
                try await socket.receive(upTo: "verify")
                try await socket.send(Frames.beginning(of: 60_000))
            }
            return socket
        }
    }
}
