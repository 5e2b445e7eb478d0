// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// The folder for what the gateway keeps: lock, control socket, database, plug-ins' data (configuration.md, `state_path`).
package enum StateFolder {
    /// Why a folder cannot be the state folder. The description is for the owner and says what to do.
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        case notAFolder(path: String)
        case foreignOwner(path: String)
        case writableByOthers(path: String)
        /// Another gateway uses it.
        case locked(path: String, process: Int32?)
        case system(operation: String, path: String, code: CInt)

        package var description: String {
            switch self {
            case .notAFolder(let path): "the state folder \(path) is no folder: remove it, or name another state_path"
            case .foreignOwner(let path):
                "the state folder \(path) belongs to another user: run the gateway as that user, or name another state_path"
            case .writableByOthers(let path):
                "the state folder \(path) can be written by other users: chmod go-w \(path)"
            case .locked(let path, let process?):
                "the state folder \(path) is in use by the gateway with process id \(process): end that one (kill \(process)), or give this one another state_path"
            case .locked(let path, nil):
                "the state folder \(path) is in use by another gateway: end that one, or give this one another state_path"
            case .system(let operation, let path, let code):
                "cannot \(operation) \(path): \(String(cString: strerror(code)))"
            }
        }
    }

    /// Makes the folder, 0700, and the folders above it; one that is there already must be this user's and writable by nobody
    /// else. Its mode is left as it is: every file in it has its own.
    ///
    /// - Parameter path: absolute.
    package static func prepare(at path: String) throws(Failure) {
        try make(path, mode: 0o700)
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOTDIR { throw .notAFolder(path: path) }
            throw .system(operation: "open the state folder", path: path, code: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .system(operation: "look at the state folder", path: path, code: errno)
        }
        guard status.st_uid == geteuid() else { throw .foreignOwner(path: path) }
        guard status.st_mode & 0o022 == 0 else { throw .writableByOthers(path: path) }
    }

    private static func make(_ path: String, mode: mode_t) throws(Failure) {
        guard mkdir(path, mode) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .system(operation: "make the state folder", path: path, code: errno)
        }
        // Those above it are ordinary folders; the process's umask applies.
        try make(String(path[..<slash]), mode: 0o777)
        guard mkdir(path, mode) != 0, errno != EEXIST else { return }
        throw .system(operation: "make the state folder", path: path, code: errno)
    }
}
