// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Who may use the control socket, by what the kernel says of the process that connected.
struct ControlPeer: Sendable, Equatable {
    /// 0 where it is in another process namespace.
    let process: pid_t
    let user: uid_t

    /// Longer chains of parents do not exist but by intention.
    private static let maximumDepth = 64

    /// The gateway's user and root; but none of the processes that the gateway itself has started, which are plug-ins and
    /// what these have started.
    ///
    /// - Parameters:
    ///   - owner: the gateway's user.
    ///   - gateway: its process.
    ///   - parentOf: the parent of a process, or `nil` where it is not known.
    func isAdmitted(owner: uid_t, gateway: pid_t, parentOf: (pid_t) -> pid_t? = Self.parent(of:)) -> Bool {
        guard user == owner || user == 0 else { return false }
        // The key decides alone where there is nothing to go by.
        guard process > 0, process != gateway else { return true }
        var current = process
        for _ in 0..<Self.maximumDepth {
            // Above the process itself, what cannot be seen belongs to others.
            guard let parent = parentOf(current) else { return current != process }
            if parent == gateway { return false }
            if parent <= 1 { return true }
            current = parent
        }
        return false
    }

    /// proc_pid_stat(5): the fourth field, behind the name in parentheses, which may contain anything.
    private static func parent(of process: pid_t) -> pid_t? {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(descriptor, &bytes, bytes.count)
        let text = bytes.prefix(max(0, count))
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? pid_t(String(decoding: fields[1], as: UTF8.self)) : nil
    }
}
