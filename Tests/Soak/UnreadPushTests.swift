// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPITesting
import Testing

extension Soaks {
    /// A subscriber that does not read, while a plug-in pushes without end.
    @Suite struct UnreadPushTests {
        /// What may wait for such a client, in the gateway and in the plug-in's process, and what handling it takes.
        private static let growth = 16 << 20

        @Test(.timeLimit(.minutes(12)))
        func theOldestPushesAreDroppedAndThenTheSocket() async throws {
            try await Soak.run("unread pushes", fixtures: ["pushes"]) { soak in
                try await Self.readLate(soak)
            } _: { soak in
                try await Self.readLate(soak)
                for _ in 0..<soak.counts.unreadSubscribers { try await Self.readNever(soak) }
            }
        }

        private static func subscribe(_ soak: Soak) async throws -> (TestApplication, WebSocketTestConnection) {
            let application = try await soak.connect()
            let socket = try await application.openSocket()
            let answer = try await application.request("PUT", "t/go", service: "pushes")
            guard answer.status == 200 else { throw TestConnectionError(description: answer.text) }
            return (application, socket)
        }

        private static func number(_ message: WebSocketTestConnection.Message) throws -> Int {
            guard case .text(let text) = message,
                let number = try JSONNode(parsing: Array(text.utf8))["data"]?.text.flatMap({ Int($0) })
            else { throw TestConnectionError(description: "no push: \(message)") }
            return number
        }

        /// A client that pauses for 5 s and reads on gets the newest, in order, and its connection lives.
        private static func readLate(_ soak: Soak) async throws {
            let (application, socket) = try await subscribe(soak)
            var last = try number(await socket.next())
            try await socket.setReading(false)
            try await soak.pause(.seconds(5))
            try await socket.setReading(true)
            var gaps = 0
            var since = 0
            while since < 1_000 {
                try Task.checkCancellation()
                let next = try number(await socket.next())
                #expect(next > last)
                if next != last + 1 { gaps += 1 }
                if gaps > 0 { since += 1 }
                last = next
            }
            await socket.close()
            await application.close()
        }

        private static func readNever(_ soak: Soak) async throws {
            let (application, socket) = try await subscribe(soak)
            _ = try number(await socket.next())
            let before = try ProcessUsage(of: soak.gateway.pid)
            try await socket.setReading(false)
            let began = ContinuousClock.now
            var most = before.memory
            let isClosed = try await soak.settle {
                let now = try ProcessUsage(of: soak.gateway.pid)
                most = max(most, now.memory)
                return now.descriptors < before.descriptors
            }
            let lived = ContinuousClock.now - began
            #expect(isClosed)
            #expect(lived > .seconds(28))
            #expect(lived < .seconds(50))
            #expect(most < before.memory + growth, "grew by \((most - before.memory) >> 10) KiB")
            await socket.close()
            await application.close()
        }
    }
}
