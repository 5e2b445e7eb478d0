// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import NIOConcurrencyHelpers
import Testing

/// What owners do to a plug-in's file, and to the gateway meanwhile (plugin-abi.md, "Reload").
@Suite(.serialized) struct ReloadTests {
    /// How a file is replaced, and whether before the signal or after it.
    struct Habit: Sendable, CustomTestStringConvertible {
        let isCopied: Bool
        let isSignalFirst: Bool
        let isolation: String

        var testDescription: String {
            "\(isCopied ? "cp" : "mv") \(isSignalFirst ? "after" : "before") SIGHUP, isolation \(isolation)"
        }

        static let all = [true, false].flatMap { isCopied in
            [true, false].flatMap { isSignalFirst in
                ["process", "none"].map { Habit(isCopied: isCopied, isSignalFirst: isSignalFirst, isolation: $0) }
            }
        }
    }

    @Test(.timeLimit(.minutes(2)), arguments: Habit.all)
    func howeverAFileIsReplacedTheRightCodeRunsInTheEnd(_ habit: Habit) async throws {
        try await UpdatedPlugin.run(isolation: habit.isolation) { plugin in
            let isOver = NIOLockedValueBox(false)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    let application = try await plugin.gateway.connect()
                    while !isOver.withLockedValue({ $0 }) {
                        let version = try await plugin.version(application)
                        #expect(version == 1 || version == 2)
                    }
                    await application.close()
                }
                for number in 1...100 {
                    if habit.isSignalFirst { plugin.gateway.process.signal(SIGHUP) }
                    let version = number % 2 + 1
                    try await habit.isCopied ? plugin.copy(version) : plugin.move(version)
                    if !habit.isSignalFirst { plugin.gateway.process.signal(SIGHUP) }
                }
                isOver.withLockedValue { $0 = true }
                for try await _ in tasks {}
            }
            let (status, report) = try await plugin.reload()
            #expect(status == 0, "\(report)")
            #expect(try await plugin.version() == 1)
            try await plugin.move(2)
            let last = try await plugin.reload()
            #expect(last.report["replaced"]?.array?.count == 1, "\(last.report)")
            #expect(try await plugin.version() == 2)
            let plugins = try await GatewayProcess.list(in: plugin.gateway.folder).array ?? []
            #expect(plugins.count == 1 && plugins[0]["crashes"]?.integer == 0, "\(plugins)")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func aThousandSignalsAreAFewReloads() async throws {
        try await UpdatedPlugin.run { plugin in
            try await plugin.move(2)
            for _ in 0..<1_000 { plugin.gateway.process.signal(SIGHUP) }
            #expect(try await plugin.version() != nil)
            try await waitUntil { try await plugin.version() == 2 }
            try await plugin.move(1)
            let (status, report) = try await plugin.reload()
            #expect(status == 0, "\(report)")
            #expect(report["replaced"]?.array?.count == 1, "\(report)")
            #expect(try await plugin.version() == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["process", "none"])
    func aSignalEndsItDuringAReload(isolation: String) async throws {
        try await UpdatedPlugin.run(isolation: isolation, endsByItself: true) { plugin in
            try await plugin.add("starthangs")
            async let outcome = TestProcess.run(
                GatewayProcess.program, ["reload", "--config", plugin.gateway.folder.path + "/config.json"])
            try await waitUntil {
                let copies = try await TestProcess.run(
                    "/usr/bin/find", [plugin.gateway.folder.path + "/state/libraries", "-name", "*starthangs.so"])
                let runners = try await GatewayProcess.children(of: plugin.gateway.process.pid)
                return !copies.output.isEmpty && (isolation == "none" || runners.count == 2)
            }
            #expect(try await plugin.version() == 1)
            let began = ContinuousClock.now
            plugin.gateway.process.signal(SIGTERM)
            #expect(await plugin.gateway.process.waitForExit() == 0)
            #expect(ContinuousClock.now - began < .seconds(5))
            #expect(try await outcome.status == 1)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["process", "none"])
    func whatAGenerationNeverAnswersEndsAtItsDeadlineWhileTheNextServes(isolation: String) async throws {
        try await UpdatedPlugin.run(isolation: isolation) { plugin in
            let application = try await plugin.gateway.connect()
            let began = ContinuousClock.now
            async let late = application.request(
                "GET", "t/version", service: plugin.name, parameters: [("delay", "60000")])
            try await plugin.gateway.wait(for: plugin.name) { $0["requests"]?.integer == 1 }
            try await plugin.move(2)
            let (status, report) = try await plugin.reload()
            #expect(status == 0, "\(report)")
            #expect(try await plugin.version() == 2)
            #expect(try await plugin.gateway.status(of: plugin.name)?["draining"]?.integer == 1)
            let answer = try await late
            #expect(answer.status == 500)
            #expect(try answer.json["errorCode"]?.text == "7", "\(answer.text)")
            #expect(ContinuousClock.now - began >= .seconds(2))
            try await plugin.gateway.wait(for: plugin.name) { $0["draining"]?.integer == 0 }
            let runners = try await GatewayProcess.children(of: plugin.gateway.process.pid)
            #expect(runners.count == (isolation == "process" ? 1 : 0))
            await application.close()
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["versions-c", "versions-plain", "versions-exclusive"])
    func aRunnerThatIsKilledWhileItStartsTakesNothingAlong(name: String) async throws {
        try await UpdatedPlugin.run(name) { plugin in
            let before = try await GatewayProcess.children(of: plugin.gateway.process.pid)
            try await plugin.move(2)
            try plugin.configure("hang")
            async let outcome = plugin.reload()
            try await plugin.gateway.process.waitForOutput { $0.contains("start hangs") }
            let runners = try await GatewayProcess.children(of: plugin.gateway.process.pid)
            // A device that can be open only once was closed before.
            let new = try #require(runners.first { !before.contains($0) })
            #expect(runners.count == (name == "versions-exclusive" ? 1 : 2))
            #expect(kill(new, SIGKILL) == 0)
            try await plugin.expectRefusal("CRASHED", outcome, served: 1)
            try plugin.configure("")
            let last = try await plugin.reload()
            #expect(last.status == 0, "\(last.report)")
            #expect(try await plugin.version() == 2)
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["versions-c", "versions-exclusive"].flatMap { name in ["process", "none"].map { (name, $0) } })
    func aSignalEndsItWhileAReplacementHangs(name: String, isolation: String) async throws {
        try await UpdatedPlugin.run(name, isolation: isolation, endsByItself: true) { plugin in
            try plugin.configure("hang")
            plugin.gateway.process.signal(SIGHUP)
            try await plugin.gateway.process.waitForOutput { $0.contains("start hangs") }
            let began = ContinuousClock.now
            plugin.gateway.process.signal(SIGTERM)
            #expect(await plugin.gateway.process.waitForExit() == 0)
            #expect(ContinuousClock.now - began < .seconds(5))
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["process", "none"])
    func whereTheDiskIsFullWhatRanBeforeGoesOn(isolation: String) async throws {
        let folder = try TestFolder()
        let state = folder.path + "/state"
        mkdir(state, 0o700)
        let mount = try await TestProcess.run(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "gotapi-test", state])
        if mount.status != 0 { try Test.cancel("this user cannot mount: \(mount.output)") }
        do {
            try await UpdatedPlugin.run(isolation: isolation, in: folder) { plugin in
                // As much as goes in.
                _ = try await TestProcess.run("/bin/cp", ["/dev/zero", state + "/filling"])
                try await plugin.move(2)
                try await plugin.expectRefusal("COPY_FAILED", try await plugin.reload(), served: 1)
                #expect(unlink(state + "/filling") == 0)
                let (status, report) = try await plugin.reload()
                #expect(status == 0, "\(report)")
                #expect(try await plugin.version() == 2)
            }
        } catch { Issue.record(error) }
        let outcome = try await TestProcess.run("/bin/umount", [state])
        #expect(outcome.status == 0, "\(outcome.output)")
    }
}
