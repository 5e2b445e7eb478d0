// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIPluginHost

/// What becomes of a plug-in after a crash.
@Suite(.timeLimit(.minutes(1)))
struct RestartTests {
    private let test = TestHost()

    private static let soon: UInt64 = 5_000_000

    private func withPlugin(
        _ fixture: Fixture = Fixture(), pause: UInt64 = RestartTests.soon, isRunning: Bool = true,
        hungAfter: Duration = .seconds(70), _ body: (PluginHost) async throws -> Void
    ) async throws {
        fixture.build(at: test.plugins + "/libgotapi-plugin-fixture.so")
        let settings = test.settings(responseTimeout: hungAfter - .seconds(10), restartPause: pause)
        try await test.withHost(settings) { host, status async throws in
            try #require(status.map(\.state) == [isRunning ? .running : .starting], "\(status)")
            try await body(host)
        }
    }

    private func crash() async throws { #expect(try await test.request("segv") == .crashed) }

    private func becomes(_ state: PluginStatus.State, _ host: PluginHost) async throws -> PluginStatus {
        while true {
            if let status = host.status().first, status.state == state, state != .running || isPublic(status) {
                return status
            }
            try await letOthersRun()
        }
    }

    /// It runs a moment before the gateway's table says so.
    private func isPublic(_ status: PluginStatus) -> Bool {
        test.endpoints.withLockedValue { $0.contains { $0.id == status.id && $0.generation == status.generation } }
    }

    @Test func aPluginThatHasCrashedRunsAgainAsTheNextGeneration() async throws {
        try await withPlugin { host async throws in
            let first = try test.endpoint()
            let pid = try #require(host.status().first?.pid)
            try await crash()
            let status = try await becomes(.running, host)
            #expect(status.generation == 2)
            #expect(status.pid != pid)
            #expect((status.memory ?? 0) > 1 << 20)
            #expect(status.crashes.count == 1)
            #expect(status.crashes.signal == 11)
            #expect(status.crashes.reason?.contains("SIGSEGV") == true)
            #expect(status.requests == 1, "counted on")
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
            let second = try test.endpoint()
            #expect(second !== first && second.isOnline && second.generation == 2)
            // While it was away, its services were there and not online.
            #expect(
                test.changes.withLockedValue { $0.contains { $0.endpoints.contains { $0 === first && !$0.isOnline } } })
        }
    }

    @Test func whatItPrintedBeforeItsCrashesIsKept() async throws {
        try await withPlugin { host async throws in
            try await crash()
            #expect(try await becomes(.running, host).output == ["about to crash"])
            try await crash()
            #expect(try await becomes(.running, host).output == ["about to crash", "about to crash"])
            _ = try await test.request("print")
            while host.status().first?.output.last?.hasPrefix("line 19999 ") != true { try await letOthersRun() }
            #expect(host.status().first?.output.count == 20)
        }
    }

    @Test func fiveCrashesQuarantineItUntilItsOwnerStartsIt() async throws {
        try await withPlugin { host async throws in
            for count in 1...5 {
                try await crash()
                // The request is answered first.
                while host.status().first?.crashes.count != count { try await letOthersRun() }
                if count < 5 { _ = try await becomes(.running, host) }
            }
            #expect(try await becomes(.quarantined, host).pid == nil)
            guard case .unavailable(let words) = try await test.request("echo") else {
                Issue.record("a quarantined plug-in took a request")
                return
            }
            #expect(words.contains("quarantined"))
            #expect(test.lines.contains("gotapi plugin start com.example.fixture"))

            #expect(try await host.startPlugin("com.example.fixture").contains("runs as process"))
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
            #expect(host.status().first?.state == .running)
            // Forgotten: the next crash is the first.
            try await crash()
            _ = try await becomes(.running, host)
        }
    }

    @Test func anOwnersStartDoesNotWaitForThePause() async throws {
        try await withPlugin(pause: TestHost.never) { host async throws in
            try await crash()
            #expect(host.status().first?.state == .crashed)
            #expect(try await host.startPlugin("com.example.fixture").contains("runs as process"))
            #expect(try await host.startPlugin("com.example.fixture").contains("runs already"))
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
        }
    }

    @Test func anOwnersStartBeforeTheFirstOneIsOverChangesNothing() async throws {
        try await withPlugin(Fixture(macros: ["START_SLOW"]), isRunning: false) { host async throws in
            #expect(try await host.startPlugin("com.example.fixture").contains("is being started"))
            _ = test.folder.write([], to: "state/plugins/com.example.fixture/go")
            #expect(try await becomes(.running, host).generation == 1)
            try await crash()
            #expect(try await becomes(.running, host).generation == 2)
        }
    }

    @Test func anOwnersStartOfOneThatIsBeingEndedIsItsRestart() async throws {
        try await withPlugin(hungAfter: .seconds(1)) { host async throws in
            #expect(try await test.request("hang") == .crashed)
            #expect(try await host.startPlugin("com.example.fixture").contains("runs as process"))
            #expect(host.status().first?.generation == 2)
            #expect(host.status().first?.crashes.count == 1)
            try await crash()
            #expect(try await becomes(.running, host).generation == 3)
        }
    }

    @Test func anOwnersStartOfWhatIsNotThereSaysSo() async throws {
        Fixture().build(at: test.plugins + "/libgotapi-plugin-fixture.so")
        Fixture(id: "com.example.off").build(at: test.plugins + "/libgotapi-plugin-off.so")
        Fixture(id: "com.example.fails", services: "[]", macros: ["START_FAILS"])
            .build(at: test.plugins + "/libgotapi-plugin-zfails.so")
        let items = ["com.example.off": PluginSettings(isEnabled: false)]
        try await test.withHost(test.settings(items: items)) { host, _ async throws in
            for (id, words) in [
                ("com.example.none", "no plug-in has the id"), ("com.example.off", "disabled"),
                ("com.example.fails", "START_FAILED"),
            ] {
                let refusal = await #expect(throws: PluginStartRefusal.self) { try await host.startPlugin(id) }
                #expect(refusal?.description.contains(words) == true)
            }
        }
    }

    @Test func onlyReplayableSubscriptionsWaitForASuccessor() async throws {
        for isReplayable in [false, true] {
            let test = TestHost()
            Fixture(macros: isReplayable ? ["REPLAYABLE"] : []).build(at: test.plugins + "/libgotapi-plugin-fixture.so")
            try await test.withHost(test.settings(restartPause: Self.soon)) { host, _ async throws in
                let first = try test.endpoint()
                #expect(try await test.request("segv") == .crashed)
                // The change that brings the next generation.
                func changes() -> [EndpointChange] { test.changes.withLockedValue { $0 } }
                while changes().last?.endpoints.first?.generation != 2 { try await letOthersRun() }
                let waits = changes().contains {
                    $0.successions.contains { $0.predecessor === first && $0.successor == nil }
                }
                let ends = changes().filter {
                    $0.successions.contains { $0.predecessor === first && $0.successor != nil }
                }
                #expect(waits == isReplayable)
                #expect(ends.count == (isReplayable ? 1 : 0))
            }
        }
    }

    @Test func theGatewaysEndIsTheEndOfItsRestarts() async throws {
        try await withPlugin(pause: TestHost.never) { host async throws in
            try await crash()
            await host.shutDown()
            await #expect(throws: PluginStartRefusal.self) { try await host.startPlugin("com.example.fixture") }
            #expect(host.status().first?.pid == nil)
        }
    }
}
