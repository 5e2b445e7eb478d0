// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Follows a path of the system as the kernel does (path_resolution(7)), and checks each folder and each symbolic link that
/// leads on before it is followed: realpath(3) would say only where it ends.
struct SystemPath {
    /// As the kernel's (`MAXSYMLINKS`).
    private static let maximumLinks = 40

    /// Where it leads: absolute, without symbolic links.
    private(set) var resolved = ""
    private let rule: TrustRule
    private var links = 0

    /// - Throws: ``LoadFailure`` with `UNSAFE_PERMISSIONS` where others can change where the path leads, with
    ///   `MISSING_LIBRARY` where it leads nowhere, or with `COPY_FAILED`.
    init(following path: String, rule: TrustRule) throws(LoadFailure) {
        self.rule = rule
        try follow(path, of: path.printable)
    }

    /// Follows a path from ``resolved`` on, or from the root.
    private mutating func follow(_ path: String, of words: String) throws(LoadFailure) {
        if path.hasPrefix("/") {
            resolved = ""
        }
        for component in path.split(separator: "/") where component != "." {
            if component == ".." {
                // What is resolved is a folder without links: its name can be taken away.
                resolved = String(resolved[..<(resolved.lastIndex(of: "/") ?? resolved.startIndex)])
                continue
            }
            let folder = resolved.isEmpty ? "/" : resolved
            let folderStatus = try Self.status(of: folder)
            guard folderStatus.isFolder else { throw LoadFailure(.missingLibrary, "\(folder.printable) is no folder") }
            try rule.checkAbove(folderStatus, path: folder, of: words)
            let next = resolved + "/" + component
            let status = try Self.status(of: next)
            guard status.isSymbolicLink else {
                resolved = next
                continue
            }
            // In a sticky folder others can have links of their own.
            try rule.checkOwner(status, path: next)
            links += 1
            guard links <= Self.maximumLinks else {
                throw LoadFailure(.missingLibrary, "\(next.printable) leads nowhere: there are too many symbolic links")
            }
            try follow(try Self.target(of: next), of: words)
        }
    }

    private static func status(of path: String) throws(LoadFailure) -> stat {
        var status = stat()
        // lstat(2)
        guard lstat(path, &status) == 0 else { throw .unreadable(path, SystemError()) }
        return status
    }

    /// readlink(2)
    private static func target(of path: String) throws(LoadFailure) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        guard count > 0 else { throw .unreadable(path, SystemError()) }
        return String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
