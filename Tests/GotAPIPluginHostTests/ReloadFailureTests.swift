// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIPluginHost

/// Whatever is wrong with a new file, what ran before goes on: plugin-abi.md, "Reload", step 2.
@Suite(.timeLimit(.minutes(1)))
struct ReloadFailureTests {
    private let reload = ReloadTests()
    private var test: TestHost { reload.test }

    struct Case: Sendable, CustomTestStringConvertible {
        var macros: [String] = []
        var isolation = PluginIsolation.process
        var compiler = "cc"
        let code: LoadFailure.Code

        var testDescription: String { "\(macros) \(isolation) → \(code.rawValue)" }
    }

    @Test(arguments: [
        Case(macros: ["START_FAILS"], code: .startFailed),
        Case(macros: ["START_FAILS"], isolation: .none, code: .startFailed),
        Case(macros: ["START_CRASHES"], code: .crashed),
        Case(macros: ["CONSTRUCTOR_CRASHES"], code: .crashed),
        Case(macros: ["ENTRY_REFUSES"], code: .entryRefused),
        Case(macros: ["ENTRY_REFUSES"], isolation: .none, code: .entryRefused),
        Case(macros: ["NO_NOTE"], code: .notAPlugin),
        Case(macros: ["NO_ENTRY"], code: .notAPlugin),
        Case(macros: ["WRONG_ID"], code: .badDescriptor),
        Case(macros: ["UNDEFINED_SYMBOL"], code: .missingLibrary),
        Case(macros: ["UNIQUE"], isolation: .none, compiler: "c++", code: .uniqueSymbols),
    ])
    func whatCannotRunDoesNotReplaceWhatRuns(_ bad: Case) async throws {
        reload.place(ReloadTests.version("1"))
        try await test.withHost(test.settings(bad.isolation)) { host, _ async throws in
            var fixture = ReloadTests.version("2", bad.macros)
            fixture.compiler = bad.compiler
            reload.place(fixture)
            try await expectRefusal(bad.code, host, test.settings(bad.isolation))
            // And at every later reload.
            try await expectRefusal(bad.code, host, test.settings(bad.isolation))
            reload.place(ReloadTests.version("3"))
            let report = await host.reload(test.settings(bad.isolation))
            #expect(report.replaced.map(\.id) == [ReloadTests.id])
            #expect(try await reload.answeredVersion() == #"{"data":"3"}"#)
            #expect(host.status().map(\.update) == [nil])
        }
    }

    private func expectRefusal(
        _ code: LoadFailure.Code, _ host: PluginHost, _ settings: PluginHostSettings,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try test.endpoint()
        let report = await host.reload(settings)
        #expect(report.refused.map(\.failure.code) == [code], "\(report)", sourceLocation: sourceLocation)
        #expect(report.refused.map(\.isServed) == [true], sourceLocation: sourceLocation)
        #expect(report.replaced.isEmpty && report.removed.isEmpty, "\(report)", sourceLocation: sourceLocation)
        #expect(try test.endpoint() === before, sourceLocation: sourceLocation)
        #expect(try await reload.answeredVersion() == #"{"data":"1"}"#, sourceLocation: sourceLocation)
        #expect(host.status().map(\.update?.code) == [code], sourceLocation: sourceLocation)
        #expect(host.status().map(\.state) == [.running], sourceLocation: sourceLocation)
    }

    /// What an owner, or somebody else, can do to a file.
    enum Damage: String, CaseIterable, Sendable {
        case truncated, empty, otherMajor, writableByAll, symbolicLink, folderWritableByAll

        var code: LoadFailure.Code {
            switch self {
            case .truncated: .badELF
            case .empty: .notAPlugin
            case .otherMajor: .abiMajor
            case .writableByAll, .symbolicLink, .folderWritableByAll: .unsafePermissions
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func aDamagedFileDoesNotReplaceWhatRuns(_ damage: Damage) async throws {
        reload.place(ReloadTests.version("1"))
        try await test.withHost(test.settings()) { host, _ async throws in
            let path = test.plugins + "/" + ReloadTests.file
            reload.place(ReloadTests.version("2"))
            switch damage {
            case .truncated: #expect(truncate(path, 6_000) == 0)
            case .empty: #expect(truncate(path, 0) == 0)
            case .otherMajor: try patchMajor(of: path)
            case .writableByAll: #expect(chmod(path, 0o666) == 0)
            case .symbolicLink:
                reload.move(ReloadTests.file, to: "elsewhere")
                #expect(symlink("elsewhere", path) == 0)
            case .folderWritableByAll: #expect(chmod(test.plugins, 0o777) == 0)
            }
            defer { chmod(test.plugins, 0o700) }
            try await expectRefusal(damage.code, host, test.settings())
        }
    }

    /// The note's descriptor begins with the major version, 16 bytes before the id (plugin-abi.md, "On disk").
    private func patchMajor(of path: String) throws {
        let file = try FileDescriptor(opening: path, O_RDWR)
        var bytes: [UInt8] = []
        var budget = 1 << 20
        try file.forEachChunk(budget: &budget) { bytes += $0 }
        let id = Array(ReloadTests.id.utf8) + [0]
        let index = try #require(
            bytes.indices.first {
                bytes[$0...].starts(with: id) && $0 >= 16 && bytes[$0 - 16] == 1 && bytes[$0 - 12] == 0
            })
        #expect(pwrite(file.number, [9], 1, off_t(index - 16)) == 1)
    }

    @Test func aSecondFileWithTheSameIdIsRefused() async throws {
        reload.place(ReloadTests.version("1"))
        try await test.withHost(test.settings()) { host, before async throws in
            reload.place(ReloadTests.version("2"), as: "libgotapi-plugin-second.so")
            let report = await host.reload(test.settings())
            #expect(report.kept.map(\.id) == [ReloadTests.id])
            #expect(report.refused.map(\.failure.code) == [.duplicateID])
            #expect(report.refused.map(\.file) == ["libgotapi-plugin-second.so"])
            #expect(try await reload.answeredVersion() == #"{"data":"1"}"#)
            #expect(host.status().map(\.state) == [.running, .refused])
            #expect(host.status().first?.pid == before.first?.pid)
        }
    }

    @Test func oneThatWantsAnothersServiceIsRefused() async throws {
        reload.place(ReloadTests.version("1"))
        reload.place(Fixture(id: "com.example.other", services: "[]"), as: "libgotapi-plugin-other.so")
        try await test.withHost(test.settings()) { host, _ async throws in
            reload.place(Fixture(id: "com.example.other"), as: "libgotapi-plugin-other.so")
            reload.place(Fixture(id: "com.example.third"), as: "libgotapi-plugin-third.so")
            let report = await host.reload(test.settings())
            #expect(report.refused.map(\.id) == ["com.example.other", "com.example.third"])
            #expect(report.refused.map(\.failure.code) == [.duplicateService, .duplicateService])
            #expect(report.refused.map(\.isServed) == [true, false])
            #expect(try await reload.answeredVersion("com.example.other") == #"{"data":"1.2"}"#)
            // A service passes on in one reload.
            reload.remove()
            reload.remove("libgotapi-plugin-third.so")
            let next = await host.reload(test.settings())
            #expect(next.removed.map(\.id) == [ReloadTests.id])
            #expect(next.replaced.map(\.id) == ["com.example.other"])
        }
    }

    @Test func aFolderThatIsGoneChangesNothing() async throws {
        reload.place(ReloadTests.version("1"))
        try await test.withHost(test.settings()) { host, _ async throws in
            #expect(rename(test.plugins, test.plugins + "-gone") == 0)
            defer { rename(test.plugins + "-gone", test.plugins) }
            let report = await host.reload(test.settings())
            #expect(report.kept.map(\.id) == [ReloadTests.id])
            #expect(report.refused.map(\.failure.code) == [.copyFailed])
            #expect(try await reload.answeredVersion() == #"{"data":"1"}"#)
        }
    }

    /// The folder of one plug-in cannot be opened for a moment: nobody knows what is in it.
    @Test func aPluginWhoseFolderCannotBeLookedIntoGoesOn() async throws {
        _ = test.folder.folder("plugins/own")
        reload.place(ReloadTests.version("1"), as: "own/" + ReloadTests.file)
        try await test.withHost(test.settings()) { host, _ async throws in
            #expect(await host.reload(test.settings()).kept.map(\.id) == [ReloadTests.id])
            // As where it cannot be opened, which root always can.
            var scan = try await host.scanFolder()
            scan.files = []
            scan.unreadable = ["own": LoadFailure(.copyFailed, "own cannot be read: Too many open files")]
            let running = host.table.withLockedValue { $0.slots.compactMap(\.hosted) }
            let found = await host.examine(scan, running, test.settings())
            #expect(found.map(\.file.path) == ["own/" + ReloadTests.file])
            guard case .unusable(let failure) = found.first?.content else {
                Issue.record("\(found)")
                return
            }
            #expect(failure.code == .copyFailed)
        }
    }

    /// Whatever is refused in the gateway's process stays mapped there: once, however often it is looked at.
    @Test func whatIsRefusedInProcessIsMappedOnce() async throws {
        reload.place(ReloadTests.version("1"))
        try await test.withHost(test.settings(.none)) { host, _ async throws in
            reload.place(ReloadTests.version("2", ["START_FAILS"]))
            for _ in 1...5 { try await expectRefusal(.startFailed, host, test.settings(.none)) }
            #expect(host.status().map(\.retiredImages) == [1])
            #expect(try reload.copies() == 2)
        }
    }

    @Test(arguments: [PluginIsolation.process, .none])
    func aStartThatHangsDoesNotReplaceWhatRuns(isolation: PluginIsolation) async throws {
        reload.place(ReloadTests.version("1"))
        try await test.withHost(test.settings(isolation)) { host, _ async throws in
            reload.place(ReloadTests.version("2", ["START_SLOW"]))
            try await expectRefusal(.startTimeout, host, test.settings(isolation))
            // Lets the thread go that was left alone.
            _ = test.folder.write([], to: "state/plugins/\(ReloadTests.id)/go")
        }
    }

    @Test func whatIsPushedAfterStopGoesNowhere() async throws {
        reload.place(ReloadTests.version("1", ["PUSHES_AFTER_STOP"]))
        try await test.withHost(test.settings(.none)) { host, _ async throws in
            _ = try await test.request("push")
            reload.place(ReloadTests.version("2"))
            #expect(await host.reload(test.settings(.none)).replaced.map(\.id) == [ReloadTests.id])
            let late = reload.data("late")
            var status = [UInt8]()
            while status.isEmpty {
                status = (try? FileDescriptor(opening: late, O_RDONLY).readAll(limit: 16)) ?? []
                try await letOthersRun()
            }
            #expect(String(decoding: status, as: UTF8.self) == "4", "GOTAPI_CLOSED")
            #expect(try await reload.answeredVersion() == #"{"data":"2"}"#)
        }
    }

    // MARK: - A device that can be open once

    @Test(arguments: [PluginIsolation.process, .none])
    func anExclusiveDeviceIsHandedOverWhileRequestsWait(isolation: PluginIsolation) async throws {
        reload.place(ReloadTests.version("1", ["EXCLUSIVE"]))
        try await test.withHost(test.settings(isolation)) { host, status async throws in
            try #require(status.map(\.state) == [.running], "\(status)")
            let first = try test.endpoint()
            let inFlight = first.begin(test.makeMessage("wait"))
            reload.place(ReloadTests.version("2", ["EXCLUSIVE"]))
            async let reported = host.reload(test.settings(isolation))
            // Held from the moment on in which the one before begins to finish.
            var held: [ExpectedReply] = []
            while host.status().first?.errors == 0, held.count < 200, first.isOnline {
                held.append(first.begin(test.makeMessage("version", client: 2)))
                try await letOthersRun()
            }
            _ = test.folder.write([], to: "state/plugins/\(ReloadTests.id)/go")
            let report = await reported
            #expect(report.replaced.map(\.id) == [ReloadTests.id], "\(report)")
            #expect(await inFlight.value?.text == #"{"data":"1"}"#)
            for reply in held {
                let reply = await reply.value
                #expect(reply == .superseded || reply?.text == #"{"data":"1"}"#)
            }
            #expect(try await reload.answeredVersion() == #"{"data":"2"}"#)
        }
    }

    @Test(arguments: [PluginIsolation.process, .none])
    func anExclusiveDeviceGoesBackWhereTheNewVersionFails(isolation: PluginIsolation) async throws {
        reload.place(ReloadTests.version("1", ["EXCLUSIVE"]))
        try await test.withHost(test.settings(isolation)) { host, _ async throws in
            reload.place(ReloadTests.version("2", ["EXCLUSIVE", "FAILS_WHEN_OPEN"]))
            let report = await host.reload(test.settings(isolation))
            #expect(report.refused.map(\.failure.code) == [.startFailed], "\(report)")
            #expect(report.refused.map(\.isServed) == [true])
            while try await reload.answeredVersion() != #"{"data":"1"}"# { try await letOthersRun() }
            #expect(host.status().map(\.state) == [.running])
            #expect(try test.endpoint().generation == 3)
        }
    }

    // MARK: - The gateway's end

    @Test func theHostEndsWhileAStartHangs() async throws {
        reload.place(ReloadTests.version("1"))
        let reported = try await test.withHost(test.settings()) { host, _ async throws in
            reload.place(ReloadTests.version("2", ["START_SLOW"]))
            let reported = Task { await host.reload(test.settings()) }
            while try !isLoading() { try await letOthersRun() }
            return reported
        }
        // The host is shut down by now.
        #expect(await reported.value.refused.map(\.failure.code) == [.startFailed])
    }

    /// A second process of the plug-in runs.
    private func isLoading() throws -> Bool {
        let folder = test.folder.path + "/state/plugins/\(ReloadTests.id)"
        let count = try FileDescriptor(opening: "/proc", O_RDONLY | O_DIRECTORY).names().filter { pid in
            var buffer = [CChar](repeating: 0, count: 4_096)
            let length = readlink("/proc/\(pid)/cwd", &buffer, buffer.count)
            return length > 0
                && String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self) == folder
        }.count
        return count >= 2
    }
}
