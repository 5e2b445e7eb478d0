// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginHost

/// What is opened beside what is hidden, on a file system that the tests make up.
@Suite struct CageRulesTests {
    /// Folders with the names in them; `lib` is a link to `usr/lib`.
    private static let folders: [String: [String]] = [
        "/": ["usr", "opt", "lib", "etc"], "/usr": ["lib", "share"], "/usr/lib": [], "/usr/share": [],
        "/opt": ["vendor", "gotapi"], "/opt/vendor": [],
        "/opt/gotapi": ["bin", "state", "ssl", "config.json", "plugins", "link"],
        "/opt/gotapi/bin": [], "/opt/gotapi/state": ["plugins"], "/opt/gotapi/ssl": [],
        "/opt/gotapi/plugins": ["a", "b"],
        "/opt/gotapi/plugins/a": [], "/opt/gotapi/plugins/b": [], "/etc": [], "/dev": ["shm", "ttyS0"],
        "/dev/shm": ["gotapi"], "/dev/shm/gotapi": [], "/dev/ttyS0": [],
    ]

    private static let files = CageRules.Files(
        resolve: { path in
            let path = path == "/lib" ? "/usr/lib" : path == "/opt/gotapi/link" ? "/opt/gotapi/ssl" : path
            return folders[path] != nil || path == "/opt/gotapi/config.json" ? path : nil
        }, names: { folders[$0] })

    @Test(
        arguments: [
            ("/usr", [], ["/usr"]), ("/lib", [], ["/usr/lib"]), ("/missing", [], []),
            (
                "/opt", ["/opt/gotapi/state"],
                ["/opt/gotapi/bin", "/opt/gotapi/config.json", "/opt/gotapi/plugins", "/opt/gotapi/ssl", "/opt/vendor"]
            ),
            (
                "/opt", ["/opt/gotapi/state", "/opt/gotapi/ssl", "/opt/gotapi/config.json"],
                ["/opt/gotapi/bin", "/opt/gotapi/plugins", "/opt/vendor"]
            ),
            // One of the two is not there yet: its folder has to stay closed for when it is.
            ("/opt/gotapi/plugins", ["/opt/gotapi/plugins/state"], ["/opt/gotapi/plugins/a", "/opt/gotapi/plugins/b"]),
            ("/opt/gotapi/ssl", ["/opt/gotapi"], []), ("/opt/gotapi", ["/opt/gotapi"], []),
            ("/opt/gotapi", ["/opt/gotapi2"], ["/opt/gotapi"]),
            // Hidden under a link's name, reached by the other one.
            ("/usr/lib", ["/lib"], []), ("/usr", ["/lib"], ["/usr/share"]),
            ("/", ["/"], []),
        ] as [(String, [String], [String])])
    func whatIsHiddenIsLeftOut(path: String, hidden: [String], opened: [String]) {
        let rules = CageRules(hidden: hidden, files: Self.files)
        let access: Cage.Access = [.read, .execute]
        #expect(rules.expanded(Cage.Path(path, access)) == opened.map { Cage.Path($0, access) })
    }

    private func paths(
        resources: String = "", deniesDevices: Bool = false, isRoot: Bool = false, hidden: [String] = []
    ) -> [Cage.Path] {
        CageRules(hidden: ["/opt/gotapi/state"] + hidden, files: Self.files).paths(
            copy: "/opt/gotapi/state/libraries/1", data: "/opt/gotapi/state/plugins/x", resources: resources,
            libraries: ["/usr/lib"], deniesDevices: deniesDevices, isRoot: isRoot)
    }

    @Test func itsOwnFoldersAreOpenAlthoughTheStateFolderIsHidden() {
        let paths = paths(resources: "/opt/gotapi/plugins/a")
        #expect(paths.contains(Cage.Path("/opt/gotapi/state/libraries/1", [.read, .execute])))
        #expect(paths.contains(Cage.Path("/opt/gotapi/state/plugins/x", [.read, .write, .change])))
        #expect(paths.contains(Cage.Path("/opt/gotapi/plugins/a", [.read, .execute])))
        #expect(!paths.contains { $0.path == "/opt" || $0.path == "/opt/gotapi" || $0.path == "/opt/gotapi/state" })
    }

    @Test func devicesAreOpenUnlessTheyAreDenied() {
        #expect(paths().contains(Cage.Path("/dev", [.read, .write, .control])))
        let denied = paths(deniesDevices: true).map(\.path)
        #expect(!denied.contains("/dev"))
        #expect(denied.contains("/dev/null") && denied.contains("/dev/urandom"))
    }

    /// A board that spares its flash may have its keys in memory.
    @Test func whatIsHiddenAmongDevicesStaysHidden() {
        let paths = paths(hidden: ["/dev/shm/gotapi"]).map(\.path)
        #expect(paths.contains("/dev/ttyS0"))
        #expect(!paths.contains { "/dev/shm/gotapi".hasPrefix($0) && $0.hasPrefix("/dev") })
    }

    @Test func rootSeesNotAllOfEtc() {
        #expect(paths().contains(Cage.Path("/etc", .read)))
        #expect(!paths(isRoot: true).contains { $0.path == "/etc" })
    }
}
