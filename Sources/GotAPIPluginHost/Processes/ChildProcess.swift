// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPISandbox
import Glibc
import NIOConcurrencyHelpers

/// A plug-in's process, from its start until it is reaped.
///
/// It leads a process group: programs that it has started end with it, however it ends itself. Those that have left the
/// group (setsid(2), setpgid(2)) end with it where it has a control group, else they stay.
final class ChildProcess: Sendable {
    /// What is to be started.
    struct Command: Sendable, Equatable {
        var path: String
        /// Behind the program's own name.
        var arguments: [String]
        /// `NAME=value`
        var environment: [String]
        /// The working folder.
        var folder: String
        /// What the process gets a control group for; `nil`: it gets none.
        var limits: ControlGroup.Limits?
    }

    /// A started process and our ends of its socket and its output; the caller owns the two.
    struct Started: Sendable {
        let process: ChildProcess
        let socket: Int32
        let output: Int32
    }

    let pid: Int32
    private let group: ControlGroup?
    /// True once the process is reaped: its number may then belong to another one.
    private let isReaped = NIOLockedValueBox(false)

    private init(pid: Int32, group: ControlGroup?) {
        self.pid = pid
        self.group = group
    }

    /// Starts a process. Call it on ``SpawnThread``. It is in its control group before anything can be sent to it.
    ///
    /// - Parameter onEnd: called once, on a thread of its own, after the process was reaped.
    static func start(
        _ command: Command, onEnd: @escaping @Sendable (ProcessEnd) -> Void
    ) throws(SystemError) -> Started {
        let group = try makeGroup(for: command)
        var spawned = cgotapi_spawned()
        let name = command.path.split(separator: "/").last.map(String.init) ?? command.path
        let error = withCStrings([name] + command.arguments) { arguments in
            withCStrings(command.environment) { environment in
                cgotapi_spawn(command.path, arguments, environment, command.folder, &spawned)
            }
        }
        guard error == 0 else {
            group?.end()
            throw SystemError(error)
        }
        let process = ChildProcess(pid: spawned.pid, group: group)
        do throws(SystemError) {
            try group?.add(spawned.pid)
            try Thread.detach(name: "plugin-wait", stackSize: 128 << 10) { onEnd(process.waitAndReap()) }
        } catch {
            // Without its limits it must not run, and without a thread that waits for it it would never be reaped.
            process.send(SIGKILL)
            _ = process.waitAndReap()
            close(spawned.socket)
            close(spawned.output)
            throw error
        }
        return Started(process: process, socket: spawned.socket, output: spawned.output)
    }

    private static func makeGroup(for command: Command) throws(SystemError) -> ControlGroup? {
        guard let limits = command.limits, case .success(let delegation) = ControlGroupDelegation.shared else {
            return nil
        }
        return try delegation.makeGroup(limits)
    }

    /// Sends a signal (kill(2)), unless the process is gone.
    func send(_ signal: Int32) {
        isReaped.withLockedValue { isReaped in
            guard !isReaped else { return }
            // Fails only for a process that is gone; until it is reaped that one stays ours.
            _ = kill(pid, signal)
        }
    }

    /// Sends a signal to the process and the programs that it has started (its group).
    func sendToAll(_ signal: Int32) {
        isReaped.withLockedValue { isReaped in
            if !isReaped { _ = kill(-pid, signal) }
        }
    }

    /// Waits for this process alone; other children are left to whoever started them (waitid(2), waitpid(2)).
    private func waitAndReap() -> ProcessEnd {
        defer { group?.end() }
        var info = siginfo_t()
        // Looks without reaping, so that reaping and `send` can exclude each other.
        var outcome: Int32
        repeat { outcome = waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) } while outcome != 0 && errno == EINTR
        return isReaped.withLockedValue { [hasEnded = outcome == 0] isReaped in
            isReaped = true
            // Until it is reaped nobody else's process or group has its number. ESRCH is impossible: it is a member itself.
            if hasEnded { _ = kill(-pid, SIGKILL) }
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 {
                // Somebody else reaped it, against the rules: it is gone all the same.
                guard errno == EINTR else { return .exited(status: 255) }
            }
            return ProcessEnd(waitStatus: status)
        }
    }
}

/// Calls `body` with the texts as C has them: pointers to NUL-terminated texts, and a NULL at the end. They live for
/// the call.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    // strdup(3) fails only where no memory is left; the list would end early.
    var pointers = texts.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the list has at least its end") }
        return body(base)
    }
}
