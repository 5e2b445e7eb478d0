// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import Testing

@testable import GotAPIControl

/// The state folder and its lock.
struct StateLockTests {
    @Test func theFolderIsMadeWithThoseAboveIt() throws {
        let folder = try TemporaryFolder()
        let lock = try StateLock.acquire(in: folder.path + "/a/b/state")
        defer { lock.release() }
        #expect(try folder.mode(of: "a/b/state") == S_IFDIR | 0o700)
        #expect(try folder.mode(of: "a/b/state/lock") == S_IFREG | 0o600)
    }

    @Test func aSecondGatewayIsRefusedAndToldWhoHoldsTheFolder() throws {
        let folder = try TemporaryFolder()
        let first = try StateLock.acquire(in: folder.path)
        #expect {
            try StateLock.acquire(in: folder.path)
        } throws: {
            $0 as? StateFolder.Failure == .locked(path: folder.path, process: getpid())
                && "\($0)".contains("kill \(getpid())")
        }
        first.release()
        first.release()
        let second = try StateLock.acquire(in: folder.path)
        second.release()
    }

    @Test(arguments: [0o720, 0o702, 0o777] as [mode_t])
    func aFolderThatOthersCanWriteIsRefused(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        #expect(chmod(folder.path, mode) == 0)
        #expect { try StateFolder.prepare(at: folder.path) } throws: {
            "\($0)" == "the state folder \(folder.path) can be written by other users: chmod go-w \(folder.path)"
        }
    }

    @Test func whatIsNoFolderIsRefused() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/file"
        close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        #expect(throws: StateFolder.Failure.notAFolder(path: file)) { try StateFolder.prepare(at: file) }
        #expect(throws: StateFolder.Failure.self) { try StateFolder.prepare(at: file + "/state") }
        #expect(throws: StateFolder.Failure.self) { try StateFolder.prepare(at: "/proc/none/state") }
    }

    @Test(.enabled(if: geteuid() == 0)) func aForeignFolderIsRefused() throws {
        let folder = try TemporaryFolder()
        #expect(chown(folder.path, 65_534, 65_534) == 0)
        #expect(throws: StateFolder.Failure.foreignOwner(path: folder.path)) {
            try StateFolder.prepare(at: folder.path)
        }
    }
}
