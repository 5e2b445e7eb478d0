// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// What a process has in memory: proc_pid_statm(5).
enum ResidentSize {
    /// - Returns: bytes, or `nil` where the process is gone.
    static func bytes(of pid: Int32) -> UInt64? {
        guard let file = try? FileDescriptor(opening: "/proc/\(pid)/statm", O_RDONLY) else { return nil }
        let bytes = withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer -> [UInt8]? in
            guard let count = try? file.read(into: buffer) else { return nil }
            return Array(buffer.prefix(count))
        }
        // Pages: the program's size, then what is resident.
        guard let fields = bytes?.split(separator: UInt8(ascii: " ")), fields.count > 1 else { return nil }
        return UInt64(String(decoding: fields[1], as: UTF8.self)).map { $0 * UInt64(sysconf(CInt(_SC_PAGESIZE))) }
    }
}
