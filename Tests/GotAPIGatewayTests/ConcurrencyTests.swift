// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIGateway

@Suite struct ConcurrencyTests {
    /// A plug-in whose answers and pushes come from other tasks.
    private static func plugin() -> ScriptedEndpoint {
        ScriptedEndpoint("p", services: [SamplePlugins.service("s")])
    }

    @Test(.timeLimit(.minutes(1))) func twoHundredClientsAtOnceGetTheirOwnAnswersAndPushes() async throws {
        let plugin = Self.plugin()
        let test = TestGateway([plugin])
        plugin.on(.clientID) { _, reply in Task { reply(.members(Array("{}".utf8))) } }
        plugin.on(.request) { [gateway = test.gateway] message, reply in
            Task {
                _ = gateway.subscribed(plugin, subscription: message.id, message: message)
                let text = SamplePlugins.parameter("msg", of: message) ?? ""
                reply(.members(Array(#"{"data":"\#(text)"}"#.utf8)))
                for number in 0..<20 {
                    gateway.pushed(
                        plugin, subscription: message.id, members: Array(#"{"data":"\#(text) \#(number)"}"#.utf8))
                }
            }
        }

        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 1...200 as ClosedRange<UInt64> {
                group.addTask {
                    // Every client has a key and a connection of its own, and all of them one origin and address.
                    let key = "key-\(client)"
                    let token = try test.authorize(key: key, connection: client)
                    let socket = try test.openSocket(token: token)
                    let pending = (0..<3).map { number in
                        test.begin(
                            "PUT",
                            "/gotapi/t?serviceId=s&accessToken=\(token)&nonce=n\(number)&msg=\(client)-\(number)",
                            connection: client)
                    }
                    while pending.contains(where: { $0.all.isEmpty }) || socket.outlet.texts.count < 60 {
                        try Task.checkCancellation()
                        await Task.yield()
                    }
                    for (number, pending) in pending.enumerated() {
                        #expect(pending.answer?.json["data"]?.text == "\(client)-\(number)")
                        #expect(pending.answer?.json["hmac"]?.text == TestGateway.hmac("n\(number)", key: key))
                    }
                    let pushed = try socket.outlet.texts.map {
                        try JSONNode(parsing: Array($0.utf8))["data"]?.text ?? ""
                    }
                    let expected = (0..<3).flatMap { number in (0..<20).map { "\(client)-\(number) \($0)" } }
                    #expect(pushed.sorted() == expected.sorted())
                    _ = socket.receive(.closed)
                }
            }
            try await group.waitForAll()
        }
        #expect(test.gateway.statistics.pendingRequests == 0)
        #expect(test.gateway.statistics.openSockets == 0)
        #expect(test.gateway.statistics.droppedPushes == 0)
        #expect(plugin.messages(.clientID).count == 200)
    }

    @Test(.timeLimit(.minutes(1))) func nothingIsLostWhileEndpointsAreReplaced() async throws {
        let test = TestGateway()
        let endpoints = (0..<20).map { generation in
            let plugin = ScriptedEndpoint("p", generation: generation, services: [SamplePlugins.service("s")])
            plugin.on(.request) { _, reply in Task { reply(.members(Array("{}".utf8))) } }
            plugin.on(.accessToken) { _, reply in Task { reply(.members(Array("{}".utf8))) } }
            return plugin
        }
        test.gateway.apply(EndpointChange([endpoints[0]]))
        let tokens = try (0..<8).map { _ in try test.authorize() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for token in tokens {
                group.addTask {
                    for _ in 0..<100 {
                        let pending = test.begin("GET", "/gotapi/t?serviceId=s&accessToken=\(token)")
                        while pending.all.isEmpty {
                            try Task.checkCancellation()
                            await Task.yield()
                        }
                        #expect(pending.all.map(\.status) == [200])
                    }
                }
            }
            group.addTask {
                for endpoint in endpoints.dropFirst() {
                    test.gateway.apply(EndpointChange([endpoint]))
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        #expect(endpoints.reduce(0) { $0 + $1.messages(.request).count } == 800)
    }

    @Test(.timeLimit(.minutes(1))) func aPluginHearsLastWhatIsTrue() async throws {
        let plugin = Self.plugin()
        let test = TestGateway([plugin])
        plugin.on(.request) { [gateway = test.gateway] message, reply in
            _ = gateway.subscribed(plugin, subscription: 1, message: message)
            reply(.members(Array("{}".utf8)))
        }
        let token = try test.authorize()
        _ = try test.send("PUT", "/gotapi/t?serviceId=s&accessToken=\(token)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<200 { _ = try test.openSocket(token: token).receive(.closed) }
                }
            }
            try await group.waitForAll()
        }
        // False at first and at last, and never the same twice.
        let told = plugin.reachable.map(\.isReachable)
        #expect(told.first == false)
        #expect(told.last == false)
        #expect(!zip(told, told.dropFirst()).contains { $0 == $1 })
    }

    @Test(.timeLimit(.minutes(1))) func orderedCallsKeepTheOrderOfTheDecisions() async {
        let calls = OrderedCalls()
        let lock = NIOLockedValueBox(0)
        let heard = NIOLockedValueBox<[Int]>([])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        lock.withLockedValue { number in
                            number += 1
                            let decided = number
                            calls.add { heard.withLockedValue { $0.append(decided) } }
                        }
                        calls.perform()
                    }
                }
            }
        }
        #expect(heard.withLockedValue { $0 } == Array(1...8_000))
    }
}
