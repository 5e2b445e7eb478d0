// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPITesting
import NIOCore
import Testing

extension Soaks {
    /// As many connections as the gateway takes, and some more.
    @Suite struct ConnectionLimitTests {
        /// Connections beyond the limit, and connections that are given up.
        private static let some = 16

        @Test(.timeLimit(.minutes(6)))
        func theOneBeyondIsRefusedAndThoseBeforeAreServed() async throws {
            try await Soak.run("connection limit") { soak in
                let sockets = try await Self.connect(soak.counts.connections - 1, soak)
                for socket in sockets { await socket.close() }
            } _: { soak in
                // The bystander has one of them.
                var sockets = try await Self.connect(soak.counts.connections - 1, soak)
                let full = try ProcessUsage(of: soak.gateway.pid).descriptors
                try await Self.expectRefusals(soak)
                try await soak.bystander.wait(pushes: 100)

                for socket in sockets.suffix(Self.some) { await socket.close() }
                sockets.removeLast(Self.some)
                #expect(
                    try await soak.settle {
                        try ProcessUsage(of: soak.gateway.pid).descriptors <= full - Self.some
                    })
                sockets += try await Self.connect(Self.some, soak)
                try await Self.expectRefusals(soak)
                for socket in sockets { await socket.close() }
            }
        }

        /// Connections that have been served once.
        private static func connect(_ count: Int, _ soak: Soak) async throws -> [RawTestSocket] {
            let width = 64
            return try await withThrowingTaskGroup(of: RawTestSocket.self) { tasks in
                var sockets: [RawTestSocket] = []
                for number in 0..<count {
                    if number >= width, let socket = try await tasks.next() { sockets.append(socket) }
                    tasks.addTask {
                        let socket = try await soak.openSocket()
                        try await socket.send(request(soak))
                        try await socket.receive(upTo: "\r\n\r\n")
                        return socket
                    }
                }
                for try await socket in tasks { sockets.append(socket) }
                return sockets
            }
        }

        private static func expectRefusals(_ soak: Soak) async throws {
            try await inParallel(some) { _ in
                await #expect(throws: (any Error).self) {
                    let socket = try await soak.openSocket()
                    try await socket.send(request(soak))
                    try await socket.receive(upTo: "\r\n\r\n")
                }
            }
        }

        private static func request(_ soak: Soak) -> String {
            "OPTIONS /gotapi/a HTTP/1.1\r\nHost: a\r\nOrigin: \(soak.origin)\r\n\r\n"
        }
    }
}
