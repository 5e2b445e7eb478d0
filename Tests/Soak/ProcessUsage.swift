// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPITesting

/// What a process takes from the machine at one moment: proc_pid_fd(5), proc_pid_task(5), proc_pid_statm(5).
struct ProcessUsage: Sendable, CustomStringConvertible {
    let descriptors: Int
    let threads: Int
    /// Resident memory in bytes, without the pages of files: the kernel drops those when it needs them, and an image that is
    /// mapped for good would else count with its whole text.
    let memory: Int

    init(of pid: Int32) throws {
        descriptors = try Self.entries(of: "/proc/\(pid)/fd")
        threads = try Self.entries(of: "/proc/\(pid)/task")
        let pages = try Self.text(of: "/proc/\(pid)/statm").split(separator: " ")
        guard pages.count > 2, let resident = Int(pages[1]), let ofFiles = Int(pages[2]) else {
            throw TestConnectionError(description: "/proc/\(pid)/statm: \(pages)")
        }
        memory = (resident - ofFiles) * sysconf(CInt(_SC_PAGESIZE))
    }

    var description: String { "\(descriptors) descriptors, \(threads) threads, \(memory >> 10) KiB" }

    /// What a process has used of all processors since its start: proc_pid_stat(5).
    static func processorTime(of pid: Int32) throws -> Duration {
        // The name in parentheses may hold anything.
        let text = try text(of: "/proc/\(pid)/stat")
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else {
            throw TestConnectionError(description: "/proc/\(pid)/stat: \(text)")
        }
        return .seconds(Double(user + system) / Double(sysconf(CInt(_SC_CLK_TCK))))
    }

    private static func entries(of folder: String) throws -> Int {
        guard let stream = opendir(folder) else { throw failure(folder) }
        defer { closedir(stream) }
        var count = 0
        while let entry = readdir(stream) {
            // "." and ".." are no entries; all others are numbers.
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }

    private static func text(of file: String) throws -> String {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(file) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { throw failure(file) }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    private static func failure(_ path: String) -> TestConnectionError {
        TestConnectionError(description: "\(path): \(String(cString: strerror(errno)))")
    }
}
