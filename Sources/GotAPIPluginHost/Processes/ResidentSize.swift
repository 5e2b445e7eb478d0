// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// What a process has in memory: proc_pid_statm(5).
enum ResidentSize {
    /// - Returns: bytes, or `nil` where the process is gone.
    static func bytes(of pid: Int32) -> UInt64? {
        // Pages: the program's size, then what is resident.
        let fields = SystemFile.read("/proc/\(pid)/statm").split(separator: " ")
        guard fields.count > 1 else { return nil }
        return UInt64(fields[1]).map { $0 * UInt64(sysconf(CInt(_SC_PAGESIZE))) }
    }
}
