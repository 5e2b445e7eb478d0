// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Testing

@testable import GotAPIPluginRuntime

@Suite(.timeLimit(.minutes(1)))
struct LoadingTests {
    private func load(_ library: FixtureLibrary, id: String = "com.example.variant") async throws -> PluginFrame {
        let driver = RuntimeDriver()
        try driver.deliver(Fixtures.load(library, id: id))
        return try await driver.next()
    }

    @Test func descriptorIsReportedAsThePlugInGivesIt() async throws {
        let services = #"[{"serviceId":"p","name":"p","online":true,"scopes":["t"]}]"#
        #expect(
            try await load(try Fixtures.puppet, id: "com.example.puppet")
                == .loaded(
                    PluginDescriptor(
                        id: "com.example.puppet", name: "Puppet", version: "1.2", vendor: "Example", flags: [],
                        services: Array(services.utf8))))
    }

    @Test(arguments: [
        ("refuses", LoadFailure.Code.entryRefused, "returned NULL"),
        ("crooked", .badDescriptor, "not aligned"),
        ("smaller", .abiMajor, "176 bytes, in ABI 1 it has 184"),
        ("larger", .abiMajor, "192 bytes"),
        ("flags", .badDescriptor, "flags 8"),
        ("other-id", .badDescriptor, "com.example.other"),
        ("odd-id", .badDescriptor, "id \"1\\n\""),
        ("long-id", .badDescriptor, "at most 63"),
        ("null-id", .badDescriptor, "id is NULL"),
        ("long-name", .badDescriptor, "name has 257 bytes"),
        ("latin-name", .badDescriptor, "name is not UTF-8"),
        ("control-name", .badDescriptor, "control character"),
        ("null-version", .badDescriptor, "version is NULL"),
        ("long-vendor", .badDescriptor, "vendor has"),
        ("no-services", .badDescriptor, "services"),
        ("broken-services", .badDescriptor, "services"),
        ("object-services", .badDescriptor, "expected an array"),
        ("bad-service", .badDescriptor, "service b needs a name"),
        ("long-services", .badDescriptor, "services has 1048577 bytes"),
        ("full-services", .badDescriptor, "no valid answer"),
        ("no-start", .badDescriptor, "required"),
        ("no-stop", .badDescriptor, "required"),
        ("no-message", .badDescriptor, "required"),
    ])
    func wrongDescriptorIsRefused(what: String, code: LoadFailure.Code, words: String) async throws {
        guard case .refused(let failure) = try await load(try Fixtures.variant(what)) else {
            Issue.record("\(what) was loaded")
            return
        }
        #expect(failure.code == code)
        #expect(failure.reason.contains(words), "\(failure.reason)")
    }

    @Test(arguments: ["all-flags", "empty-texts", "good"])
    func allowedDescriptorIsLoaded(what: String) async throws {
        guard case .loaded(let descriptor) = try await load(try Fixtures.variant(what)) else {
            Issue.record("\(what) was refused")
            return
        }
        #expect(descriptor.flags == (what == "all-flags" ? [.exclusive, .replayable, .inline] : []))
        #expect(descriptor.name == (what == "empty-texts" ? "" : "Variant"))
    }

    private enum Broken: String, CaseIterable {
        case noEntry, missingDependency, undefinedSymbol, noELF, noFile, relativePath, nul

        func path() throws -> String {
            let folder = try FixtureLibrary.folder.get()
            switch self {
            case .noEntry: return try FixtureLibrary.build("int nothing;", name: "no-entry").path
            case .missingDependency:
                let dependency = try FixtureLibrary.build("int nothere(void) { return 1; }", name: "nothere")
                let path = try FixtureLibrary.build(
                    "int nothere(void); int gotapi_plugin_entry(void) { return nothere(); }", name: "needs-nothere",
                    flags: [dependency.path]
                ).path
                unlink(dependency.path)
                return path
            case .undefinedSymbol:
                return try FixtureLibrary.build(
                    "int nowhere(void); int gotapi_plugin_entry(void) { return nowhere(); }", name: "undefined"
                ).path
            case .noELF:
                try FixtureLibrary.write(
                    String(repeating: "no ELF file, although its name says so ", count: 40), to: "\(folder)/text.so")
                return "\(folder)/text.so"
            case .noFile: return "\(folder)/none.so"
            case .relativePath: return "libm.so.6"
            case .nul: return "/tmp/a\0.so"
            }
        }

        var expected: (code: LoadFailure.Code, words: String) {
            switch self {
            case .noEntry: (.notAPlugin, "gotapi_plugin_entry")
            case .missingDependency: (.missingLibrary, "nothere")
            case .undefinedSymbol: (.missingLibrary, "nowhere")
            case .noELF: (.badELF, "invalid ELF header")
            case .noFile: (.copyFailed, "cannot be opened")
            case .relativePath, .nul: (.copyFailed, "no absolute path")
            }
        }
    }

    @Test(arguments: Broken.allCases)
    private func libraryThatCannotBeLoadedIsNamedWithItsCause(broken: Broken) async throws {
        let frame = try await load(FixtureLibrary(path: try broken.path()))
        guard case .refused(let failure) = frame else {
            Issue.record("\(frame)")
            return
        }
        #expect(failure.code == broken.expected.code)
        #expect(failure.reason.contains(broken.expected.words), "\(failure.reason)")
    }

    @Test func refusedRuntimeIsFinishedAndAnswersNothing() async throws {
        let driver = RuntimeDriver()
        #expect(driver.runtime?.isFinished == false)
        try driver.deliver(Fixtures.load(try Fixtures.variant("refuses-again"), id: "com.example.else"))
        guard case .refused = try await driver.next() else { throw RuntimeDriver.Unexpected(text: "another frame") }
        #expect(driver.runtime?.isFinished == true)
        try driver.deliver(.message(.request("read", id: 1)))
        #expect(try await driver.next() == .unanswered(message: 1))
    }

    @Test func secondLibraryIsRefusedAsAFrame() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        #expect(throws: FrameError.malformed) { try driver.deliver(Fixtures.load(try Fixtures.puppet)) }
    }
}
