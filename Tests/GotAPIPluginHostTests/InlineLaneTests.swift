// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import GotAPIPluginHost

/// `plugins.items.<id>.lane: "inline"` (plugin-abi.md, `INLINE`).
@Suite(.timeLimit(.minutes(1)))
struct InlineLaneTests {
    private let test = TestHost()

    private func withPlugin(
        _ isolation: PluginIsolation = .none, macros: [String] = ["INLINE"],
        _ body: (PluginHost) async throws -> Void
    ) async throws {
        Fixture(macros: macros).build(at: test.plugins + "/libgotapi-plugin-fixture.so")
        let items = ["com.example.fixture": PluginSettings(lane: .inline)]
        try await test.withHost(test.settings(isolation, items: items)) { host, status async throws in
            try #require(status.map(\.state) == [.running], "\(status)")
            try await body(host)
        }
    }

    /// What the plug-in says which thread called it, asked on this one; `nil` where the answer did not come at once.
    private func askedHere() throws -> (isHere: Bool, reply: String?) {
        let reply = NIOLockedValueBox<PluginReply?>(nil)
        try test.endpoint().deliver(test.makeMessage("thread")) { given in reply.withLockedValue { $0 = given } }
        let text = reply.withLockedValue { $0 }?.text
        return (text == "{\"data\":\(UInt(pthread_self()))}", text)
    }

    @Test func theThreadThatBringsARequestHandlesIt() async throws {
        try await withPlugin { host async throws in
            let asked = try askedHere()
            #expect(asked.isHere, "\(asked)")
            let status = try #require(host.status().first)
            #expect(status.lane == .inline)
            #expect(status.requests == 1 && status.errors == 0)
        }
    }

    @Test(
        arguments: [
            (PluginIsolation.process, ["INLINE"], "counts with isolation \"none\""),
            (.none, [], "GOTAPI_FLAG_INLINE"),
        ])
    func otherwiseItsOwnThreadDoesAndTheLogSaysWhy(
        row: (isolation: PluginIsolation, macros: [String], words: String)
    ) async throws {
        try await withPlugin(row.isolation, macros: row.macros) { host async throws in
            #expect(try askedHere().isHere == false)
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
            #expect(test.lines.all.contains { $0.hasPrefix("warning") && $0.contains(row.words) }, "\(test.lines.all)")
            #expect(host.status().first?.lane == .thread)
        }
    }

    @Test(
        arguments: [
            ("later", "{\"data\":\"later\"}"), ("twice", "{\"data\":1}"), ("nothing", "unanswered"),
            ("badjson", "unanswered"), ("big", "unanswered"),
        ])
    func anAnswerCountsAsOnThePluginsThread(row: (attribute: String, reply: String)) async throws {
        try await withPlugin { _ async throws in
            #expect(try await test.request(row.attribute).text == row.reply)
            #expect(try askedHere().isHere)
        }
    }

    @Test func aSubscriptionIsKnownBeforeItsAnswerAndPushesFollow() async throws {
        try await withPlugin { _ async throws in
            let answer = try await test.request("push")
            #expect(answer.text == "{\"result\":0}")
            var events = test.sink.events.makeAsyncIterator()
            guard case .subscribed = await events.next() else {
                Issue.record("no subscription")
                return
            }
            for number in 0..<3 {
                guard case .pushed(_, let members) = await events.next() else {
                    Issue.record("no push")
                    return
                }
                #expect(members.hasPrefix("{\"n\":\(number),"))
            }
        }
    }

    @Test func whoHoldsAThreadUpThreeTimesLosesTheLaneAndOthersGoOn() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await withPlugin { host async throws in
            let endpoint = try test.endpoint()
            let message = test.makeMessage("block")
            let isOver = NIOLockedValueBox(false)
            let held = loops.next().submit {
                endpoint.deliver(message) { _ in isOver.withLockedValue { $0 = true } }
            }
            while !test.lines.contains("has lost its inline lane") {
                try await letOthersRun()
            }
            // The lane's first caller is still held up; the plug-in's own thread is free.
            let asked = try askedHere()
            #expect(!asked.isHere)
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
            #expect(!isOver.withLockedValue { $0 })
            #expect(host.status().first?.lane == .thread)
            for count in 1...3 { #expect(test.lines.contains("in its inline lane (\(count) of 3)")) }
            try await held.get()
            #expect(isOver.withLockedValue { $0 })
        }
        try await loops.shutdownGracefully()
    }
}
