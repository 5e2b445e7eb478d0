// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// One plug-in's control group (cgroups(7), version 2): its limits hold for the process and all that it starts, wherever that
/// goes, and all of it can be ended at once.
struct ControlGroup: Sendable, Equatable {
    /// What a plug-in may have.
    struct Limits: Sendable, Equatable {
        /// In bytes.
        var memory: UInt64
        /// Processes and threads.
        var processes: UInt64
    }

    /// How long ``end()`` waits for processes that were killed.
    private static let patience: Int32 = 1_000

    let folder: String

    /// Makes a group; the folder above it has the controllers switched on.
    static func make(_ folder: String, _ limits: Limits) throws(SystemError) -> ControlGroup {
        guard mkdir(folder, 0o755) == 0 else { throw SystemError() }
        let group = ControlGroup(folder: folder)
        do throws(SystemError) {
            try write("\(limits.memory)", to: folder + "/memory.max")
            try write("\(limits.processes)", to: folder + "/pids.max")
            // Swapped-out memory shall not come on top. There is no such file where the kernel does not count it.
            do throws(SystemError) { try write("0", to: folder + "/memory.swap.max") } catch {
                guard error.number == ENOENT else { throw error }
            }
            return group
        } catch {
            rmdir(folder)
            throw error
        }
    }

    /// Moves a process into the group, with what it starts from then on.
    func add(_ pid: Int32) throws(SystemError) { try Self.write("\(pid)", to: folder + "/cgroup.procs") }

    /// Kills what is in the group and removes it. Blocks until the processes are gone, ``patience`` at most; a group that
    /// cannot be removed is left to the gateway's next start.
    func end() {
        // cgroup.kill came with Linux 5.14; before, each process is killed, until no new one is found.
        for _ in 0..<100 {
            do throws(SystemError) { try Self.write("1", to: folder + "/cgroup.kill") } catch {
                for pid in processes { _ = kill(pid, SIGKILL) }
            }
            guard waitUntilEmpty() else { return }
            if rmdir(folder) == 0 || errno != EBUSY { return }
        }
    }

    private var processes: [Int32] {
        SystemFile.read(folder + "/cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
    }

    /// The kernel signals POLLPRI where cgroup.events changes.
    private func waitUntilEmpty() -> Bool {
        let events = open(folder + "/cgroup.events", O_RDONLY | O_CLOEXEC)
        guard events >= 0 else { return true }
        defer { close(events) }
        for _ in 0..<10 {
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = pread(events, &bytes, bytes.count, 0)
            let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            guard text.split(separator: "\n").contains("populated 1") else { return true }
            var entry = pollfd(fd: events, events: Int16(POLLPRI), revents: 0)
            _ = poll(&entry, 1, Self.patience / 10)
        }
        return false
    }

    /// One write(2), as these files want it.
    static func write(_ text: String, to path: String) throws(SystemError) {
        let file = try FileDescriptor(opening: path, O_WRONLY)
        var text = text
        let error = text.withUTF8 { bytes -> Int32 in
            Glibc.write(file.number, bytes.baseAddress, bytes.count) == bytes.count ? 0 : errno
        }
        guard error == 0 else { throw SystemError(error) }
    }
}
