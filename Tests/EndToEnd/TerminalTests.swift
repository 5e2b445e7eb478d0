// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPITesting
import Testing

/// What SIGHUP means with a terminal and without one (plugin-abi.md, "Reload", step 0).
@Suite(.serialized, .timeLimit(.minutes(1))) struct TerminalTests {
    /// A pseudo-terminal: pts(4).
    private final class Terminal: Sendable {
        /// What a program opens.
        let path: String
        private let master: CInt

        init() throws {
            // What posix_openpt(3), unlockpt(3) and ptsname(3) do, which Glibc's module leaves out.
            master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            var isLocked: CInt = 0
            var number: CUnsignedInt = 0
            guard master >= 0, ioctl(master, Self.setLock, &isLocked) == 0, ioctl(master, Self.getNumber, &number) == 0
            else { throw TestConnectionError(description: "no pseudo-terminal: \(String(cString: strerror(errno)))") }
            path = "/dev/pts/\(number)"
        }

        /// `TIOCSPTLCK` and `TIOCGPTN`: ioctl_tty(2).
        private static let setLock: UInt = 0x4004_5431
        private static let getNumber: UInt = 0x8004_5430

        /// To be called once.
        func close() { Glibc.close(master) }

        /// The words of a command that runs another on this terminal, as the leader of a session.
        func leader(_ words: [String] = []) -> [String] {
            ["/bin/sh", "-c", "exec /usr/bin/setsid --ctty \(words.joined(separator: " ")) \"$@\" <\(path)", "sh"]
        }
    }

    @Test func itReloadsWhileItsTerminalIsOpenAndEndsWhenThatCloses() async throws {
        let terminal = try Terminal()
        try await UpdatedPlugin.run(prefix: terminal.leader(), endsByItself: true) { plugin in
            try await Self.expectReload(plugin, to: 2)
            terminal.close()
            #expect(await plugin.gateway.process.waitForExit() == 0)
            #expect(plugin.reloads == 1)
        }
    }

    @Test func nohupKeepsItRunningAndReloading() async throws {
        let terminal = try Terminal()
        try await UpdatedPlugin.run(prefix: terminal.leader(["/usr/bin/nohup"])) { plugin in
            try await Self.expectReload(plugin, to: 2)
            // The kernel's signal, too, is one for a reload.
            terminal.close()
            try await waitUntil { plugin.reloads == 2 }
            try await Self.expectReload(plugin, to: 1)
        }
    }

    @Test func withoutATerminalItReloads() async throws {
        try await UpdatedPlugin.run(prefix: ["/usr/bin/setsid"]) { plugin in
            for version in [2, 1] { try await Self.expectReload(plugin, to: version) }
            #expect(plugin.reloads == 2)
        }
    }

    private static func expectReload(_ plugin: UpdatedPlugin, to version: Int) async throws {
        let before = plugin.reloads
        try await plugin.move(version)
        plugin.gateway.process.signal(SIGHUP)
        try await waitUntil { plugin.reloads == before + 1 }
        #expect(try await plugin.version() == version)
    }
}
