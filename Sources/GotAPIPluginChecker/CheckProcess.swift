// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPIPluginHost

/// A child process of the checker, in a process group of its own, without input, with a time limit.
struct CheckProcess {
    enum End: Equatable {
        case ended(ProcessEnd)
        /// It stopped itself (SIGSTOP), and was killed.
        case stopped
        /// It took too long, and was killed.
        case timedOut
        /// It could not be started; an errno value.
        case notStarted(Int32)
    }

    let path: String
    let arguments: [String]
    let environment: [String]
    /// Where what it prints goes.
    let output: String

    /// Runs it to its end, then ends what is left of its group. Blocks the thread: at most `limit` milliseconds.
    func run(limit: UInt64) -> End {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var process = pid_t()
        let error = Self.withCStrings([path] + arguments) { arguments in
            Self.withCStrings(environment) { posix_spawn(&process, path, &actions, &attributes, arguments, $0) }
        }
        guard error == 0 else { return .notStarted(error) }
        return wait(for: process, limit: limit)
    }

    private func wait(for process: pid_t, limit: UInt64) -> End {
        let begin = Self.now
        while true {
            var status: Int32 = 0
            let result = waitpid(process, &status, WNOHANG | WUNTRACED)
            if result == process, status & 0xff != 0x7f {
                kill(-process, SIGKILL)
                return .ended(ProcessEnd(waitStatus: status))
            }
            let isStopped = result == process
            if isStopped || Self.now - begin > limit || result < 0 && errno != EINTR {
                kill(-process, SIGKILL)
                while waitpid(process, &status, 0) < 0 && errno == EINTR { continue }
                return isStopped ? .stopped : .timedOut
            }
            usleep(2_000)
        }
    }

    /// Milliseconds on CLOCK_MONOTONIC.
    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// Calls `body` with the texts as C has them, for the length of the call; a NULL stands at the end.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
