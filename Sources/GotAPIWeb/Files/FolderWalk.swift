// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Finds a file below a folder and never leaves the folder.
///
/// It opens one name after the other, relative to the folder opened before and without following symbolic links; a link is
/// read and its target walked in the same way. So neither `..`, nor a link, nor a folder that is exchanged meanwhile leads
/// out, and no name that begins with a dot is passed.
struct FolderWalk {
    enum Failure: Error, Equatable {
        case missing
        /// The gateway's user may not read it.
        case forbidden
        /// Anything else: `errno`.
        case failed(CInt)
    }

    /// What is there; the status is that of the opened descriptor.
    struct Found {
        let file: OpenFile
        let status: stat
        var isFolder: Bool { status.st_mode & S_IFMT == S_IFDIR }
    }

    /// The folders from the root to the current one.
    private var folders: [OpenFile]
    private var linksLeft = 8

    init(root: String) throws(Failure) {
        let descriptor = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(errno) }
        folders = [OpenFile(owning: descriptor)]
    }

    /// Goes down along `names`, from where the walk has arrived. Only the last may name a file.
    mutating func go(along names: [String]) throws(Failure) -> Found {
        var left = Array(names.reversed())
        while let name = left.popLast() {
            // Both can come from a link only.
            if name == "." || name.isEmpty { continue }
            if name == ".." {
                guard folders.count > 1 else { throw .missing }
                folders.removeLast()
                continue
            }
            guard name.utf8.first != UInt8(ascii: "."), let folder = folders.last else { throw .missing }
            var status = stat()
            guard fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw Self.failure(errno) }
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                guard linksLeft > 0 else { throw .missing }
                linksLeft -= 1
                left += try Self.target(of: name, in: folder).reversed()
            case S_IFDIR:
                folders.append(try Self.open(name, in: folder, flags: O_DIRECTORY).file)
            case S_IFREG:
                guard left.isEmpty else { throw .missing }
                // Not blocking: the file may have been exchanged for a FIFO since.
                let found = try Self.open(name, in: folder, flags: O_NONBLOCK)
                guard found.status.st_mode & S_IFMT == S_IFREG else { throw .missing }
                return found
            default:
                throw .missing
            }
        }
        guard let folder = folders.last, let status = folder.status else { throw .failed(errno) }
        return Found(file: folder, status: status)
    }

    private static func open(_ name: String, in folder: OpenFile, flags: CInt) throws(Failure) -> Found {
        let descriptor = openat(folder.descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags)
        guard descriptor >= 0 else { throw failure(errno) }
        let file = OpenFile(owning: descriptor)
        guard let status = file.status else { throw .failed(errno) }
        return Found(file: file, status: status)
    }

    /// The names in a link's target. An absolute target leads out.
    private static func target(of name: String, in folder: OpenFile) throws(Failure) -> [String] {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = bytes.withUnsafeMutableBytes { buffer in
            // An array that is not empty has an address.
            readlinkat(folder.descriptor, name, buffer.baseAddress!, buffer.count)
        }
        guard count >= 0 else { throw failure(errno) }
        guard count < bytes.count, bytes[0] != UInt8(ascii: "/"),
            let target = String(validating: bytes[..<count], as: UTF8.self)
        else { throw .missing }
        return target.split(separator: "/").map(String.init)
    }

    private static func failure(_ code: CInt) -> Failure {
        switch code {
        case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EINVAL: .missing
        case EACCES, EPERM: .forbidden
        default: .failed(code)
        }
    }
}
