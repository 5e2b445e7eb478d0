// Swift GotAPI · SPDX-License-Identifier: MIT

/// How a process ended, or why its end was brought about.
package enum ProcessEnd: Sendable, Equatable, CustomStringConvertible {
    case exited(status: Int32)
    case signalled(Int32)

    /// Reads the status of waitpid(2).
    package init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited(status: (waitStatus >> 8) & 0xff) : .signalled(signal)
    }

    package var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal):
            // signal(7): the numbers are the same on all our machines.
            switch signal {
            case 4: "was ended by signal 4 (SIGILL: illegal instruction, or a failed check)"
            case 5: "was ended by signal 5 (SIGTRAP: a failed check)"
            case 6: "was ended by signal 6 (SIGABRT: it aborted)"
            case 7: "was ended by signal 7 (SIGBUS: memory that is not there)"
            case 8: "was ended by signal 8 (SIGFPE: arithmetic error)"
            case 9: "was ended by signal 9 (SIGKILL)"
            case 11: "was ended by signal 11 (SIGSEGV: invalid memory access)"
            case 15: "was ended by signal 15 (SIGTERM)"
            case 31: "was ended by signal 31 (SIGSYS: a forbidden system call)"
            default: "was ended by signal \(signal)"
            }
        }
    }
}
