// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import GotAPIPluginHost

/// plugin-abi.md, "Misbehaviour and what it costs", without restart.
@Suite(.timeLimit(.minutes(1)))
struct MisbehaviourTests {
    private let test = TestHost()

    static let isolations: [PluginIsolation] = [.process, .none]

    private func withPlugin(
        _ isolation: PluginIsolation = .process, _ fixture: Fixture = Fixture(),
        responseTimeout: Duration = .seconds(60),
        _ body: (PluginHost) async throws -> Void
    ) async throws {
        fixture.build(at: test.plugins + "/libgotapi-plugin-fixture.so")
        Fixture(id: "com.example.good", services: "[]").build(at: test.plugins + "/libgotapi-plugin-good.so")
        try await test.withHost(test.settings(isolation, responseTimeout: responseTimeout)) {
            host, status async throws in
            try #require(status.map(\.state) == [.running, .running], "\(status)")
            try await body(host)
            // Whatever one does, the other is served.
            #expect(try await test.request("echo", to: "com.example.good").text == "{\"data\":\"ok\"}")
        }
    }

    // MARK: - Answers

    @Test(arguments: isolations)
    func aPluginThatNeverAnswersTimesOutAtTheDeadline(isolation: PluginIsolation) async throws {
        try await withPlugin(isolation) { host async throws in
            let begin = monotonicNow()
            #expect(try await test.request("silent", within: .milliseconds(300)) == .timeout)
            let waited = monotonicNow() - begin
            #expect(waited >= 300_000_000 && waited < 20_000_000_000)
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
            #expect(host.status().first?.errors == 1)
        }
    }

    @Test(
        arguments: [
            ("twice", PluginReply.members(Array("{\"data\":1}".utf8))), ("nothing", .unanswered),
            ("badjson", .unanswered),
            ("big", .unanswered),
        ], isolations)
    func anAnswerCountsOnceAndOnlyWhereItIsValid(
        row: (attribute: String, reply: PluginReply), isolation: PluginIsolation
    ) async throws {
        try await withPlugin(isolation) { _ async throws in
            #expect(try await test.request(row.attribute) == row.reply)
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
        }
    }

    @Test(arguments: isolations)
    func aCancelledMessageIsRepliedToAtOnce(isolation: PluginIsolation) async throws {
        try await withPlugin(isolation) { _ async throws in
            let endpoint = try test.endpoint()
            let message = test.makeMessage("silent")
            let reply = endpoint.begin(message)
            _ = try await test.request("echo")
            endpoint.cancel(message.id)
            endpoint.cancel(message.id)
            #expect(await reply.value == .unanswered)
        }
    }

    @Test(arguments: isolations)
    func theRequestBeyondTheLimitIsRefused(isolation: PluginIsolation) async throws {
        try await withPlugin(isolation) { _ async throws in
            let endpoint = try test.endpoint()
            let replies = NIOLockedValueBox(0)
            for index in 0..<1_024 {
                endpoint.deliver(test.makeMessage("silent", client: UInt64(index % 4), within: .milliseconds(800))) {
                    reply in
                    #expect(reply == .timeout)
                    replies.withLockedValue { $0 += 1 }
                }
            }
            let refused = try await test.request("echo")
            guard case .overloaded(let text) = refused else {
                Issue.record("\(refused)")
                return
            }
            #expect(text.contains("1024"))
            // The sweep replies to all of them; then there is room again.
            while try await test.request("echo").text != "{\"data\":\"ok\"}" { try await letOthersRun() }
            while replies.withLockedValue({ $0 }) < 1_024 { try await letOthersRun() }
        }
    }

    // MARK: - Pushes

    @Test(arguments: isolations)
    func pushesReachTheSinkInOrder(isolation: PluginIsolation) async throws {
        try await withPlugin(isolation) { host async throws in
            let message = test.makeMessage("push")
            #expect(try await test.endpoint().reply(to: message).text == "{\"result\":0}")
            var events = test.sink.events.makeAsyncIterator()
            guard case .subscribed(let subscription, message.id) = await events.next() else {
                Issue.record("not subscribed")
                return
            }
            for index in 0..<3 {
                let event = await events.next()
                #expect(event == .pushed(subscription: subscription, members: "{\"n\":\(index),\"fill\":\"0\"}"))
            }
            #expect(host.status().first?.pushes == 3)
            try test.endpoint().setReachable(subscription, true)
            try test.endpoint().endSubscription(subscription, reason: .clientGone)
            try test.endpoint().endSubscription(subscription, reason: .clientGone)
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
        }
    }

    @Test(arguments: isolations)
    func morePushesThanTheGatewayLetsWaitAllArriveWhileItReads(isolation: PluginIsolation) async throws {
        try await withPlugin(isolation) { _ async throws in
            #expect(try await test.request("pushmany").text == "{\"result\":0}")
            var count = 0
            for await event in test.sink.events {
                if case .pushed = event { count += 1 }
                if count == 40 { break }
            }
        }
    }

    @Test(arguments: isolations)
    func aSubscriptionThatTheGatewayRefusesIsOverloaded(isolation: PluginIsolation) async throws {
        try await withPlugin(isolation) { _ async throws in
            test.sink.acceptsSubscriptions.withLockedValue { $0 = false }
            let reply = try await test.request("push")
            #expect(reply == .overloaded("The application has 256 subscriptions already."))
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
        }
    }

    @Test(arguments: isolations)
    func changedServicesDuringStartAreReportedWhenThePluginIsKnown(isolation: PluginIsolation) async throws {
        try await withPlugin(isolation, Fixture(macros: ["START_CHANGES_SERVICES"])) { _ async throws in
            var events = test.sink.events.makeAsyncIterator()
            #expect(await events.next() == .servicesChanged)
        }
    }

    // MARK: - Crashes

    @Test(arguments: [("segv", "signal 11"), ("exit", "status 3"), ("child", "signal 9")])
    func aCrashRepliesAtOnceAndSoDoesWhateverComesBeforeTheNextStart(attribute: String, words: String) async throws {
        try await withPlugin { host async throws in
            let endpoint = try test.endpoint()
            let waiting = endpoint.begin(test.makeMessage("silent"))
            #expect(try await test.request("push").text == "{\"result\":0}")
            let begin = monotonicNow()
            #expect(try await test.request(attribute) == .crashed)
            #expect(await waiting.value == .crashed)
            #expect(monotonicNow() - begin < 3_000_000_000)
            #expect(try await test.request("echo") == .crashed)
            let status = try #require(host.status().first)
            #expect(status.state == .crashed)
            #expect(status.pid == nil)
            #expect(status.failure?.reason.contains(words) == true, "\(String(describing: status.failure))")
            if attribute == "segv" { #expect(test.lines.contains("about to crash")) }
            #expect(!endpoint.isOnline)
        }
    }

    // MARK: - Programs that a plug-in starts

    /// However the plug-in ends, a program that it has left running ends with it.
    @Test(arguments: ["stop", "exit", "segv"])
    func aProgramThatAPluginStartedEndsWithIt(attribute: String) async throws {
        let process = NIOLockedValueBox<String?>(nil)
        try await withPlugin { host async throws in
            let number = try #require(try await test.request("program").text.wholeMatch(of: /\{"data":(\d+)\}/)?.1)
            process.withLockedValue { $0 = String(number) }
            #expect(isRunning(String(number)))
            guard attribute != "stop" else { return }
            #expect(try await test.request(attribute) == .crashed)
            while isRunning(String(number)) { try await letOthersRun() }
        }
        let number = try #require(process.withLockedValue { $0 })
        while isRunning(number) { try await letOthersRun() }
    }

    /// A process that has ended and waits for whoever inherited it to reap it does not run (proc_pid_stat(5)).
    private func isRunning(_ process: String) -> Bool {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(descriptor, &bytes, bytes.count)
        let state = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: ")").last?.dropFirst()
            .first
        return state.map { $0 != "Z" && $0 != "X" } ?? false
    }

    // MARK: - A blocked thread

    @Test func aHungProcessIsEnded() async throws {
        try await withHungPlugin(.process) { host async throws in
            #expect(try await test.request("hang") == .crashed)
            // It may be ending still.
            while host.status().first?.state != .crashed { try await letOthersRun() }
            #expect(host.status().first?.failure?.reason.contains("blocked its thread") == true)
        }
    }

    @Test func inProcessAHungPluginRefusesUntilItsThreadComesBack() async throws {
        try await withHungPlugin(.none) { host async throws in
            let reply = try test.endpoint().begin(test.makeMessage("block"))
            while host.status().first?.state != .blocked { try await letOthersRun() }
            #expect(try await test.request("echo") == .unavailable("The plug-in is blocked."))
            #expect(await reply.value?.text == "{\"data\":\"late\"}")
            while host.status().first?.state != .running { try await letOthersRun() }
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
            #expect(test.lines.contains("came back"))
        }
    }

    /// With a patience of one second.
    private func withHungPlugin(
        _ isolation: PluginIsolation, _ body: (PluginHost) async throws -> Void
    ) async throws {
        try await withPlugin(isolation, responseTimeout: .seconds(1) - .seconds(10), body)
    }

    // MARK: - A hostile process

    private func withHostileRunner(
        _ mode: String, _ body: (PluginHost, [PluginStatus]) async throws -> Void
    ) async throws {
        let runner = test.folder.path + "/hostile"
        Fixture.buildHostileRunner(at: runner)
        Fixture(id: "x." + mode).build(at: test.plugins + "/libgotapi-plugin-x.so")
        try await test.withHost(test.settings(runner: runner), body)
    }

    @Test(arguments: [
        ("exit", LoadFailure.Code.crashed), ("garbage", .crashed), ("long", .crashed), ("early", .crashed),
        ("identity", .badDescriptor), ("flags", .badDescriptor), ("services", .badDescriptor),
    ])
    func aProcessThatLiesWhileItIsLoadedIsRefused(mode: String, code: LoadFailure.Code) async throws {
        try await withHostileRunner(mode) { host, status async throws in
            #expect(status.map(\.state) == [.refused])
            #expect(status.first?.failure?.code == code, "\(String(describing: status.first?.failure))")
        }
    }

    @Test(arguments: ["invalid", "array", "huge", "cut", "stopped", "repeated", "flood"])
    func aProcessThatBreaksTheRulesIsEndedAsACrash(mode: String) async throws {
        try await withHostileRunner(mode) { host, status async throws in
            #expect(status.map(\.state) == [.running])
            #expect(try await test.request("x", to: "x." + mode) == .crashed)
            #expect(host.status().first?.state == .crashed)
            #expect(try await test.request("x", to: "x." + mode) == .crashed)
        }
    }

    @Test(arguments: ["stray", "logs"])
    func aProcessThatOnlyTalksTooMuchIsIgnored(mode: String) async throws {
        try await withHostileRunner(mode) { host, status async throws in
            #expect(try await test.request("x", to: "x." + mode).text == "{\"data\":\"ok\"}")
            #expect(host.status().first?.state == .running)
            #expect(test.lines.all.count { $0.contains("flood") } <= 2_000)
        }
    }

    @Test func aProcessThatDoesNotReadIsOverloadedInTheEnd() async throws {
        try await withHostileRunner("deaf") { host, status async throws in
            let endpoint = try test.endpoint("x.deaf")
            let value = String(decoding: [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20), as: UTF8.self)
            let overloaded = NIOLockedValueBox(0)
            for _ in 0..<30 {
                let message = test.makeMessage("x", within: .seconds(30), parameters: [.init(name: "a", value: value)])
                endpoint.deliver(message) { reply in
                    if case .overloaded = reply { overloaded.withLockedValue { $0 += 1 } }
                }
            }
            let count = overloaded.withLockedValue { $0 }
            #expect(count >= 12 && count < 16, "\(count)")
        }
    }
}
