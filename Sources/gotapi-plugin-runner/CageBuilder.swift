// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPISandbox
import Glibc
import GotAPICore

/// Puts a ``Cage`` in force, in this process and all that it starts, and says what became of each part. What the kernel does
/// not have is a line in the report, not a failure.
///
/// While the process has one thread only, since most of it holds for the calling thread alone.
struct CageBuilder {
    private let cage: Cage
    private var features: [CageFeature] = []

    /// - Returns: the report, in the order in which the parts took effect.
    static func build(_ cage: Cage) -> [CageFeature] {
        var builder = CageBuilder(cage: cage)
        builder.reportWhatHoldsAlready()
        builder.limitMemory()
        builder.limitProcesses()
        builder.closeFiles()
        builder.filterCalls()
        return builder.features
    }

    private init(cage: Cage) { self.cage = cage }

    private mutating func report(_ name: String, _ state: CageFeature.State, _ line: String) {
        features.append(CageFeature(name, state, line))
    }

    private static func words(_ error: CInt) -> String { String(cString: strerror(error)) }

    /// ``Runner`` has seen to these before it read anything; it ends where one fails.
    private mutating func reportWhatHoldsAlready() {
        report("privileges", .active, "no program that it starts gets more rights (no new privileges)")
        report(
            "lifetime", .active, "ends with the gateway; programs that it starts do so where the gateway ends in order")
        report("descriptors", .active, "has none that it was not given")
        report("dumps", .active, "no core dumps, no tracing by other processes of its user (not dumpable)")
    }

    // MARK: - Limits

    private mutating func limitMemory() {
        let limit = "\(cage.memoryLimit >> 20) MiB"
        guard case .process(let reason) = cage.limiter else {
            return report("memory", .active, "\(limit) with all that it starts (cgroup)")
        }
        // Counts what is reserved, for the stacks of threads 8 MiB each, most of which is never used: hence room for these.
        // What is really used the gateway watches.
        let stacks = UInt64(max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) + 8) * 8 << 20
        let error = cgotapi_limit_data(Self.dataSize() + cage.memoryLimit + stacks)
        guard error == 0 else {
            return report("memory", .unavailable, "RLIMIT_DATA: \(Self.words(error)); no cgroup: \(reason)")
        }
        report(
            "memory", .partial,
            "\(limit) and \(stacks >> 20) MiB for stacks (RLIMIT_DATA), for each process alone; no cgroup: \(reason)")
    }

    private mutating func limitProcesses() {
        guard case .process(let reason) = cage.limiter else {
            return report("processes", .active, "\(cage.processLimit) processes and threads (cgroup)")
        }
        guard geteuid() != 0 else {
            return report("processes", .unavailable, "RLIMIT_NPROC does not bind root; no cgroup: \(reason)")
        }
        // It counts all that this user runs, a desktop too. So many as the whole machine has just now can always be had.
        guard let tasks = Self.taskCount() else {
            return report("processes", .unavailable, "the number of tasks is not known; no cgroup: \(reason)")
        }
        var value = tasks + cage.processLimit
        let error = cgotapi_limit_processes(&value)
        guard error == 0 else {
            return report("processes", .unavailable, "RLIMIT_NPROC: \(Self.words(error)); no cgroup: \(reason)")
        }
        report(
            "processes", .partial,
            "none beyond \(value) processes and threads of this user, the gateway's and others' included (RLIMIT_NPROC); "
                + "no cgroup: \(reason)")
    }

    /// What this process has of what RLIMIT_DATA counts, in bytes; 0 where /proc is not there. proc_pid_status(5), `VmData`.
    private static func dataSize() -> UInt64 {
        let lines = readFile("/proc/self/status").split(separator: 0x0a)
        guard let line = lines.first(where: { $0.starts(with: "VmData:".utf8) }) else { return 0 }
        let digits = line.filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return (UInt64(String(decoding: digits, as: UTF8.self)) ?? 0) << 10
    }

    /// How many processes and threads the system has: the number behind the slash of proc_loadavg(5).
    private static func taskCount() -> UInt64? {
        let words = readFile("/proc/loadavg").split(separator: UInt8(ascii: " "))
        guard words.count > 3, let count = words[3].split(separator: UInt8(ascii: "/")).last else { return nil }
        return UInt64(String(decoding: count, as: UTF8.self))
    }

    /// The beginning of a small file; empty where it cannot be read.
    private static func readFile(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    // MARK: - Files

    private mutating func closeFiles() {
        var version: CInt = 0
        let missing = cgotapi_landlock_version(&version)
        var rules: CInt = -1
        var error = missing
        if error == 0 { error = cgotapi_landlock_begin(version, cage.deniesNetwork ? 1 : 0, &rules) }
        var leftOut: [String] = []
        if error == 0 {
            for path in cage.paths {
                let code = cgotapi_landlock_allow(rules, version, path.path, path.access.rawValue)
                // What cannot be named is closed; only what is not there at all is not worth a word.
                if code != 0, code != ENOENT, code != ENOTDIR { leftOut.append(path.path) }
            }
            error = cgotapi_landlock_enforce(rules)
        }
        guard error == 0 else {
            let reason = missing == 0 ? "Landlock: \(Self.words(error))" : "this kernel has no Landlock (Linux 5.13)"
            report("files", .unavailable, reason)
            report("signals", .unavailable, reason)
            if cage.deniesDevices { report("devices", .unavailable, reason) }
            return
        }
        let basis = "Landlock \(version)"
        if leftOut.isEmpty {
            let open = "its own, and the system's libraries and settings"
            if version >= 3 {
                report("files", .active, "\(open) (\(basis))")
            } else {
                report("files", .partial, "\(open); others can be truncated (\(basis); 3: Linux 6.2)")
            }
        } else {
            report("files", .partial, "closed besides the rest: \(leftOut.joined(separator: ", ")) (\(basis))")
        }
        if version >= 6 {
            report("signals", .active, "none to processes that it did not start (\(basis))")
        } else {
            report("signals", .unavailable, "those of its user can be sent any (\(basis); 6: Linux 6.12)")
        }
        if cage.deniesDevices { report("devices", .active, "denied (\(basis))") }
    }

    // MARK: - System calls

    private mutating func filterCalls() {
        var denied: UInt32 = 0
        if cage.deniesNetwork { denied |= UInt32(CGOTAPI_DENY_NETWORK) }
        if cage.deniesDevices { denied |= UInt32(CGOTAPI_DENY_DEVICES) }
        let error = cgotapi_filter_calls(denied)
        guard error == 0 else {
            let reason = "seccomp: \(Self.words(error))"
            report("calls", .unavailable, reason)
            guard cage.deniesNetwork else { return }
            var version: CInt = 0
            if cgotapi_landlock_version(&version) == 0, version >= 4 {
                report("network", .partial, "TCP is denied (Landlock \(version)), all else is not; \(reason)")
            } else {
                report("network", .unavailable, reason)
            }
            return
        }
        report("calls", .active, "tracing, mounting, namespaces, kernel modules and the like are refused (seccomp)")
        if cage.deniesNetwork { report("network", .active, "denied, but for Unix sockets (seccomp)") }
    }
}
