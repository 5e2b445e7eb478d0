// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPIPluginDriver
import GotAPIPluginProbes
import Testing

@testable import GotAPIPluginChecker

/// What the checker finds in the fixtures, and that it finds nothing in the samples.
@Suite struct PluginCheckerTests {
    /// Much shorter than what authors get: the fixtures' faults show at once.
    static var settings: ProbeSettings {
        var settings = ProbeSettings(seed: 7)
        settings.startLimit = 3_000
        settings.stopLimit = 1_000
        settings.callbackLimit = 1_500
        settings.answerLimit = 200
        settings.requests = 400
        // Only an upper bound: what is found is not to depend on the machine.
        settings.requestsLimit = 20_000
        settings.cycles = 20
        settings.roundRequests = 200
        return settings
    }

    /// The program of the children, where SwiftPM puts it.
    static let runner: String = {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, length)), as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/gotapi-plugin-runner"
    }()

    /// On a thread of its own, since a check blocks for seconds; three at a time, which mostly wait.
    static func check(
        _ file: String, _ attributes: [String] = [], settings: ProbeSettings = settings
    ) async throws -> PluginCheckReport {
        await turns.take()
        let report = await checkNow(file, attributes, settings)
        await turns.give()
        return try report.get()
    }

    private static let turns = Turns(3)

    private static func checkNow(
        _ file: String, _ attributes: [String], _ settings: ProbeSettings
    ) async -> Result<PluginCheckReport, PluginChecker.Failure> {
        var settings = settings
        settings.attributes = attributes
        let chosen = settings
        return await withCheckedContinuation { continuation in
            let work = Unmanaged.passRetained(
                Work {
                    continuation.resume(
                        returning: Result { () throws(PluginChecker.Failure) in
                            try PluginChecker.check(file, settings: chosen, runner: runner)
                        })
                })
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                    return nil
                }, work.toOpaque())
            precondition(status == 0, "pthread_create: error \(status)")
            pthread_detach(thread)
        }
    }

    /// Lets a few go on at a time.
    private actor Turns {
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(_ count: Int) { free = count }

        func take() async {
            if free > 0 {
                free -= 1
            } else {
                await withCheckedContinuation { waiting.append($0) }
            }
        }

        func give() {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func library(_ name: String, in variable: String) throws -> String {
        let folder = try #require(getenv(variable).map { String(cString: $0) }, "script/test sets \(variable)")
        return "\(folder)/libgotapi-plugin-\(name).so"
    }

    /// Every fixture that is wrong, and the check that must say so.
    static let table: [(fixture: String, check: PluginCheck)] = [
        // misbehaving/broken.c
        ("wrongmajor", .format), ("noteid", .format), ("noteunterminated", .format), ("notesize", .format),
        ("nonote", .format), ("noentry", .format), ("hiddenentry", .format), ("textfile", .format),
        ("emptyfile", .format), ("truncated", .format), ("otherarchitecture", .format), ("executablestack", .format),
        ("textrelocations", .format), ("constructor", .format), ("uniquesymbols", .uniqueSymbols),
        ("missinglibrary", .symbols), ("undefinedsymbol", .symbols), ("entryrefuses", .load), ("entrycrashes", .load),
        ("loadhangs", .load), ("otherid", .descriptor), ("descriptorsize", .descriptor), ("nullid", .descriptor),
        ("idlength", .descriptor), ("nameutf8", .descriptor), ("namelength", .descriptor), ("nostart", .descriptor),
        ("nostop", .descriptor), ("noonmessage", .descriptor), ("unknownflags", .descriptor),
        ("otherflags", .descriptor), ("servicesjson", .descriptor), ("servicesobject", .descriptor),
        ("servicesutf8", .descriptor), ("servicemember", .descriptor), ("startfails", .start), ("startstatus", .start),
        ("starthangs", .start), ("startcrashes", .load),
        // misbehaving/misbehaving.c
        ("neveranswers", .answers), ("forgets", .answers), ("answerstwice", .answeredTwice), ("ownthread", .handles),
        ("afterdeadline", .answers), ("neverreleases", .balance), ("releasestwice", .balance),
        ("stalehandle", .handles), ("badjson", .json), ("toolarge", .json), ("pushes", .pushes), ("blocks", .blocking),
        ("stophangs", .start), ("afterstop", .afterStop), ("crashes", .answers), ("logs", .log),
        // careless
        ("leavesthreads", .threads), ("startsonce", .cycles), ("leaksmemory", .memory),
        ("leaksdescriptors", .descriptors), ("isslow", .blocking), ("longvalues", .requests), ("discovery", .json),
        ("extensions", .extensions), ("anyhost", .hostVersion), ("exports", .exports),
        ("stopwaits", .stopInFlight),
    ]

    @Test(.timeLimit(.minutes(3)), arguments: table)
    func theCheckerFindsWhatIsWrong(_ row: (fixture: String, check: PluginCheck)) async throws {
        let report = try await Self.check(try Self.library(row.fixture, in: "GOTAPI_TEST_FIXTURES"))
        #expect(report.state(of: row.check) == .failed, "\(report.text)")
        #expect(!report.hasPassed)
        #expect(report.findings.allSatisfy { !$0.what.isEmpty && !$0.remedy.isEmpty })
    }

    /// Each of them ends a phase early, another one.
    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            ("startfails", [PluginCheck.load, .descriptor], [PluginCheck.answers, .stopInFlight, .memory]),
            ("stophangs", [.load, .descriptor], [.answers]), ("logs", [.start], [.answers, .stopInFlight, .requests]),
            ("startsonce", [.requests, .blocking], [.threads]),
            ("isslow", [.start], [.balance, .afterStop, .requests]),
            ("only-program", [.answers], [.cycles, .memory]),
            // Already in the phase that stops with work in flight.
            ("stopwaits", [.answers, .blocking], [.balance, .afterStop]),
        ])
    func whatNeverRanHasNotPassed(_ fixture: String, _ passed: [PluginCheck], _ notRun: [PluginCheck]) async throws {
        let report = try await Self.check(try Self.library(fixture, in: "GOTAPI_TEST_FIXTURES"))
        for check in passed { #expect(report.state(of: check) == .passed, "\(report.text)") }
        for check in notRun { #expect(report.state(of: check) == .notRun, "\(report.text)") }
    }

    /// By the attribute, which the checker is told: what ends the process, and what its thread does not come back from.
    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            ("only-null", "null", PluginCheck.requests), ("only-abort", "abort", .requests),
            ("only-overflow", "overflow", .requests), ("only-exit", "exit", .requests),
            ("only-close", "close", .requests), ("only-stop", "stop", .requests), ("only-loop", "loop", .blocking),
            ("only-memory", "memory", .requests), ("only-flood", "flood", .pushes),
            ("only-processes", "processes", .processes), ("only-program", "program", .processes),
            ("throws", "throw", .requests), ("panics", "panic", .requests), ("traps", "trap", .requests),
        ])
    func theCheckerFindsWhatEndsAProcess(_ fixture: String, _ attribute: String, _ check: PluginCheck) async throws {
        let report = try await Self.check(try Self.library(fixture, in: "GOTAPI_TEST_FIXTURES"), [attribute])
        #expect(PluginCheck.allCases.filter { report.state(of: $0) == .failed } == [check], "\(report.text)")
    }

    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            ("helloworld", "GOTAPI_TEST_PLUGINS"), ("lightemulator", "GOTAPI_TEST_PLUGINS"),
            ("simpleclock", "GOTAPI_TEST_PLUGINS"), ("echo", "GOTAPI_TEST_FIXTURES"), ("disc", "GOTAPI_TEST_FIXTURES"),
            ("deny", "GOTAPI_TEST_FIXTURES"), ("stream", "GOTAPI_TEST_FIXTURES"),
            ("versions-swift-1", "GOTAPI_TEST_FIXTURES"), ("ownfolder", "GOTAPI_TEST_FIXTURES"),
            ("discoverslater", "GOTAPI_TEST_FIXTURES"), ("confined", "GOTAPI_TEST_FIXTURES"),
            // What is wrong with them is another plug-in in the same folder.
            ("duplicateid", "GOTAPI_TEST_FIXTURES"), ("duplicateservice", "GOTAPI_TEST_FIXTURES"),
        ])
    func whatIsWellMadePasses(_ name: String, _ variable: String) async throws {
        let report = try await Self.check(try Self.library(name, in: variable))
        #expect(report.hasPassed, "\(report.text)")
        #expect(report.text.contains("passed, with"))
        #expect(report.json["passed"]?.boolean == true)
    }

    @Test(.timeLimit(.minutes(3))) func whatIsSlowOnceIsAWarning() async throws {
        let report = try await Self.check(try Self.library("slowonce", in: "GOTAPI_TEST_FIXTURES"))
        #expect(report.hasPassed, "\(report.text)")
        #expect(report.state(of: .blocking) == .warning, "\(report.text)")
    }

    @Test(.timeLimit(.minutes(3))) func whatThereWasNoTimeForHasNotPassed() async throws {
        var settings = Self.settings
        settings.requestsLimit = 0
        settings.roundRequests = 20_000
        let report = try await Self.check(
            try Self.library("helloworld", in: "GOTAPI_TEST_PLUGINS"), settings: settings)
        #expect(!report.hasPassed)
        for check in [PluginCheck.memory, .descriptors, .threads] {
            #expect(report.state(of: check) == .notRun, "\(report.text)")
        }
        #expect(report.notes.contains { $0.contains("was not measured") })
    }

    /// PluginSDK/descriptions: of the library only what the description needs of it is looked at.
    @Test(.timeLimit(.minutes(3))) func aDescriptionIsCheckedWithTheLibraryThatItNames() async throws {
        let report = try await Self.check(Self.root + "/PluginSDK/descriptions/libgotapi-plugin-libm.json")
        #expect(report.hasPassed, "\(report.text)")
        #expect(report.state(of: .requests) == .passed)
        #expect(!report.checks.contains(.exports))
        #expect(report.text.contains("note: calls functions of /"))
    }

    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            (#""symbol": "cos""#, #""symbol": "kos""#, "exports no function kos"),
            ("libm.so.6", "libnowhere.so", "lies neither beside the description nor in"),
            ("(x: f64) -> f64", "(x: f65) -> f64", "functions[0].signature"),
            (#""id": "com.example.libm","#, "", "id"),
        ])
    func whatIsWrongWithADescriptionIsNamed(_ text: String, _ replacement: String, _ words: String) async throws {
        let folder = try #require(TemporaryFolder())
        defer { folder.remove() }
        let original = try Self.text(of: Self.root + "/PluginSDK/descriptions/libgotapi-plugin-libm.json")
        let file = folder.path + "/libgotapi-plugin-libm.json"
        let changed = original.replacing(text, with: replacement)
        try #require(changed != original)
        try Self.write(changed, to: file)
        let report = try await Self.check(file)
        #expect(report.state(of: .format) == .failed)
        #expect(report.findings.contains { $0.what.contains("BAD_DESCRIPTION") || $0.what.contains("MISSING_LIBRARY") })
        #expect(report.findings.contains { $0.what.contains(words) }, "\(report.text)")
    }

    /// The repository: Tests/GotAPIPluginCheckerTests/PluginCheckerTests.swift
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    private static func text(of path: String) throws -> String {
        let file = try #require(fopen(path, "re"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private static func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "we"))
        fputs(text, file)
        try #require(fclose(file) == 0)
    }

    @Test(.timeLimit(.minutes(3))) func aSymbolicLinkIsNoFileForAGateway() async throws {
        let folder = try #require(TemporaryFolder())
        defer { folder.remove() }
        let link = folder.path + "/libgotapi-plugin-helloworld.so"
        try #require(symlink(try Self.library("helloworld", in: "GOTAPI_TEST_PLUGINS"), link) == 0)
        let report = try await Self.check(link)
        #expect(PluginCheck.allCases.filter { report.state(of: $0) != .passed } == [.file], "\(report.text)")
        #expect(report.findings.map(\.what) == ["the file is a symbolic link, which a gateway refuses"])
    }

    @Test func whatIsNoFileIsNotChecked() async throws {
        await #expect(throws: PluginChecker.Failure.self) { try await Self.check("/nowhere.so") }
        await #expect(throws: PluginChecker.Failure.self) { try await Self.check("/tmp") }
    }
}
