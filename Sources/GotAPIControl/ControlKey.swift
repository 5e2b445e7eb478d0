// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// What a client of the control socket has to send first, as a line of its own: the content of a file that only the
/// gateway's user and root can read.
///
/// The processes of plug-ins have the gateway's user too. They may connect, since Landlock has no rule for the paths of
/// sockets, but they may not read this file.
struct ControlKey: Sendable, Equatable {
    /// In hexadecimal digits, which stand for 32 random bytes.
    static let length = 64

    let text: String

    /// A new one.
    init() {
        var generator = SystemRandomNumberGenerator()
        text = (0..<4).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The one of the running gateway.
    ///
    /// - Parameter socket: the path of its socket, for errors.
    init(readingFrom path: String, socket: String) throws(ControlError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .notRunning(path: socket)
            case EACCES: throw .permissionDenied(path: socket)
            case let code: throw .system(operation: "read", path: path, code: code)
            }
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.length + 1)
        let count = read(descriptor, &bytes, bytes.count)
        // An empty one is of a gateway that is just beginning or has been killed while it did.
        guard count == Self.length else { throw .notRunning(path: socket) }
        text = String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Writes the file, 0600, in the place of a dead gateway's.
    func write(to path: String) throws(ControlError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .system(operation: "replace", path: path, code: errno) }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system(operation: "make", path: path, code: errno) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw .system(operation: "write", path: path, code: errno)
        }
    }

    /// Takes the same time wherever the first difference is.
    func matches(_ line: some Collection<UInt8>) -> Bool { isSameSecret(line, text.utf8) }
}
