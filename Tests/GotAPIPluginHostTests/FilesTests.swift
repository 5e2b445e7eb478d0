// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Testing

@testable import GotAPIPluginHost

struct FilesTests {
    private let folder = TemporaryFolder()

    private var plugins: String { folder.folder("plugins") }

    private func failure(of path: String) throws -> LoadFailure? {
        let source = try LibrarySource(rootPath: folder.path + "/plugins")
        let store = try LibraryStore(statePath: folder.folder("state"))
        do throws(LoadFailure) { _ = try store.copy(LibraryFile(path: path), from: source) } catch { return error }
        return nil
    }

    @Test(arguments: [
        ("libgotapi-plugin-a.so", true), ("libgotapi-plugin-Hello_World-2.so", true), ("libgotapi-plugin-.so", false),
        ("libgotapi-plugin-1a.so", false), ("libgotapi-plugin-a.b.so", false), ("libgotapi-plugin-a.so.1", false),
        ("gotapi-plugin-a.so", false), ("libgotapi-plugin-ä.so", false), (".libgotapi-plugin-a.so", false),
        ("libgotapi-plugin-_a.so", false), ("libgotapi-plugin-.so.so", false),
        ("libgotapi-plugin-a.json", true), ("libgotapi-plugin-.json", false), ("libgotapi-plugin-a.json.p7s", false),
        ("libgotapi-plugin-a.so.json", false),
    ])
    func namesHaveOneForm(name: String, isLibrary: Bool) {
        #expect(PluginFolder.isLibraryName(name) == isLibrary)
    }

    @Test func aScanGoesOneFolderDeepInTheOrderOfPaths() throws {
        let plugins = plugins
        run(
            """
            cd '\(plugins)' && mkdir -p b/c z && touch libgotapi-plugin-z.so libgotapi-plugin-B.so \
            b/libgotapi-plugin-y.so \
            b/c/libgotapi-plugin-deep.so z/libgotapi-plugin-x.so libgotapi-plugin-1.so b/other.so README
            """)
        let content = try PluginFolder(path: plugins).scan()
        #expect(
            content.libraries.map(\.path) == [
                "b/libgotapi-plugin-y.so", "libgotapi-plugin-B.so", "libgotapi-plugin-z.so", "z/libgotapi-plugin-x.so",
            ])
        #expect(content.misnamed == ["libgotapi-plugin-1.so"])
        #expect(content.unreadable == [:])
    }

    @Test func aFolderThatIsNotThereIsAnError() {
        #expect(throws: SystemError(ENOENT)) { try PluginFolder(path: folder.path + "/nowhere").scan() }
        #expect(throws: SystemError(ENOENT)) { try LibrarySource(rootPath: folder.path + "/nowhere") }
    }

    @Test(arguments: [
        (command: "chmod 0666 libgotapi-plugin-a.so", path: "libgotapi-plugin-a.so"),
        ("chmod 0664 libgotapi-plugin-a.so", "libgotapi-plugin-a.so"),
        ("chmod 0775 .", "plugins"),
        ("chmod 1777 .", "plugins"),
        ("chmod 0777 own", "own"),
        ("chmod 0602 own/libgotapi-plugin-b.so", "own/libgotapi-plugin-b.so"),
        ("chmod 0666 own/libextra.so.1", "own/libextra.so.1"),
        ("mv libgotapi-plugin-a.so ../real.so && ln -s ../real.so libgotapi-plugin-a.so", "symbolic link"),
        ("mv own ../real && ln -s ../real own", "symbolic link"),
        ("ln -s /etc/hostname own/libother.so", "leads elsewhere"),
        ("ln -s ../libgotapi-plugin-a.so own/libother.so", "leads elsewhere"),
        ("chmod 0777 ..", "above the plug-ins' folder"),
    ])
    func whateverOthersCanWriteIsRefusedByName(command: String, path: String) throws {
        let plugins = plugins
        run(
            """
            cd '\(plugins)' && mkdir own && touch libgotapi-plugin-a.so own/libgotapi-plugin-b.so own/libextra.so.1 && \
            chmod -R go-w . && \(command)
            """)
        let failures = try [failure(of: "libgotapi-plugin-a.so"), failure(of: "own/libgotapi-plugin-b.so")]
            .compactMap(\.self)
        let refused = failures.filter { $0.code == .unsafePermissions && $0.reason.contains(path) }
        #expect(!refused.isEmpty, "\(failures)")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func whatBelongsToSomebodyElseIsRefused() throws {
        run("cd '\(plugins)' && touch libgotapi-plugin-a.so && chown 12345 libgotapi-plugin-a.so")
        let failure = try #require(try failure(of: "libgotapi-plugin-a.so"))
        #expect(failure.code == .unsafePermissions)
        #expect(failure.reason.contains("12345"))
    }

    @Test func aPipeOrAFolderIsNoPlugin() throws {
        run("cd '\(plugins)' && mkfifo -m 0600 libgotapi-plugin-a.so && mkdir libgotapi-plugin-b.so")
        #expect(try failure(of: "libgotapi-plugin-a.so")?.code == .notAPlugin)
        #expect(try failure(of: "libgotapi-plugin-b.so")?.code == .notAPlugin)
        #expect(try failure(of: "libgotapi-plugin-c.so")?.code == .copyFailed)
    }

    @Test(arguments: [
        (mode: 0o755, group: 7, owner: 1000, isSafe: true),
        (0o775, 7, 1000, false),
        (0o775, 1000, 1000, true),  // the user's private group
        (0o777, 1000, 1000, false),
        (0o1777, 7, 0, true),  // sticky
        (0o1777, 7, 99, false),
        (0o755, 7, 99, false),
        (0o755, 0, 0, true),
    ])
    func foldersAboveMayBeStickyOrThePrivateGroups(mode: mode_t, group: gid_t, owner: uid_t, isSafe: Bool) {
        var status = stat()
        status.st_mode = S_IFDIR | mode
        status.st_uid = owner
        status.st_gid = group
        let rule = TrustRule(user: 1000, privateGroup: 1000)
        if isSafe {
            #expect(throws: Never.self) { try rule.checkAbove(status, path: "/x") }
        } else {
            #expect(throws: LoadFailure.self) { try rule.checkAbove(status, path: "/x") }
        }
        if mode & 0o022 != 0 { #expect(throws: LoadFailure.self) { try rule.check(status, path: "/x") } }
    }

    @Test func aCopyBringsTheFoldersLibrariesAlongAndIsPrivate() throws {
        run(
            """
            cd '\(plugins)' && mkdir own && cd own && printf hello > libgotapi-plugin-b.so && \
            printf extra > libextra.so.1.2 && \
            ln -s libextra.so.1.2 libextra.so.1 && ln -s libextra.so.1 libextra.so && touch data.txt .libhidden.so \
            libgotapi-plugin-b.so.p7s && mkdir folder.so && chmod -R go-w ..
            """)
        let source = try LibrarySource(rootPath: plugins)
        let store = try LibraryStore(statePath: folder.folder("state"))
        let file = LibraryFile(path: "own/libgotapi-plugin-b.so")
        let first = try store.copy(file, from: source)
        let second = try store.copy(file, from: source)
        #expect(first.folder != second.folder)
        #expect(first.sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(TemporaryFolder.read(first.library) == Array("hello".utf8))
        #expect(TemporaryFolder.read(first.folder + "/libextra.so") == Array("extra".utf8))
        let names = try FileDescriptor(opening: first.folder, O_RDONLY | O_DIRECTORY).names().sorted()
        #expect(names == ["libextra.so", "libextra.so.1", "libextra.so.1.2", "libgotapi-plugin-b.so"])
        var status = stat()
        #expect(stat(first.folder, &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(stat(first.library, &status) == 0 && status.st_mode & 0o777 == 0o400)
        #expect(source.resourcePath(of: file) == plugins + "/own")
        store.remove(first)
        #expect(access(first.folder, F_OK) != 0)
        #expect(access(second.library, F_OK) == 0)
    }

    @Test func aFolderWithTooMuchInItIsRefusedAndNothingIsLeft() throws {
        run(
            """
            cd '\(plugins)' && mkdir own && touch own/libgotapi-plugin-b.so && truncate -s 65M own/libbig.so && \
            chmod -R go-w .
            """)
        let source = try LibrarySource(rootPath: plugins)
        let store = try LibraryStore(statePath: folder.folder("state"))
        let failure = #expect(throws: LoadFailure.self) {
            try store.copy(LibraryFile(path: "own/libgotapi-plugin-b.so"), from: source)
        }
        #expect(failure?.code == .copyFailed)
        #expect(failure?.reason.contains("64 MiB") == true)
        let libraries = folder.path + "/state/libraries"
        let process = try FileDescriptor(opening: libraries, O_RDONLY | O_DIRECTORY).names()
        #expect(process.count == 1)
        #expect(try FileDescriptor(opening: libraries + "/" + process[0], O_RDONLY | O_DIRECTORY).names() == [])
    }

    @Test func aLibraryThatIsTooLargeIsRefusedAndNothingIsLeft() throws {
        run("cd '\(plugins)' && truncate -s 65M libgotapi-plugin-a.so && chmod go-w libgotapi-plugin-a.so")
        let source = try LibrarySource(rootPath: plugins)
        let store = try LibraryStore(statePath: folder.folder("state"))
        let file = LibraryFile(path: "libgotapi-plugin-a.so")
        let failure = #expect(throws: LoadFailure.self) { try store.copy(file, from: source) }
        #expect(failure?.code == .copyFailed)
        #expect(failure?.reason.contains("64 MiB") == true)
        let libraries = folder.path + "/state/libraries"
        let process = try #require(try FileDescriptor(opening: libraries, O_RDONLY | O_DIRECTORY).names().first)
        #expect(try FileDescriptor(opening: libraries + "/" + process, O_RDONLY | O_DIRECTORY).names() == [])
        #expect(throws: LoadFailure.self) { try LibraryImage.inspect(file, from: source) }
    }

    @Test func copiesOfDeadProcessesAreRemovedAndThoseOfLivingOnesStay() throws {
        run("touch '\(plugins)/libgotapi-plugin-a.so'")
        let source = try LibrarySource(rootPath: plugins)
        let state = folder.folder("state")
        let living = try LibraryStore(statePath: state)
        let copy = try living.copy(LibraryFile(path: "libgotapi-plugin-a.so"), from: source)
        run("mkdir -p '\(state)/libraries/99-dead/1' && touch '\(state)/libraries/99-dead/1/lib.so'")
        let next = try LibraryStore(statePath: state)
        #expect(access(copy.library, F_OK) == 0)
        #expect(access(state + "/libraries/99-dead", F_OK) != 0)
        withExtendedLifetime((living, next)) {}
    }

    @Test func aFolderOfSomebodyElseInTheStateFolderIsRefused() throws {
        let state = folder.folder("state")
        run("ln -s /tmp '\(state)/libraries'")
        #expect(throws: LoadFailure.self) { try LibraryStore(statePath: state) }
    }
}
