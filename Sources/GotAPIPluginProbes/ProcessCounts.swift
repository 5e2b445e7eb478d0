// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// What this process holds, as proc(5) says.
enum ProcessCounts {
    static var threads: Int { entries(of: "/proc/self/task") }

    static var descriptors: Int { entries(of: "/proc/self/fd") }

    /// Programs that this process has started and that are there yet; 0 where the system does not say.
    static var children: Int {
        guard let folder = opendir("/proc/self/task") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix("."), let file = fopen("/proc/self/task/\(name)/children", "re") else { continue }
            defer { fclose(file) }
            // Numbers, each with a space behind it.
            while case let byte = fgetc(file), byte != EOF { if byte == CInt(UInt8(ascii: " ")) { count += 1 } }
        }
        return count
    }

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
