// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPISandbox
import Glibc
import NIOConcurrencyHelpers

/// The control group that this process may divide, found once: the one that a service manager has delegated to it
/// (systemd.resource-control(5), `Delegate=`), or that an administrator has given its user.
struct ControlGroupDelegation: Sendable {
    /// Why there is none, in words for the owner.
    struct Missing: Error, Sendable, Equatable {
        let reason: String
    }

    /// The one of this process. The first use moves it into a group of its own below the delegated one, since a group that
    /// has processes cannot have groups with limits.
    static let shared = Result { () throws(Missing) in
        try ControlGroupDelegation(
            mounts: SystemFile.read("/proc/self/mountinfo"), own: SystemFile.read("/proc/self/cgroup"))
    }

    private static let prefix = "gotapi-plugin-"
    private static let lastNumber = NIOLockedValueBox(0)

    /// The folder that groups are made in.
    let folder: String

    /// - Parameters:
    ///   - mounts: the text of proc_pid_mountinfo(5).
    ///   - own: the text of `/proc/self/cgroup`.
    ///   - hasServiceManager: whether systemd manages the groups; then only those are ours that it marks as delegated.
    init(
        mounts: String, own: String, hasServiceManager: Bool = access("/run/systemd/system", F_OK) == 0
    ) throws(Missing) {
        let current = try Self.ownFolder(mounts: mounts, own: own)
        let isSubgroup = current.hasSuffix("/gotapi-gateway")
        let candidate = isSubgroup ? String(current.dropLast("/gotapi-gateway".count)) : current
        guard !hasServiceManager || cgotapi_is_delegated(candidate) != 0 else {
            throw Missing(reason: "its control group is not delegated to it (systemd: Delegate=memory pids)")
        }
        guard access(candidate, W_OK) == 0, access(candidate + "/cgroup.subtree_control", W_OK) == 0 else {
            throw Missing(reason: "its control group may not be divided by it")
        }
        let controllers = Self.words(in: candidate + "/cgroup.controllers")
        guard controllers.isSuperset(of: ["memory", "pids"]) else {
            throw Missing(reason: "its control group lacks the controllers memory and pids")
        }
        do throws(SystemError) {
            if !isSubgroup { try Self.moveInto(candidate + "/gotapi-gateway") }
            try ControlGroup.write("+memory +pids", to: candidate + "/cgroup.subtree_control")
        } catch {
            throw Missing(reason: "its control group cannot be divided: \(error)")
        }
        folder = candidate
        removeLeftovers()
    }

    /// Makes a group for one process.
    func makeGroup(_ limits: ControlGroup.Limits) throws(SystemError) -> ControlGroup {
        let number = Self.lastNumber.withLockedValue {
            $0 += 1
            return $0
        }
        return try ControlGroup.make("\(folder)/\(Self.prefix)\(getpid())-\(number)", limits)
    }

    /// The folder of this process's own group.
    static func ownFolder(mounts: String, own: String) throws(Missing) -> String {
        // "0::/path": version 2 has the number 0 and no controllers in its line.
        guard let line = own.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
            throw Missing(reason: "this system has no control groups of version 2")
        }
        let path = String(line.dropFirst(3))
        // ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS … - TYPE SOURCE OPTIONS
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), words.count > dash + 1, words[dash + 1] == "cgroup2", dash > 5
            else { continue }
            let root = words[3] == "/" ? "" : String(words[3])
            guard path == root || path.hasPrefix(root + "/") else { continue }
            let rest = String(path.dropFirst(root.count))
            return words[4] + (rest == "/" ? "" : rest)
        }
        throw Missing(reason: "its control group is not mounted")
    }

    private static func moveInto(_ folder: String) throws(SystemError) {
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw SystemError() }
        try ControlGroup(folder: folder).add(getpid())
    }

    private static func words(in file: String) -> Set<String> {
        Set(SystemFile.read(file).split { $0 == " " || $0 == "\n" }.map(String.init))
    }

    /// Groups of gateways that were killed: their processes are gone with them, or are ended now.
    private func removeLeftovers() {
        // What cannot be listed cannot be removed either.
        let names = (try? FileDescriptor(opening: folder, O_RDONLY | O_DIRECTORY).names()) ?? []
        for name in names where name.hasPrefix(Self.prefix) {
            guard let owner = name.dropFirst(Self.prefix.count).split(separator: "-").first.flatMap({ Int32($0) }),
                kill(owner, 0) != 0, errno == ESRCH
            else { continue }
            ControlGroup(folder: folder + "/" + name).end()
        }
    }
}
