// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import NIOConcurrencyHelpers

/// Holds a state folder for this process, until ``release()`` or the process's end, `kill -9` too. Two gateways never share one.
///
/// The lock belongs to the open file `lock` in the folder (<https://man7.org/linux/man-pages/man2/flock.2.html>), which stays
/// there; its text is the process id of the last holder.
package final class StateLock: Sendable {
    private let descriptor: NIOLockedValueBox<CInt?>

    private init(descriptor: CInt) { self.descriptor = NIOLockedValueBox(descriptor) }

    /// Gives the folder up. Not done when the object goes: Swift may end an object after its last use, and a lock has none.
    package func release() {
        let held = descriptor.withLockedValue { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        if let held { close(held) }
    }

    /// Makes the state folder where it is missing, checks it (``StateFolder/prepare(at:)``) and locks it.
    ///
    /// - Parameter folder: absolute.
    package static func acquire(in folder: String) throws(StateFolder.Failure) -> StateLock {
        try StateFolder.prepare(at: folder)
        let path = folder + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system(operation: "open", path: path, code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = readProcess(descriptor)
            close(descriptor)
            if code == EWOULDBLOCK { throw .locked(path: folder, process: holder) }
            throw .system(operation: "lock", path: path, code: code)
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            let code = errno
            close(descriptor)
            throw .system(operation: "write", path: path, code: code)
        }
        return StateLock(descriptor: descriptor)
    }

    /// Nothing for the file that is being written just now.
    private static func readProcess(_ descriptor: CInt) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: buffer[..<count], as: UTF8.self).prefix { $0 != "\n" })
    }
}
