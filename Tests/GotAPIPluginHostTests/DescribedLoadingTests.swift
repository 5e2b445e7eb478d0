// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Testing

@testable import GotAPIPluginHost
@testable import GotAPIPluginRuntime

/// What is checked before a described library is loaded, and what a reload does: plugin-abi.md, "Loading".
@Suite(.timeLimit(.minutes(1)))
struct DescribedLoadingTests {
    private let test = TestHost()

    private typealias Function = DescribedFixture.Function

    private func place(_ fixture: DescribedFixture = DescribedFixture(), as file: String = DescribedFixture.file) {
        fixture.write(to: test.plugins, as: file)
    }

    /// Why a file is not served; `gotapi check` says the same.
    private func failure(of settings: PluginHostSettings? = nil) async throws -> LoadFailure? {
        let settings = settings ?? test.settings()
        let failure = try await test.withHost(settings) { _, status async throws in status.first?.failure }
        #expect(try await PluginHost.check(settings).first?.failure == failure)
        return failure
    }

    private func expect(
        _ code: LoadFailure.Code, _ words: String, _ settings: PluginHostSettings? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let failure = try await failure(of: settings)
        #expect(failure?.code == code, "\(failure.map(\.description) ?? "served")", sourceLocation: sourceLocation)
        #expect(
            failure?.reason.contains(words) == true, "\(failure.map(\.description) ?? "served")",
            sourceLocation: sourceLocation)
    }

    private var path: String { test.plugins + "/" + DescribedFixture.file }

    // MARK: - The library

    @Test(arguments: ["echo_number", "echo_hidden", "strlen", "echo_i", "echo_i88", ""])
    func aSymbolThatIsNoFunctionOfTheLibraryIsRefused(symbol: String) async throws {
        DescribedFixture.buildLibrary(in: test.plugins)
        place(
            DescribedFixture(functions: [
                Function("a", "echo_i8", "(value: i8, out copy: i8)"), Function("b", symbol, "()"),
            ]))
        try await expect(
            .badDescription, "functions[1].symbol: \(symbol.isEmpty ? "" : "libecho.so exports no function")")
    }

    @Test func aFunctionOfAssemblyLanguageMayBeOfNoKind() async throws {
        let source = test.folder.write(
            Array(
                """
                __asm__(".text\\n.globl echo_bare\\necho_bare: ret\\n.data\\n.globl echo_data\\necho_data: .quad 0\\n.text");
                """.utf8), to: "bare.c")
        DescribedFixture.buildLibrary(in: test.plugins, arguments: "'\(source)'")
        place(DescribedFixture(functions: [Function("a", "echo_bare", "()")]))
        try await test.withHost(test.settings()) { _, status async throws in
            try #require(status.first?.state == .running, "\(status)")
            #expect(try await test.call("a")["result"]?.integer == 0)
        }
        place(DescribedFixture(functions: [Function("a", "echo_data", "()")]))
        try await expect(.badDescription, "libecho.so exports no function echo_data")
    }

    @Test func aFunctionOfAnOldVersionIsNoneThatIsFound() async throws {
        let versions = test.folder.write(Array("V1 { echo_old; echo_both; }; V2 { echo_both; };".utf8), to: "versions")
        let source = test.folder.write(
            Array(
                """
                int old(void) { return 0; }
                int first(void) { return 1; }
                int second(void) { return 2; }
                __asm__(".symver old, echo_old@V1\\n.symver first, echo_both@V1\\n.symver second, echo_both@@V2");
                """.utf8), to: "versions.c")
        DescribedFixture.buildLibrary(
            in: test.plugins, arguments: "'\(source)' -Wl,--version-script='\(versions)'")
        place(DescribedFixture(functions: [Function("both", "echo_both", "() -> i32")]))
        try await test.withHost(test.settings()) { _, status async throws in
            try #require(status.first?.state == .running, "\(status)")
            #expect(try await test.call("both")["value"]?.integer == 2)
        }
        place(DescribedFixture(functions: [Function("old", "echo_old", "() -> i32")]))
        try await expect(.badDescription, "functions[0].symbol: libecho.so exports no function echo_old")
    }

    @Test func aLibraryThatIsNowhereIsMissing() async throws {
        place()
        try await expect(.missingLibrary, "libecho.so lies neither beside the description nor in /usr/local/lib")
    }

    @Test func aFileThatIsNoLibraryIsRefused() async throws {
        _ = test.folder.write(Array("/* GNU ld script */".utf8), to: "plugins/libecho.so")
        place()
        try await expect(.notAPlugin, "its library libecho.so is no ELF file")
    }

    @Test func aDescriptionThatIsNoneIsRefusedWithThePlace() async throws {
        DescribedFixture.buildLibrary(in: test.plugins)
        place(DescribedFixture(functions: [Function("a", "echo_i8", "(value: int)")]))
        try await expect(.badDescription, "line 4, functions[0].signature, column 9: expected a type: i8, i16")
        run("head -c 300000 /dev/zero >'\(path)'")
        try await expect(.badDescription, "more than 256 KiB")
        run("printf '{\"id\": \"a' >'\(path)'")
        try await expect(.badDescription, "line 1, column 10: no valid JSON")
    }

    @Test func inAFolderOfItsOwnTheLibraryMayBeALinkAndBringOthers() async throws {
        let folder = test.folder.folder("plugins/echo")
        DescribedFixture.buildLibrary(in: folder, as: "libecho.so.1.2", arguments: "-Wl,-soname,libecho.so.1")
        run("cd '\(folder)' && ln -s libecho.so.1.2 libecho.so.1 && ln -s libecho.so.1 libecho.so")
        DescribedFixture().write(to: folder)
        try await test.withHost(test.settings()) { _, status async throws in
            try #require(status.first?.state == .running, "\(status)")
            #expect(try await test.call("u8", [("value", "7")])["value"]?.integer == 7)
        }
        #expect(try await PluginHost.check(test.settings()).map(\.failure) == [nil])
        run("cd '\(folder)' && ln -sf libecho.so libecho.so.1")
        try await expect(.missingLibrary, "links lead to each other")
    }

    @Test func aDescriptionThatIsWrittenAfterItWasReadIsNotCopied() throws {
        DescribedFixture.buildLibrary(in: test.plugins)
        place()
        let source = try LibrarySource(rootPath: test.plugins)
        let store = try LibraryStore(statePath: test.folder.path + "/state")
        let file = LibraryFile(path: DescribedFixture.file)
        let opened = try source.open(file)
        run("printf ' ' >>'\(path)'")
        do throws(LoadFailure) {
            _ = try store.copy(opened, of: file, from: source)
            Issue.record("copied")
        } catch { #expect(error.reason.contains("was being written while it was copied"), "\(error)") }
    }

    @Test func anAuthorsLibraryMayBeALink() throws {
        let folder = test.folder.folder("author")
        DescribedFixture.buildLibrary(in: folder, as: "libecho.so.1")
        DescribedFixture().write(to: folder)
        run("ln -s libecho.so.1 '\(folder)/libecho.so'")
        let located = try DescribedLibrary.locate(folder + "/" + DescribedFixture.file)
        #expect(located.library == folder + "/libecho.so.1" && located.image.note.id == DescribedFixture.id)
        run("truncate -s 0 '\(folder)/libecho.so.1'")
        #expect(throws: LoadFailure.self) { try DescribedLibrary.locate(folder + "/" + DescribedFixture.file) }
    }

    // MARK: - Whose the files are

    @Test func theFilesMustBeWritableByNobodyElse() async throws {
        DescribedFixture.buildLibrary(in: test.plugins)
        place()
        run("chmod go-w '\(test.plugins)/libecho.so' && chmod g+w '\(path)'")
        try await expect(.unsafePermissions, "\(DescribedFixture.file) can be written by others")
        run("chmod g-w '\(path)' && chmod o+w '\(test.plugins)/libecho.so'")
        try await expect(.unsafePermissions, "libecho.so can be written by others")
        run("cd '\(test.plugins)' && chmod o-w libecho.so && mv libecho.so x && ln -s x libecho.so")
        try await expect(.unsafePermissions, "libecho.so is a symbolic link")
        run("cd '\(test.plugins)' && mv x libecho.so && mv '\(path)' '\(path).x' && ln -s '\(path).x' '\(path)'")
        try await expect(.unsafePermissions, "is a symbolic link")
    }

    @Test func aLibraryOfTheSystemBelongsToRootAlone() throws {
        let folder = test.folder.folder("lib")
        DescribedFixture.buildLibrary(in: folder)
        run("chmod 755 '\(folder)/libecho.so' && ln -s libecho.so '\(folder)/libecho.so.1'")
        let library = try SystemLibrary(named: "libecho.so.1", in: ["/nowhere", folder], owner: geteuid())
        #expect(library.path == folder + "/libecho.so" && library.sha256.count == 64)
        // Open to its process, wherever the link leads.
        #expect(LibraryContent(sha256: "", companions: [:], systemLibrary: library).systemFolders == [folder])
        func refuses(_ code: LoadFailure.Code, owner: uid_t = geteuid()) -> Bool {
            do throws(LoadFailure) {
                _ = try SystemLibrary(named: "libecho.so", in: [folder], owner: owner)
                return false
            } catch { return error.code == code }
        }
        run("chmod g+w '\(folder)/libecho.so'")
        #expect(refuses(.unsafePermissions))
        run("chmod g-w '\(folder)/libecho.so' && chmod o+w '\(folder)'")
        #expect(refuses(.unsafePermissions))
        run("chmod o-w '\(folder)'")
        #expect(!refuses(.unsafePermissions))
        if geteuid() == 0 {
            run("chown 4242 '\(folder)/libecho.so'")
        }
        #expect(refuses(.unsafePermissions, owner: geteuid() == 0 ? 0 : 4_242))
        run("rm '\(folder)/libecho.so'")
        #expect(refuses(.missingLibrary))
    }

    /// Whoever can write where a link lies says which library it is.
    @Test func aLibraryOfTheSystemIsTheOneThatWasChecked() throws {
        let folder = test.folder.folder("lib")
        DescribedFixture.buildLibrary(in: folder)
        run("chmod 755 '\(folder)/libecho.so'")
        let library = try SystemLibrary(named: "libecho.so", in: [folder], owner: geteuid())
        #expect(try library.read() == TemporaryFolder.read(folder + "/libecho.so"))
        run("printf x >>'\(folder)/libecho.so'")
        #expect(throws: LoadFailure.self) { try library.read() }
        run("truncate -s 300M '\(folder)/libecho.so'")
        do throws(LoadFailure) {
            _ = try SystemLibrary(named: "libecho.so", in: [folder], owner: geteuid())
            Issue.record("read")
        } catch { #expect(error.code == .copyFailed && error.reason.contains("larger than 256 MiB"), "\(error)") }
    }

    @Test func noFolderThroughWhichALibraryOfTheSystemIsFoundMayBeWritableByOthers() throws {
        let (names, hop, files) = (test.folder.folder("names"), test.folder.folder("hop"), test.folder.folder("files"))
        DescribedFixture.buildLibrary(in: files)
        run(
            """
            chmod 755 '\(files)/libecho.so' && ln -s ../files '\(hop)/way' && \
            ln -s '\(hop)/way/./libecho.so' '\(names)/libecho.so' && ln -s names '\(test.folder.path)/lib'
            """)
        func failure(in folder: String) -> LoadFailure? {
            do throws(LoadFailure) {
                let library = try SystemLibrary(named: "libecho.so", in: [folder], owner: geteuid())
                #expect(library.path == files + "/libecho.so")
                return nil
            } catch { return error }
        }
        for folder in [names, test.folder.path + "/lib"] {
            #expect(failure(in: folder) == nil)
            for writable in [names, hop, files] {
                run("chmod o+w '\(writable)'")
                #expect(failure(in: folder)?.code == .unsafePermissions, "\(writable)")
                run("chmod o-w '\(writable)'")
            }
        }
        if geteuid() == 0 {
            run("chown -h 4242 '\(hop)/way'")
            #expect(failure(in: names)?.code == .unsafePermissions)
        }
        run("ln -sfn way '\(hop)/way'")
        #expect(failure(in: names)?.code == .missingLibrary)
    }

    @Test func whereSignaturesAreRequiredBothFilesNeedOne() async throws {
        var settings = test.settings()
        settings.signatures = SignaturePolicy(trustPath: test.folder.path + "/trust")
        run("mkdir -p '\(test.folder.path)/trust' && cp '\(SigningKeys.path)/vendor.pem' '\(test.folder.path)/trust/'")
        DescribedFixture.buildLibrary(in: test.plugins)
        place()
        try await expect(.untrusted, "\(DescribedFixture.file) has no signature beside it", settings)
        SigningKeys.sign(path, "as vendor")
        try await expect(.untrusted, "libecho.so has no signature beside it", settings)
        SigningKeys.sign(test.plugins + "/libecho.so", "as vendor")
        #expect(try await failure(of: settings) == nil)
        place(DescribedFixture(version: "2"))
        try await expect(.untrusted, "does not fit \(DescribedFixture.file)", settings)
        // The system's packages vouch for the system's libraries.
        place(DescribedFixture(library: "libm.so.6", functions: [Function("a", "cos", "(x: f64) -> f64")]))
        SigningKeys.sign(path, "as vendor")
        #expect(try await failure(of: settings) == nil)
        // Nobody vouches for what lies in /usr/local/lib.
        place(DescribedFixture(library: "libnowhere.so"))
        SigningKeys.sign(path, "as vendor")
        try await expect(.missingLibrary, "neither beside the description nor in /usr/lib/", settings)
    }

    // MARK: - Beside others

    @Test func anIdOrAServiceThatIsTakenIsRefused() async throws {
        DescribedFixture.buildLibrary(in: test.plugins)
        Fixture().build(at: test.plugins + "/libgotapi-plugin-a.so")
        place(DescribedFixture(id: "com.example.fixture"), as: "libgotapi-plugin-b.json")
        place(as: "libgotapi-plugin-c.json")
        place(DescribedFixture(id: "com.example.other", serviceID: "other"), as: "libgotapi-plugin-d.json")
        _ = test.folder.write([], to: "plugins/libgotapi-plugin-1.json")
        try await test.withHost(test.settings()) { _, status async throws in
            #expect(
                status.map(\.failure?.code) == [nil, .duplicateID, .duplicateService, nil], "\(status)")
        }
        #expect(test.lines.contains("libgotapi-plugin-1.json is left out"))
    }

    // MARK: - After a crash

    @Test func aDescriptionIsNoSuspectAnyMoreWhereItsLibraryChanged() async throws {
        DescribedFixture.buildLibrary(in: test.plugins)
        place()
        let file = LibraryFile(path: DescribedFixture.file)
        let content = try LibraryContent(of: file, from: try LibrarySource(rootPath: test.plugins))
        #expect(content.fingerprint.utf8.count == 64 && content.fingerprint != content.sha256)
        try InFlightRecord(statePath: test.folder.path + "/state")
            .mark(.init(id: DescribedFixture.id, sha256: content.fingerprint))?.set(true)
        try await test.withHost(test.settings(.none)) { _, status async throws in
            #expect(status.map(\.isolation) == [.process], "\(status)")
        }
        DescribedFixture.buildLibrary(in: test.plugins, arguments: "-Os")
        run("printf x >>'\(test.plugins)/libecho.so'")
        try await test.withHost(test.settings(.none)) { _, status async throws in
            #expect(status.map(\.isolation) == [PluginIsolation.none], "\(status)")
        }
    }

    @Test func aFingerprintIsOfEverythingThatIsLoaded() throws {
        let system = try SystemLibrary(named: "libm.so.6")
        let contents = [
            LibraryContent(sha256: "a", companions: [:]),
            LibraryContent(sha256: "a", companions: [:], systemLibrary: system),
            LibraryContent(sha256: "a", companions: ["x.so": .library(sha256: "b")]),
            LibraryContent(sha256: "a", companions: ["x.so": .library(sha256: "c")]),
            LibraryContent(sha256: "a", companions: ["x.so": .link(to: "b")]),
            LibraryContent(sha256: "a", companions: ["y.so": .link(to: "b")]),
            LibraryContent(sha256: "b", companions: ["y.so": .link(to: "b")]),
        ]
        #expect(Set(contents.map(\.fingerprint)).count == contents.count)
    }

    // MARK: - Reload

    @Test(arguments: [PluginIsolation.process, .none])
    func aChangedDescriptionOrLibraryReplacesThePlugin(isolation: PluginIsolation) async throws {
        DescribedFixture.buildLibrary(in: test.plugins)
        place()
        try await test.withHost(test.settings(isolation)) { host, _ async throws in
            let settings = test.settings(isolation)
            #expect(await host.reload(settings).kept.map(\.id) == [DescribedFixture.id])
            place(DescribedFixture(version: "2"))
            #expect(await host.reload(settings).replaced.map(\.id) == [DescribedFixture.id])
            #expect(host.status().map(\.version) == ["2"])
            DescribedFixture.buildLibrary(in: test.plugins, arguments: "-Decho_text=echo_other")
            let refused = await host.reload(settings).refused.first
            #expect(refused?.failure.code == .badDescription && refused?.isServed == true, "\(refused as Any)")
            DescribedFixture.buildLibrary(in: test.plugins, arguments: "-Os")
            run("printf x >>'\(test.plugins)/libecho.so'")
            #expect(await host.reload(settings).replaced.map(\.id) == [DescribedFixture.id])
            #expect(host.status().map(\.generation) == [3])
            #expect(try await test.call("i8", [("value", "-3")])["value"]?.integer == -3)
            run("rm '\(path)'")
            #expect(await host.reload(settings).removed.map(\.id) == [DescribedFixture.id])
        }
    }
}
