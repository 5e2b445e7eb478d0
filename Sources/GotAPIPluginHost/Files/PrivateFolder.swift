// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Folders of the gateway's own in its state folder: only its user can look into them (0700).
enum PrivateFolder {
    /// Makes a folder where it is not there, and opens it. The folder above must exist.
    ///
    /// - Throws: ``LoadFailure`` with `COPY_FAILED`, or with `UNSAFE_PERMISSIONS` where it belongs to somebody else.
    static func make(_ path: String) throws(LoadFailure) -> FileDescriptor {
        // mkdir(2)
        guard mkdir(path, S_IRWXU) == 0 || errno == EEXIST else {
            throw LoadFailure(.copyFailed, "the folder \(path.printable) cannot be made: \(SystemError())")
        }
        let folder = try LoadFailure.describing(path) { () throws(SystemError) in
            try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
        let status = try LoadFailure.describing(path) { () throws(SystemError) in try folder.status() }
        guard status.st_uid == geteuid() else {
            throw LoadFailure(
                .unsafePermissions,
                "\(path.printable), in the state folder, belongs to user \(status.st_uid); remove it, or run: "
                    + "chown -R \(geteuid()) '\(path.printable)'")
        }
        guard status.st_mode & 0o077 == 0 || fchmod(folder.number, S_IRWXU) == 0 else {
            throw .unreadable(path, SystemError())
        }
        return folder
    }
}

/// Removes folders of copies, which are at most two deep; follows no symbolic link.
enum FolderRemoval {
    /// Best effort: what is left costs disk space only, and the next start tries again.
    static func remove(_ name: String, in parent: borrowing FileDescriptor, depth: Int = 2) {
        guard unlinkat(parent.number, name, 0) != 0 else { return }
        if depth > 0,
            let folder = try? FileDescriptor(opening: name, in: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
            let names = try? folder.names()
        {
            for inner in names { remove(inner, in: folder, depth: depth - 1) }
        }
        _ = unlinkat(parent.number, name, Int32(AT_REMOVEDIR))
    }
}
