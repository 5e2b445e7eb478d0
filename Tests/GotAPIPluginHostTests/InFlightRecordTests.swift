// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Testing

@testable import GotAPIPluginHost
@testable import GotAPIPluginRuntime

@Suite(.timeLimit(.minutes(1)))
struct InFlightRecordTests {
    private let folder = TemporaryFolder()
    private let guilty = InFlightRecord.Suspect(id: "com.example.guilty", sha256: String(repeating: "a", count: 64))
    private let innocent = InFlightRecord.Suspect(id: "com.example.innocent", sha256: String(repeating: "b", count: 64))

    @Test func whoseCodeRanIsFoundByTheNextOneAndStaysFound() throws {
        var record = try InFlightRecord(statePath: folder.path)
        #expect(record.suspects.isEmpty)
        record.mark(guilty)?.set(true)
        let other = record.mark(innocent)
        other?.set(true)
        other?.set(false)
        // Not closed: the process is dead.
        for _ in 0..<2 {
            record = try InFlightRecord(statePath: folder.path)
            #expect(record.suspects == [guilty])
        }
        // An end in order blames nobody, and forgives nobody either.
        record.mark(innocent)?.set(true)
        record.close()
        #expect(try InFlightRecord(statePath: folder.path).suspects == [guilty])
    }

    @Test(arguments: [0, 1, 135, 136, 137, 40_000])
    func whatIsNoRecordBlamesNobodyInParticular(size: Int) throws {
        _ = folder.write([UInt8](repeating: 0xff, count: size), to: "in-flight")
        let record = try InFlightRecord(statePath: folder.path)
        #expect(record.mark(innocent) != nil)
        #expect(!record.suspects.contains(innocent))
    }

    @Test func thereIsNoMarkBeyondTheLastSlot() throws {
        let record = try InFlightRecord(statePath: folder.path)
        for _ in 0..<256 { #expect(record.mark(innocent) != nil) }
        #expect(record.mark(guilty) == nil)
    }

    @Test func aMarkThatWasTakenBackIsAnothersNext() throws {
        let record = try InFlightRecord(statePath: folder.path)
        for _ in 0..<255 { #expect(record.mark(innocent) != nil) }
        let mark = try #require(record.mark(innocent))
        record.free(mark)
        record.mark(guilty)?.set(true)
        #expect(record.mark(innocent) == nil)
        #expect(try InFlightRecord(statePath: folder.path).suspects == [guilty])
    }

    /// The gateway died in process mode; the next one runs that plug-in, and it alone, in a process of its own.
    @Test func aSuspectRunsIsolatedUntilItsFileChanges() async throws {
        let test = TestHost()
        Fixture().build(at: test.plugins + "/libgotapi-plugin-a.so")
        Fixture(id: "com.example.good", services: "[]").build(at: test.plugins + "/libgotapi-plugin-b.so")
        let sha256 = try await test.withHost(test.settings(.none)) { host, status async throws in
            #expect(status.map(\.isolation) == [PluginIsolation.none, PluginIsolation.none])
            return try #require(status.first?.sha256)
        }
        try InFlightRecord(statePath: test.folder.path + "/state")
            .mark(.init(id: "com.example.fixture", sha256: sha256))?.set(true)
        try await test.withHost(test.settings(.none)) { host, status async throws in
            #expect(status.map(\.isolation) == [.process, PluginIsolation.none])
            #expect(test.lines.contains("com.example.fixture was running in the gateway's own process"))
            #expect(try await test.request("segv") == .crashed)
        }
        Fixture(macros: ["OTHER_BYTES"], arguments: "-DX -g").build(at: test.plugins + "/libgotapi-plugin-a.so")
        try await test.withHost(test.settings(.none)) { _, status async throws in
            #expect(status.map(\.isolation) == [PluginIsolation.none, PluginIsolation.none])
        }
    }
}
