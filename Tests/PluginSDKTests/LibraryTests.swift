// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

/// What is in the files that the samples and fixtures become.
struct LibraryTests {
    struct Sample: CustomTestStringConvertible, Sendable {
        let name: String
        /// `nil`: SwiftPM builds it.
        let folder: String?
        let id: String
        var flags: UInt8 = 0

        var testDescription: String { name }

        func library() async throws -> String {
            guard let folder else { return try Project.clock() }
            return try await Project.library(name, from: folder)
        }
    }

    static let samples = [
        Sample(name: "helloworld", folder: "plugins/helloworld", id: "com.github.futomi.hello-world"),
        Sample(name: "lightemulator", folder: "plugins/lightemulator", id: "com.github.futomi.lightemulator"),
        Sample(name: "simpleclock", folder: nil, id: "com.github.futomi.hello-clock", flags: 2),
        fixture("oracle"), fixture("deny"), fixture("denytoken"), fixture("disc"), fixture("echo", flags: 4),
        fixture("cpplayer", flags: 1),
    ]

    static func fixture(_ name: String, flags: UInt8 = 0) -> Sample {
        Sample(name: name, folder: "Tests/Fixtures/Plugins/\(name)", id: "com.example.\(name)", flags: flags)
    }

    @Test(arguments: samples)
    func theLibraryCarriesTheNote(sample: Sample) async throws {
        let library = try await sample.library()
        let sections = await Shell.run(["readelf", "-SW", library]).output.split(separator: "\n")
        let line = try #require(sections.first { $0.contains(" .note.gotapi ") })
        #expect(line.contains(" NOTE "), "\(line)")
        // [ 1] .note.gotapi NOTE address offset size …
        let columns = line.split(separator: "]")[1].split(separator: " ")
        let bytes = await Shell.run([
            "od", "-An", "-v", "-tu1", "-j\(Int(columns[3], radix: 16) ?? 0)", "-N100", library,
        ])
        let note = bytes.output.split { $0 == " " || $0 == "\n" }.compactMap { UInt8($0) }
        #expect(Int(columns[4], radix: 16) == 100)
        let id = Array(sample.id.utf8)
        #expect(
            note == [7, 0, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0] + Array("GotAPI\0\0".utf8) + [1, 0, 0, 0, 0, 0, 0, 0]
                + [sample.flags, 0, 0, 0, 0, 0, 0, 0] + id + [UInt8](repeating: 0, count: 64 - id.count))
        // It is in a segment too, which strip(1) leaves alone.
        #expect(await Shell.run(["readelf", "-nW", library]).output.contains("GotAPI "))
    }

    @Test(arguments: samples)
    func theLibraryDefinesTheEntryAndNeedsNothingOfTheHost(sample: Sample) async throws {
        let library = try await sample.library()
        let defined = await Shell.run(["nm", "-D", "--defined-only", "--extern-only", library]).output
        let names = defined.split(separator: "\n").compactMap { $0.split(separator: " ").last }
        #expect(names == ["gotapi_plugin_entry"])
        let undefined = await Shell.run(["nm", "-D", "--undefined-only", library]).output
        #expect(!undefined.contains("gotapi"), "\(undefined)")
        let symbols = await Shell.run(["readelf", "--dyn-syms", "-W", library]).output
        #expect(!symbols.contains(" UNIQUE "))
    }

    @Test(arguments: samples)
    func theLibraryIsSound(sample: Sample) async throws {
        let library = try await sample.library()
        let segments = await Shell.run(["readelf", "-lW", library]).output.split(separator: "\n")
        #expect(segments.contains { $0.contains("GNU_STACK") && $0.contains(" RW ") })
        let tags = await Shell.run(["readelf", "-dW", library]).output
        #expect(!tags.contains("TEXTREL"))
    }

    @Test(.timeLimit(.minutes(10)), arguments: samples)
    func theRuntimeLoadsStartsAndStopsItTwice(sample: Sample) async throws {
        let driver = try await PluginDriver.start(try await sample.library(), id: sample.id)
        #expect(try await driver.stop() == [])
        try driver.send(.start)
        #expect(await driver.next() == .started)
        #expect(try await driver.stop() == [])
        #expect(driver.log == [])
    }
}
