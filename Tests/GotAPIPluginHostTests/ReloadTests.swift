// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIPluginHost

/// What a reload does with libraries that have come, changed and gone: plugin-abi.md, "Reload".
@Suite(.timeLimit(.minutes(1)))
struct ReloadTests {
    let test = TestHost()

    static let id = "com.example.fixture"
    static let file = "libgotapi-plugin-fixture.so"

    static func version(_ version: String, _ macros: [String] = []) -> Fixture {
        Fixture(macros: ["VERSION='\"\(version)\"'"] + macros)
    }

    /// Puts a library there as an owner should: beside its place first.
    func place(_ fixture: Fixture, as file: String = file) {
        fixture.build(at: test.plugins + "/new")
        move("new", to: file)
    }

    func move(_ file: String, to other: String) {
        #expect(rename(test.plugins + "/" + file, test.plugins + "/" + other) == 0)
    }

    func remove(_ file: String = file, ifThere: Bool = false) {
        #expect(unlink(test.plugins + "/" + file) == 0 || ifThere)
    }

    func data(_ name: String, of id: String = id) -> String { test.folder.path + "/state/plugins/\(id)/\(name)" }

    func answeredVersion(_ id: String = id) async throws -> String { try await test.request("version", to: id).text }

    /// Waits until nothing of earlier generations is left.
    func drained(_ host: PluginHost) async throws {
        while host.status().contains(where: { $0.draining > 0 }) { try await letOthersRun() }
    }

    /// How many libraries have a private copy.
    func copies() throws -> Int {
        let folder = test.folder.path + "/state/libraries"
        return try FileDescriptor(opening: folder, O_RDONLY | O_DIRECTORY).names().reduce(0) { count, name in
            count + (try FileDescriptor(opening: folder + "/" + name, O_RDONLY | O_DIRECTORY).names().count)
        }
    }

    // MARK: - What is found

    @Test(arguments: [PluginIsolation.process, .none])
    func anotherVersionTakesOverAndTheOneBeforeFinishesItsRequests(isolation: PluginIsolation) async throws {
        place(Self.version("1"))
        try await test.withHost(test.settings(isolation)) { host, _ async throws in
            let first = try test.endpoint()
            let waiting = first.begin(test.makeMessage("wait"))
            place(Self.version("2"))
            let report = await host.reload(test.settings(isolation))
            #expect(report.replaced == [.init(id: Self.id, file: Self.file)])
            #expect(report.refused.isEmpty && report.kept.isEmpty && report.added.isEmpty && report.removed.isEmpty)
            let second = try test.endpoint()
            #expect(second !== first && second.generation == 2)
            #expect(try await answeredVersion() == #"{"data":"2"}"#)
            // Whoever still holds the one before is sent on.
            #expect(await first.reply(to: test.makeMessage("version")) == .superseded)
            #expect(host.status().first?.draining == 1)
            _ = test.folder.write([], to: "state/plugins/\(Self.id)/go")
            #expect(await waiting.value?.text == #"{"data":"1"}"#)
            try await drained(host)
            let status = try #require(host.status().first)
            #expect(status.retiredImages == (isolation == .none ? 1 : 0))
            #expect(status.requests == 2, "counted on; what was sent on is the other's")
            #expect(status.version == "2" && status.update == nil)
        }
    }

    @Test func theSameBytesAreLeftAlone() async throws {
        place(Self.version("1"))
        try await test.withHost(test.settings()) { host, before async throws in
            place(Self.version("1"))
            let report = await host.reload(test.settings())
            #expect(report.kept == [.init(id: Self.id, file: Self.file)])
            #expect(report.replaced.isEmpty)
            #expect(host.status().map(\.pid) == before.map(\.pid))
        }
    }

    @Test func filesThatComeAndGoAreAddedAndRemoved() async throws {
        place(Self.version("1"))
        try await test.withHost(test.settings()) { host, _ async throws in
            let other = Fixture(
                id: "com.example.other", services: #"[{"serviceId":"o","name":"O","online":true,"scopes":["t"]}]"#)
            place(other, as: "libgotapi-plugin-other.so")
            var report = await host.reload(test.settings())
            #expect(report.added == [.init(id: "com.example.other", file: "libgotapi-plugin-other.so")])
            #expect(report.kept.map(\.id) == [Self.id])
            #expect(try await answeredVersion("com.example.other") == #"{"data":"1.2"}"#)

            remove()
            let pid = try #require(host.status().first { $0.id == Self.id }?.pid)
            report = await host.reload(test.settings())
            #expect(report.removed == [.init(id: Self.id, file: Self.file)])
            #expect(report.kept.map(\.id) == ["com.example.other"])
            #expect(host.status().map(\.id) == ["com.example.other"])
            #expect(test.endpoints.withLockedValue { $0.map(\.id) } == ["com.example.other"])
            while kill(pid, 0) == 0 { try await letOthersRun() }
        }
    }

    @Test func aFileUnderAnotherNameReplacesTheOneThatIsGone() async throws {
        place(Self.version("1"))
        try await test.withHost(test.settings()) { host, _ async throws in
            remove()
            place(Self.version("2"), as: "libgotapi-plugin-renamed.so")
            let report = await host.reload(test.settings())
            #expect(report.replaced == [.init(id: Self.id, file: "libgotapi-plugin-renamed.so")])
            #expect(report.removed.isEmpty && report.refused.isEmpty)
            #expect(try await answeredVersion() == #"{"data":"2"}"#)
            #expect(host.status().map(\.file) == ["libgotapi-plugin-renamed.so"])
        }
    }

    @Test func whatWasRefusedIsLookedAtAgain() async throws {
        place(Self.version("1", ["START_FAILS"]))
        try await test.withHost(test.settings()) { host, before async throws in
            #expect(before.map(\.failure?.code) == [.startFailed])
            #expect(await host.reload(test.settings()).refused.map(\.failure.code) == [.startFailed])
            place(Self.version("2"))
            #expect(await host.reload(test.settings()).added.map(\.id) == [Self.id])
            #expect(try await answeredVersion() == #"{"data":"2"}"#)
            while try copies() != 1 { try await letOthersRun() }
        }
    }

    @Test func oneThatIsQuarantinedRunsAgainWhenItsFileHasChanged() async throws {
        place(Self.version("1"))
        try await test.withHost(test.settings(restartPause: 1_000_000)) { host, _ async throws in
            for _ in 1...5 {
                while host.status().first?.state != .running || (try? test.endpoint())?.isOnline != true {
                    try await letOthersRun()
                }
                _ = try await test.request("segv")
            }
            while host.status().first?.state != .quarantined { try await letOthersRun() }
            // Untouched, it stays where it is.
            let settings = test.settings(restartPause: 1_000_000)
            #expect(await host.reload(settings).kept.map(\.id) == [Self.id])
            #expect(host.status().first?.state == .quarantined)
            place(Self.version("2"))
            #expect(await host.reload(settings).replaced.map(\.id) == [Self.id])
            #expect(try await answeredVersion() == #"{"data":"2"}"#)
        }
    }

    // MARK: - Configuration

    @Test func aPluginWhoseConfigurationChangesIsReplacedAndNoOther() async throws {
        place(Self.version("1"))
        place(
            Fixture(id: "com.example.other", services: "[]"), as: "libgotapi-plugin-other.so")
        try await test.withHost(test.settings()) { host, _ async throws in
            let items = [Self.id: PluginSettings(configJSON: #"{"n":2}"#)]
            let report = await host.reload(test.settings(items: items))
            #expect(report.replaced.map(\.id) == [Self.id])
            #expect(report.kept.map(\.id) == ["com.example.other"])
            #expect(try await test.request("config").text == #"{"n":2}"#)
        }
    }

    @Test func aPluginMovesIntoTheGatewaysProcessAndOut() async throws {
        place(Self.version("1"))
        try await test.withHost(test.settings()) { host, _ async throws in
            for isolation in [PluginIsolation.none, .process, .none] {
                #expect(await host.reload(test.settings(isolation)).replaced.map(\.id) == [Self.id])
                #expect(host.status().map(\.isolation) == [isolation])
                #expect(try await answeredVersion() == #"{"data":"1"}"#)
            }
        }
    }

    @Test func oneThatTheOwnerDoesNotWantAnyMoreIsRemovedAndComesBack() async throws {
        place(Self.version("1"))
        try await test.withHost(test.settings()) { host, _ async throws in
            var report = await host.reload(test.settings(items: [Self.id: PluginSettings(isEnabled: false)]))
            #expect(report.removed.map(\.id) == [Self.id])
            #expect(host.status().map(\.state) == [.disabled])
            report = await host.reload(test.settings())
            #expect(report.added.map(\.id) == [Self.id])
            #expect(try await answeredVersion() == #"{"data":"1"}"#)
        }
    }

    // MARK: - Subscriptions

    @Test(arguments: [PluginIsolation.process, .none])
    func subscriptionsOfReplayableGenerationsPassOn(isolation: PluginIsolation) async throws {
        place(Self.version("1", ["REPLAYABLE"]))
        try await test.withHost(test.settings(isolation)) { host, _ async throws in
            let first = try test.endpoint()
            place(Self.version("2", ["REPLAYABLE"]))
            _ = await host.reload(test.settings(isolation))
            let second = try test.endpoint()
            #expect(
                test.changes.withLockedValue { changes in
                    changes.contains { change in
                        change.draining.contains { $0 === first }
                            && change.successions.contains { $0.predecessor === first && $0.successor === second }
                    }
                })
        }
    }

    @Test(arguments: [(["REPLAYABLE"], []), ([], ["REPLAYABLE"])])
    func subscriptionsEndWhereOneOfTheTwoDoesNotRepeat(first: [String], second: [String]) async throws {
        place(Self.version("1", first))
        try await test.withHost(test.settings()) { host, _ async throws in
            place(Self.version("2", second))
            _ = await host.reload(test.settings())
            let successor = try test.endpoint()
            #expect(
                test.changes.withLockedValue { changes in
                    changes.allSatisfy {
                        $0.successions.allSatisfy { $0.successor == nil || $0.successor !== successor }
                    }
                })
        }
    }

    @Test(arguments: [PluginIsolation.process, .none])
    func whatWasPushedComesBeforeTheEndOfItsSubscription(isolation: PluginIsolation) async throws {
        place(Self.version("1"))
        try await test.withHost(test.settings(isolation)) { _, _ async throws in
            let endpoint = try test.endpoint()
            var events = test.sink.events.makeAsyncIterator()
            let reply = endpoint.begin(test.makeMessage("pushmany"))
            guard case .subscribed(let subscription, _) = await events.next() else {
                Issue.record("not subscribed")
                return
            }
            endpoint.setReachable(subscription, true)
            _ = await reply.value
            let counts = NIOLockedValueBox(0)
            endpoint.closeSubscriptions([subscription]) { [sink = test.sink] in
                counts.withLockedValue { $0 += 1 }
                // Marks the place behind all pushes in the order of events.
                sink.unsubscribed(endpoint, subscription: subscription)
            }
            var pushes = 0
            loop: while let event = await events.next() {
                switch event {
                case .pushed: pushes += 1
                case .unsubscribed: break loop
                default: ()
                }
            }
            #expect(counts.withLockedValue { $0 } == 1)
            // None comes later.
            _ = try await test.request("echo")
            #expect(pushes <= 40)
            test.sink.servicesChanged(endpoint)
            #expect(await events.next() == .servicesChanged)
        }
    }
}
