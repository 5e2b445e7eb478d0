// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// What this process holds, as proc(5) says.
enum ProcessCounts {
    static var threads: Int { entries(of: "/proc/self/task") }

    static var descriptors: Int { entries(of: "/proc/self/fd") }

    /// Resident memory in bytes; 0 where /proc is missing.
    static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "re") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        guard fgets(&buffer, CInt(buffer.count), file) != nil else { return 0 }
        let words = buffer.split(separator: CChar(UInt8(ascii: " ")))
        guard words.count > 1 else { return 0 }
        let pages = Int(String(decoding: words[1].map { UInt8(bitPattern: $0) }, as: UTF8.self)) ?? 0
        return pages * Int(sysconf(CInt(_SC_PAGESIZE)))
    }

    private static func entries(of path: String) -> Int {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }
}
