// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Who may own and write what leads to a plug-in's library: plugin-abi.md, "Loading", step 1.
///
/// Whoever can write one of these can run code as the gateway's user.
struct TrustRule {
    private let user: uid_t
    /// The user's private group: its only member is the user, so what it may write nobody else may.
    private let privateGroup: gid_t?

    init(user: uid_t = geteuid()) {
        self.user = user
        privateGroup = Self.privateGroup(of: user)
    }

    init(user: uid_t, privateGroup: gid_t?) {
        self.user = user
        self.privateGroup = privateGroup
    }

    /// The rule for a library, its companions, their signatures, its folder and the plug-ins' folder, and for the trust
    /// folder and its files.
    func check(_ status: stat, path: String) throws(LoadFailure) {
        try checkOwner(status, path: path)
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw LoadFailure(
                .unsafePermissions,
                "\(path.printable) can be written by others (mode \(Self.octal(status.st_mode))); "
                    + "run: chmod go-w '\(path.printable)'")
        }
    }

    /// The rule for the folders above the plug-ins' folder, or above another one that is named in words.
    func checkAbove(_ status: stat, path: String, of folder: String = "the plug-ins' folder") throws(LoadFailure) {
        try checkOwner(status, path: path)
        // In a sticky folder others cannot replace what is ours.
        guard status.st_mode & S_ISVTX == 0 else { return }
        let isSafeForGroup = status.st_mode & S_IWGRP == 0 || status.st_gid == privateGroup
        guard isSafeForGroup, status.st_mode & S_IWOTH == 0 else {
            throw LoadFailure(
                .unsafePermissions,
                "\(path.printable), above \(folder), can be written by others "
                    + "(mode \(Self.octal(status.st_mode))); run: chmod go-w '\(path.printable)'")
        }
    }

    /// Checks every folder above `path`, from the root down. What was checked cannot be exchanged by others any more.
    ///
    /// - Parameters:
    ///   - path: absolute and without symbolic links, as realpath(3) gives it.
    ///   - words: what that folder is, in words.
    func checkFolders(above path: String, of words: String = "the plug-ins' folder") throws(LoadFailure) {
        var prefix = ""
        for component in path.split(separator: "/") {
            let folder = prefix.isEmpty ? "/" : prefix
            var status = stat()
            guard lstat(folder, &status) == 0 else {
                throw LoadFailure(.copyFailed, "\(folder.printable) cannot be looked at: \(SystemError())")
            }
            guard status.isFolder else {
                throw LoadFailure(.unsafePermissions, "\(folder.printable) is no folder any more")
            }
            try checkAbove(status, path: folder, of: words)
            prefix += "/" + component
        }
    }

    /// The rule for the owner alone, as of a symbolic link, which has no permissions of its own.
    func checkOwner(_ status: stat, path: String) throws(LoadFailure) {
        guard status.st_uid == 0 || status.st_uid == user else {
            let owners = user == 0 ? "root" : "root or to the gateway's user (\(user))"
            throw LoadFailure(
                .unsafePermissions,
                "\(path.printable) belongs to user \(status.st_uid); it must belong to \(owners); "
                    + "run: chown \(user == 0 ? "root" : "\(user)") '\(path.printable)'")
        }
    }

    private static func octal(_ mode: mode_t) -> String { "0" + String(mode & 0o7777, radix: 8) }

    /// getpwuid_r(3), getgrgid_r(3)
    private static func privateGroup(of user: uid_t) -> gid_t? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 80 << 10) { texts -> gid_t? in
            guard let userText = texts.baseAddress else { return nil }
            let userRoom = 16 << 10
            let groupText = userText.advanced(by: userRoom)
            let groupRoom = texts.count - userRoom
            var account = passwd()
            var accountFound: UnsafeMutablePointer<passwd>?
            guard getpwuid_r(user, &account, userText, userRoom, &accountFound) == 0, accountFound != nil else {
                return nil
            }
            var entry = group()
            var entryFound: UnsafeMutablePointer<group>?
            guard getgrgid_r(account.pw_gid, &entry, groupText, groupRoom, &entryFound) == 0, entryFound != nil,
                strcmp(entry.gr_name, account.pw_name) == 0
            else { return nil }
            var member = entry.gr_mem
            while let name = member?.pointee {
                guard strcmp(name, account.pw_name) == 0 else { return nil }
                member = member?.advanced(by: 1)
            }
            return account.pw_gid
        }
    }
}
