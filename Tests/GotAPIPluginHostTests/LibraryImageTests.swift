// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginHost

struct LibraryImageTests {
    /// The smallest library that the compiler makes of the fixture.
    static let small: [UInt8] = {
        let folder = TemporaryFolder()
        let path = folder.path + "/small.so"
        Fixture().build(at: path)
        run("strip '\(path)'")
        return TemporaryFolder.read(path)
    }()

    private func check(_ bytes: [UInt8]) -> Result<LibraryImage, LoadFailure> {
        bytes.withUnsafeBytes { buffer in
            do throws(LoadFailure) { return .success(try LibraryImage(checking: buffer)) } catch {
                return .failure(error)
            }
        }
    }

    private func code(_ bytes: [UInt8]) -> LoadFailure.Code? {
        if case .failure(let failure) = check(bytes) { failure.code } else { nil }
    }

    @Test func aLibraryShowsItsNote() throws {
        let image = try check(Self.small).get()
        #expect(image.note.id == "com.example.fixture")
        #expect(image.note.abiMajor == 1)
        #expect(image.note.abiMinor == 0)
        #expect(image.note.flags == [])
        #expect(image.uniqueSymbols == [])
        #expect(image.inProcessFailure == nil)
    }

    @Test func aLibraryThatEndsAnywhereEarlierIsRefused() {
        var accepted: [Int] = []
        for length in 0..<Self.small.count where code(Array(Self.small[..<length])) == nil { accepted.append(length) }
        #expect(accepted == [])
        #expect(code([]) == .notAPlugin)
        #expect(code(Array(Self.small[..<3])) == .notAPlugin)
        for length in [4, 17, 63, 64, 200, Self.small.count / 2, Self.small.count - 1] {
            #expect(code(Array(Self.small[..<length])) == .badELF, "at \(length)")
        }
    }

    @Test func changedBytesNeverTrap() {
        var generator = SplitMix(state: 7)
        let interesting: [UInt8] = [0, 1, 0x7f, 0x80, 0xff]
        for round in 0..<20_000 {
            var bytes = Self.small
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                // Half of the changes in the header and the tables behind it.
                let end = round.isMultiple(of: 2) ? min(1_024, bytes.count) : bytes.count
                let index = Int.random(in: 0..<end, using: &generator)
                if Bool.random(using: &generator) {
                    bytes[index] = interesting.randomElement(using: &generator) ?? 0
                } else {
                    // A whole number at once.
                    for place in index..<min(index + 8, bytes.count) { bytes[place] = 0xff }
                }
            }
            _ = check(bytes)
        }
    }

    @Test(arguments: [
        (offset: 0, value: UInt8(0x7e), code: LoadFailure.Code.notAPlugin),  // magic
        (4, 1, .wrongArchitecture),  // 32-bit
        (5, 2, .wrongArchitecture),  // big-endian
        (6, 9, .badELF),  // version of the identification
        (7, 9, .wrongArchitecture),  // FreeBSD
        (16, 1, .notAPlugin),  // object file
        (16, 2, .notAPlugin),  // program
        (18, 3, .wrongArchitecture),  // x86
        (20, 2, .badELF),  // version
        (39, 0x80, .badELF),  // where the program headers are
        (47, 0x80, .badELF),  // where the sections are
        (52, 63, .badELF),  // size of the header
        (54, 55, .badELF),  // size of a program header
        (56, 0, .badELF),  // no program header
        (57, 0x10, .badELF),  // 4,096 program headers
        (58, 65, .badELF),  // size of a section header
    ])
    func aHeaderThatIsNotOursIsRefused(offset: Int, value: UInt8, code: LoadFailure.Code) {
        var bytes = Self.small
        bytes[offset] = value
        #expect(self.code(bytes) == code)
    }

    /// Where the note's descriptor begins.
    private var noteOffset: Int {
        let owner = Array("GotAPI\0\0".utf8)
        return (0..<Self.small.count - 8).first { Array(Self.small[$0..<$0 + 8]) == owner }.map { $0 + 8 } ?? 0
    }

    @Test(arguments: [
        (offset: 0, text: "\u{2}", code: LoadFailure.Code.abiMajor),
        (-16, "\u{40}", .badELF),  // size of the descriptor
        (-12, "\u{2}", .notAPlugin),  // type of the note
        (-8, "X", .notAPlugin),  // owner
        (16, "1", .badDescriptor),
        (16, "\0", .badDescriptor),
        (16, ".", .badDescriptor),
        (17, " ", .badDescriptor),
        (17, "\u{e9}", .badDescriptor),
        (16 + 63, "x", .badDescriptor),  // not padded with NUL
    ])
    func aNoteThatIsNotOursIsRefused(offset: Int, text: String, code: LoadFailure.Code) {
        var bytes = Self.small
        for (index, byte) in text.utf8.enumerated() { bytes[noteOffset + offset + index] = byte }
        #expect(self.code(bytes) == code)
    }

    @Test func theAbiRefusalNamesBothNumbers() {
        var bytes = Self.small
        bytes[noteOffset] = 2
        guard case .failure(let failure) = check(bytes) else {
            Issue.record("accepted")
            return
        }
        #expect(failure.reason.contains("2.0"))
        #expect(failure.reason.contains("speaks 1"))
    }

    @Test func aLibraryWithoutSectionHeadersIsRead() throws {
        var bytes = Self.small
        for index in 40..<48 { bytes[index] = 0 }
        for index in 60..<64 { bytes[index] = 0 }
        #expect(try check(bytes).get().note.id == "com.example.fixture")
    }

    @Test(arguments: [
        (fixture: Fixture(macros: ["NO_NOTE"]), code: LoadFailure.Code.notAPlugin, word: "GOTAPI_PLUGIN_NOTE"),
        (Fixture(macros: ["NO_ENTRY"]), .notAPlugin, "gotapi_plugin_entry"),
        (Fixture(arguments: "-z execstack"), .badELF, "stack"),
        (Fixture(macros: ["TEXT_RELOCATION"], arguments: "-Wl,-z,notext"), .badELF, "-fPIC"),
        (Fixture(id: "9lives"), .badDescriptor, "9lives"),
    ])
    func aLibraryThatCannotWorkIsRefusedWithTheRemedy(fixture: Fixture, code: LoadFailure.Code, word: String) {
        let folder = TemporaryFolder()
        let path = folder.path + "/library.so"
        fixture.build(at: path)
        guard case .failure(let failure) = check(TemporaryFolder.read(path)) else {
            Issue.record("accepted")
            return
        }
        #expect(failure.code == code)
        #expect(failure.reason.contains(word), "\(failure.reason)")
    }

    @Test(arguments: ["sysv", "gnu", "both"])
    func eachHashTableLeadsToTheSymbols(style: String) throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/library.so"
        Fixture(arguments: "-Wl,--hash-style=\(style)").build(at: path)
        #expect(try check(TemporaryFolder.read(path)).get().note.id == "com.example.fixture")
    }

    @Test func uniqueSymbolsAreRefusedInProcessOnly() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/library.so"
        Fixture(macros: ["UNIQUE"], compiler: "c++").build(at: path)
        let image = try check(TemporaryFolder.read(path)).get()
        #expect(image.uniqueSymbols.contains { $0.contains("Counter") })
        let failure = try #require(image.inProcessFailure)
        #expect(failure.code == .uniqueSymbols)
        #expect(failure.reason.contains("-fno-gnu-unique"))
    }

    @Test func aProgramIsNoPlugin() {
        #expect(code(TemporaryFolder.read("/bin/true")) == .notAPlugin)
        #expect(code(Array("#!/bin/sh\necho hello\n".utf8)) == .notAPlugin)
    }

    @Test(arguments: [
        ("a", true), ("com.example.thermo", true), ("A-b_c.9", true), (String(repeating: "a", count: 63), true),
        ("", false), ("9a", false), (".a", false), ("a b", false), ("a/b", false), ("ä", false),
        (String(repeating: "a", count: 64), false), ("_a", false), ("a\n", false),
    ])
    func idsHaveLettersDigitsAndAFewSigns(id: String, isValid: Bool) {
        #expect(PluginID.isValid(id.utf8) == isValid)
    }
}
