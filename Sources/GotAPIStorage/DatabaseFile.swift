// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// The database's file before SQLite opens it: there, this user's alone.
enum DatabaseFile {
    /// Makes the file, 0600, where it is missing. SQLite gives the files that it adds, `-wal` and `-shm`, the same mode
    /// (<https://www.sqlite.org/wal.html>).
    static func prepare(_ path: String) throws(StorageFailure) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else {
            switch errno {
            case ELOOP, EISDIR, ENXIO: throw .notOurs(path: path)
            case ENOSPC, EDQUOT: throw .diskFull(path: path)
            case let code: throw .system(operation: "open", path: path, reason: words(for: code))
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .system(operation: "look at", path: path, reason: words(for: errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else { throw .notOurs(path: path) }
        guard fchmod(descriptor, 0o600) == 0 else {
            throw .system(operation: "protect", path: path, reason: words(for: errno))
        }
        for companion in [path + "-wal", path + "-shm"] {
            guard chmod(companion, 0o600) == 0 || errno == ENOENT else {
                throw .system(operation: "protect", path: companion, reason: words(for: errno))
            }
        }
    }

    private static func words(for code: CInt) -> String { String(cString: strerror(code)) }
}
