// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIPluginHost

/// Real libraries, real processes, and the same libraries in this process.
@Suite(.timeLimit(.minutes(1)))
struct PluginHostTests {
    private let test = TestHost()

    private func build(_ fixture: Fixture = Fixture(), as path: String = "libgotapi-plugin-fixture.so") {
        fixture.build(at: test.plugins + "/" + path)
    }

    static let isolations: [PluginIsolation] = [.process, .none]

    // MARK: - Starting and stopping

    @Test(arguments: isolations)
    func aPluginIsFoundLoadedServedAndStopped(isolation: PluginIsolation) async throws {
        build()
        let pid = try await test.withHost(test.settings(isolation)) { host, status async throws in
            #expect(status.count == 1)
            let plugin = try #require(status.first)
            #expect(plugin.id == "com.example.fixture")
            #expect(plugin.name == "Fixture")
            #expect(plugin.version == "1.2")
            #expect(plugin.vendor == "Example")
            #expect(plugin.file == "libgotapi-plugin-fixture.so")
            #expect(plugin.sha256?.count == 64)
            #expect(plugin.generation == 1)
            #expect(plugin.state == .running)
            #expect(plugin.failure == nil)
            #expect(plugin.isolation == isolation)
            #expect(plugin.services == ["fixture"])
            #expect((plugin.pid != nil) == (isolation == .process))
            #expect(try test.endpoint().services.first?.name == "Fixture")
            #expect(try test.endpoint().name == "Fixture")
            #expect(try test.endpoint().generation == 1)
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
            #expect(try await test.request("nothing") == .unanswered)
            let counted = try #require(host.status().first)
            #expect(counted.requests == 2)
            #expect(counted.errors == 1)
            return plugin.pid
        }
        #expect(test.endpoints.withLockedValue { $0 }.isEmpty)
        if let pid { #expect(kill(pid, 0) != 0 && errno == ESRCH) }
        // Whatever no process uses any more is gone.
        if isolation == .process {
            let libraries = try FileDescriptor(opening: test.folder.path + "/state/libraries", O_RDONLY | O_DIRECTORY)
            for name in try libraries.names() {
                let own = try FileDescriptor(opening: name, in: libraries, O_RDONLY | O_DIRECTORY)
                #expect(try own.names() == [])
            }
        }
    }

    @Test(arguments: isolations)
    func afterTheEndRequestsAreUnavailable(isolation: PluginIsolation) async throws {
        build()
        let endpoint = try await test.withHost(test.settings(isolation)) { _, _ async throws in try test.endpoint() }
        #expect(await endpoint.reply(to: test.makeMessage("echo")) == .unavailable("The plug-in is stopped."))
    }

    @Test(arguments: isolations)
    func aRequestThatWaitsWhileThePluginStopsIsAnswered(isolation: PluginIsolation) async throws {
        build()
        let host = try test.makeHost(test.settings(isolation))
        _ = await host.start()
        let endpoint = try test.endpoint()
        let reply = endpoint.begin(test.makeMessage("silent"))
        _ = try await test.request("echo")
        await host.shutDown()
        let text = await reply.value
        #expect(text == .unanswered || text == .unavailable("The plug-in is stopped."))
    }

    @Test(arguments: isolations)
    func aStopThatHangsIsNotWaitedForLongerThanTheGrace(isolation: PluginIsolation) async throws {
        build(Fixture(macros: ["STOP_HANGS"]))
        let host = try test.makeHost(test.settings(isolation))
        let pid = await host.start().first?.pid
        // The suite's limit ends one that waits for ever.
        await host.shutDown(grace: .milliseconds(300))
        #expect(host.status().first?.state == .stopped)
        #expect(test.lines.contains("did not stop in time"))
        if let pid { #expect(kill(pid, 0) != 0) }
    }

    @Test(arguments: isolations)
    func aSlowStartIsNotWaitedFor(isolation: PluginIsolation) async throws {
        build(Fixture(macros: ["START_SLOW"]))
        build(Fixture(id: "com.example.fast", services: "[]"), as: "libgotapi-plugin-fast.so")
        try await test.withHost(test.settings(isolation)) { _, status async throws in
            #expect(status.map(\.state) == [.running, .starting])
            var tables = test.tables.makeAsyncIterator()
            #expect(await tables.next()?.map(\.id) == ["com.example.fast"])
            _ = test.folder.write([], to: "state/plugins/com.example.fixture/go")
            #expect(await tables.next()?.map(\.id) == ["com.example.fast", "com.example.fixture"])
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
        }
    }

    @Test func aDisabledPluginIsNotLoaded() async throws {
        build()
        let settings = test.settings(items: ["com.example.fixture": PluginSettings(isEnabled: false)])
        try await test.withHost(settings) { _, status async throws in
            #expect(status.map(\.state) == [.disabled])
            #expect(status.map(\.generation) == [0])
            #expect(test.endpoints.withLockedValue { $0 }.isEmpty)
        }
    }

    @Test func aRunnerThatIsNotThereRefusesWithTheRemedy() async throws {
        build()
        let host = try test.makeHost(test.settings(runner: "/bin/true"))
        // Exits at once, without a word.
        #expect(await host.start().first?.failure?.code == .crashed)
        await host.shutDown()
        let missing = PluginHost(
            settings: test.settings(runner: "/nowhere/gotapi-plugin-runner"), group: test.group, sink: test.sink,
            logger: test.logger, endpointsChanged: { _ in })
        let failure = try #require(await missing.start().first?.failure)
        #expect(failure.code == .startFailed)
        #expect(failure.reason.contains("/nowhere/gotapi-plugin-runner"))
        await missing.shutDown()
    }

    // MARK: - Codes

    @Test(
        arguments: [
            (macros: ["ENTRY_REFUSES"], code: LoadFailure.Code.entryRefused), (["START_FAILS"], .startFailed),
            (["WRONG_ID"], .badDescriptor), (["OTHER_FLAGS"], .badDescriptor),
            (["UNDEFINED_SYMBOL"], .missingLibrary), (["NO_NOTE"], .notAPlugin),
        ], isolations)
    func aLibraryThatCannotRunIsRefusedAndOthersRun(
        row: (macros: [String], code: LoadFailure.Code), isolation: PluginIsolation
    ) async throws {
        build(Fixture(id: "com.example.bad", services: "[]", macros: row.macros), as: "libgotapi-plugin-bad.so")
        build()
        try await test.withHost(test.settings(isolation)) { _, status async throws in
            let refused = try #require(status.first)
            #expect(refused.state == .refused)
            #expect(refused.failure?.code == row.code, "\(String(describing: refused.failure))")
            #expect(refused.failure?.reason.isEmpty == false)
            #expect(status.last?.state == .running)
            #expect(test.lines.contains(row.code.rawValue))
            #expect(try await test.request("echo").text == "{\"data\":\"ok\"}")
        }
    }

    @Test(arguments: ["START_CRASHES", "CONSTRUCTOR_CRASHES"])
    func aLibraryThatCrashesWhileItIsLoadedIsRefused(macro: String) async throws {
        build(Fixture(id: "com.example.bad", services: "[]", macros: [macro]), as: "libgotapi-plugin-bad.so")
        build()
        try await test.withHost(test.settings()) { _, status async throws in
            #expect(status.map(\.state) == [.refused, .running])
            #expect(status.first?.failure?.code == .crashed)
            #expect(status.first?.failure?.reason.contains("signal") == true)
        }
    }

    @Test(arguments: isolations)
    func theSecondFileWithAnIdIsRefused(isolation: PluginIsolation) async throws {
        build()
        build(as: "libgotapi-plugin-again.so")
        try await test.withHost(test.settings(isolation)) { _, status async throws in
            #expect(status.map(\.state) == [.running, .refused])
            #expect(status.last?.failure?.code == .duplicateID)
            #expect(status.last?.failure?.reason.contains("libgotapi-plugin-again.so") == true)
        }
    }

    @Test(arguments: isolations)
    func theSecondPluginWithAServiceIsRefused(isolation: PluginIsolation) async throws {
        build()
        build(Fixture(id: "com.example.other"), as: "libgotapi-plugin-other.so")
        let services = "[{\"serviceId\":\"fixture\",\"name\":\"n\",\"online\":true,\"scopes\":[\"u\"]}]"
        build(Fixture(id: "com.example.third", services: services), as: "libgotapi-plugin-third.so")
        try await test.withHost(test.settings(isolation)) { _, status async throws in
            #expect(status.map(\.state) == [.running, .refused, .running])
            #expect(status[1].failure?.code == .duplicateService)
            #expect(status[1].failure?.reason.contains("com.example.fixture") == true)
        }
    }

    @Test(arguments: isolations)
    func whereSignaturesAreRequiredNothingIsLoadedUnverified(isolation: PluginIsolation) async throws {
        build()
        build(Fixture(id: "com.example.signed", services: "[]"), as: "libgotapi-plugin-signed.so")
        SigningKeys.sign(test.plugins + "/libgotapi-plugin-signed.so", "as vendor")
        let trust = test.folder.folder("trust")
        run("cp '\(SigningKeys.path)/vendor.pem' '\(trust)/' && echo garbage >'\(trust)/garbage.pem'")
        var settings = test.settings(isolation)
        settings.signatures = SignaturePolicy(trustPath: trust)
        try await test.withHost(settings) { _, status async throws in
            #expect(status.map(\.state) == [.refused, .running])
            #expect(status.map(\.failure?.code) == [.untrusted, nil])
            #expect(status.map(\.signature?.signer) == [nil, "CN=vendor,O=Example"])
            #expect(test.lines.contains("signatures: the trust folder's garbage.pem holds no certificate"))
        }
        let reports = try await PluginHost.check(settings)
        #expect(reports.map(\.failure?.code) == [.untrusted, nil])
        #expect(reports.map(\.signature?.signer) == [nil, "CN=vendor,O=Example"])
        settings.signatures?.trustPath = test.folder.path + "/nowhere"
        #expect(try await PluginHost.check(settings).map(\.failure?.code) == [.untrusted, .untrusted])
        settings.signatures = nil
        #expect(try await PluginHost.check(settings).map(\.failure) == [nil, nil])
    }

    @Test func uniqueSymbolsAreRefusedInProcessOnly() async throws {
        build(Fixture(macros: ["UNIQUE"], compiler: "c++"))
        try await test.withHost(test.settings(.none)) { _, status async throws in
            #expect(status.first?.failure?.code == .uniqueSymbols)
        }
        try await test.withHost(test.settings(.process)) { _, status async throws in
            #expect(status.first?.state == .running)
        }
    }

    @Test func filesAreCheckedWithoutRunningThem() async throws {
        build(Fixture(macros: ["CONSTRUCTOR_CRASHES"]))
        build(as: "libgotapi-plugin-zweite.so")
        build(Fixture(id: "com.example.off"), as: "libgotapi-plugin-off.so")
        build(Fixture(macros: ["NO_ENTRY"]), as: "libgotapi-plugin-noentry.so")
        run("echo text > '\(test.plugins)/libgotapi-plugin-text.so'")
        let reports = try await PluginHost.check(
            test.settings(.none, items: ["com.example.off": PluginSettings(isEnabled: false)]))
        #expect(
            reports.map(\.file) == ["fixture", "noentry", "off", "text", "zweite"].map { "libgotapi-plugin-\($0).so" })
        #expect(reports.map(\.failure?.code) == [nil, .notAPlugin, nil, .notAPlugin, .duplicateID])
        #expect(reports.map(\.isEnabled) == [true, true, false, true, true])
        #expect(reports.map(\.id) == ["com.example.fixture", nil, "com.example.off", nil, "com.example.fixture"])
        #expect(reports.allSatisfy { $0.sha256?.count == 64 })
        #expect(access(test.folder.path + "/state/libraries", F_OK) != 0)
    }

    @Test func aFolderThatIsNotThereIsLogged() async throws {
        var settings = test.settings()
        settings.rootPath += "/nowhere"
        try await test.withHost(settings) { _, status async throws in
            #expect(status.isEmpty)
            #expect(test.lines.contains("no plug-ins are loaded"))
        }
    }

    // MARK: - Surroundings

    @Test(arguments: isolations)
    func aPluginGetsItsConfigurationAndFolders(isolation: PluginIsolation) async throws {
        _ = test.folder.folder("plugins/own")
        run(
            """
            echo 'int companion_value(void) { return 42; }' | cc -shared -fPIC -x c - -Wl,-soname,libcompanion.so.1 \
            -o '\(test.plugins)/own/libcompanion.so.1'
            """)
        let rpath = "'\(test.plugins)/own/libcompanion.so.1' -Wl,-rpath,'$ORIGIN'"
        build(Fixture(macros: ["USES_COMPANION"], arguments: rpath), as: "own/libgotapi-plugin-fixture.so")
        let items = ["com.example.fixture": PluginSettings(configJSON: "{\"data\":{\"rate\":7}}")]
        try await test.withHost(test.settings(isolation, items: items)) { _, status async throws in
            #expect(status.first?.failure == nil)
            #expect(status.first?.file == "own/libgotapi-plugin-fixture.so")
            #expect(try await test.request("config").text == "{\"data\":{\"rate\":7}}")
            #expect(try await test.request("companion").text == "{\"data\":42}")
            let data = test.folder.path + "/state/plugins/com.example.fixture"
            let text = try await test.request("where").text
            #expect(text.contains("\"data\":\"\(data)\""), "\(text)")
            #expect(text.contains("\"resources\":\"\(test.plugins)/own\""), "\(text)")
            if isolation == .process {
                #expect(text.contains("\"current\":\"\(data)\""))
                #expect(text.contains("\"home\":\"\(data)\""))
                #expect(try await test.request("descriptors").text == "{\"data\":0}")
            }
            var status = stat()
            #expect(stat(data, &status) == 0 && status.st_mode & 0o777 == 0o700)
        }
    }

    @Test func whatARunnerPrintsAndLogsIsBoundedAndHarmless() async throws {
        build()
        try await test.withHost(test.settings()) { _, _ async throws in
            #expect(try await test.request("print").text == "{\"data\":\"printed\"}")
            #expect(try await test.request("log").text == "{\"data\":\"logged\"}")
            let lines = test.lines.all
            #expect(lines.contains { $0.hasPrefix("info com.example.fixture: printed: line 0 ") })
            #expect(lines.count < 4_000, "\(lines.count)")
            #expect(!lines.contains { $0.contains("\u{1b}") || $0.contains("\n") })
        }
    }
}
