// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPITesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// Applications of plug-ins that do nothing wrong, while others do their worst: each of their requests must succeed, and no
/// push may be missing.
enum Bystanders {
    /// The libraries that they use.
    static var libraries: [String] {
        get throws {
            [
                "\(try TestBuild.plugins)/libgotapi-plugin-helloworld.so",
                "\(try TestBuild.fixtures)/libgotapi-plugin-stream.so",
            ]
        }
    }

    private static let echo = "com.github.futomi.hello-world.echo"

    /// Runs `body`; meanwhile a plug-in pushes every 10 ms, and for each push that comes another one is asked.
    static func expectServed(
        port: Int, group: any EventLoopGroup, while body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let isOver = NIOLockedValueBox(false)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                let application = try await TestApplication.connect(port: port, tls: false, group: group)
                let socket = try await application.openSocket()
                let started = try await application.request("PUT", "t/stream", service: "stream")
                try #require(started.status == 200, "\(started.text)")
                var expected: Int?
                while !isOver.withLockedValue({ $0 }) {
                    let push = try await socket.nextEvent()
                    let number = try #require(push["data"]?.integer, "\(push)")
                    #expect(number == expected ?? number, "a push is missing")
                    expected = number + 1
                    let answer = try await application.request(
                        "GET", "echo", service: echo, parameters: [("msg", "\(number)")])
                    #expect(try answer.json["data"]?.text == "\(number)", "\(answer.text)")
                }
                #expect((expected ?? 0) > 10, "the plug-ins were asked")
                await socket.close()
                await application.close()
            }
            tasks.addTask {
                defer { isOver.withLockedValue { $0 = true } }
                try await body()
            }
            try await tasks.waitForAll()
        }
    }
}

extension WebSocketTestConnection {
    /// The next push. Waits for it.
    func nextEvent() async throws -> JSONNode {
        let message = await next()
        let text: String? = if case .text(let text) = message { text } else { nil }
        return try JSONNode(parsing: Array(try #require(text, "\(message)").utf8))
    }
}
