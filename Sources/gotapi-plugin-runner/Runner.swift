// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPISandbox
import Glibc
import GotAPIPluginProbes

/// The process that runs one plug-in (plugin-abi.md, "Where it runs"): `gotapi-plugin-runner ID PARENT`, started by the gateway
/// with one end of a socket pair as standard input. ID is for people who look at a list of processes; PARENT is the
/// gateway's process id.
@main
struct Runner {
    /// sysexits.h, EX_USAGE.
    private static let wrongUse: CInt = 64

    static func main() {
        let arguments = CommandLine.arguments
        // A child of `gotapi plugin check`.
        if arguments.count > 1, arguments[1] == "--check" { check(Array(arguments.dropFirst())) }
        let name = arguments.count > 1 ? arguments[1] : "plug-in"
        let parent = arguments.count > 2 ? pid_t(arguments[2]) ?? -1 : 0

        guard isStreamSocket(STDIN_FILENO) else {
            quit(
                wrongUse,
                "gotapi-plugin-runner is started by gotapi, with a socket as its standard input; it runs one plug-in")
        }
        let error = cgotapi_die_with_parent(parent)
        // The gateway is gone: nobody is left to tell.
        if error == ESRCH { _exit(0) }
        guard error == 0 else { quit(1, "prctl(PR_SET_PDEATHSIG): \(String(cString: strerror(error)))") }
        let refusal = cgotapi_no_new_privileges()
        guard refusal == 0 else { quit(1, "prctl(PR_SET_NO_NEW_PRIVS): \(String(cString: strerror(refusal)))") }
        let dump = cgotapi_not_dumpable()
        guard dump == 0 else { quit(1, "core dumps cannot be switched off: \(String(cString: strerror(dump)))") }
        let others = cgotapi_close_from(STDERR_FILENO + 1)
        guard others == 0 else { quit(1, "close_range: \(String(cString: strerror(others)))") }

        leaveSignalsToTheGateway()
        guard let socket = takeStandardInput(), let connection = Connection(socket: socket, name: name) else {
            quit(1, "no descriptors: \(String(cString: strerror(errno)))")
        }
        switch connection.run() {
        case .closed:
            end()
        case .malformed(let error):
            quit(
                1,
                "the gateway sent what is no frame (\(error)): gotapi and gotapi-plugin-runner are of different versions"
            )
        }
    }

    private static func check(_ arguments: [String]) -> Never {
        let words = "gotapi-plugin-runner --check is started by gotapi plugin check"
        guard let checker = PluginProbe.checker(in: arguments) else { quit(wrongUse, words) }
        // Fails where the checker is gone: then there is nothing to do.
        guard cgotapi_die_with_parent(checker) == 0 else { _exit(0) }
        let refusal = cgotapi_no_new_privileges()
        guard refusal == 0 else { quit(1, "prctl(PR_SET_NO_NEW_PRIVS): \(String(cString: strerror(refusal)))") }
        let dump = cgotapi_not_dumpable()
        guard dump == 0 else { quit(1, "core dumps cannot be switched off: \(String(cString: strerror(dump)))") }
        let others = cgotapi_close_from(STDERR_FILENO + 1)
        guard others == 0 else { quit(1, "close_range: \(String(cString: strerror(others)))") }
        let memory = cgotapi_limit_data(checkedMemory)
        guard memory == 0 else { quit(1, "RLIMIT_DATA: \(String(cString: strerror(memory)))") }
        guard let probe = PluginProbe(arguments: arguments) else { quit(wrongUse, words) }
        probe.run()
    }

    /// In bytes: the 256 MiB that a gateway gives if its owner says nothing else, 64 for this program, which drives the
    /// plug-in in the same process, and the stacks of threads, 8 each, most of which is never used but counts.
    private static var checkedMemory: UInt64 {
        let stacks = UInt64(max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) + 8) * 8 << 20
        return (256 + 64) << 20 + stacks
    }

    private static func isStreamSocket(_ descriptor: CInt) -> Bool {
        var type: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM.rawValue
    }

    /// The gateway decides when a runner ends: it closes the socket, or kills it. A Ctrl-C goes to every process of the
    /// terminal, and a service manager's SIGTERM to every process of the service; both mean the gateway, which answers what is
    /// in flight first, and for that the plug-ins have to be alive. SIGPIPE: writing to a pipe that is gone is an error, not an
    /// end.
    ///
    /// A handler that does nothing, rather than SIG_IGN: programs that a plug-in starts would inherit that (execve(2)).
    private static func leaveSignalsToTheGateway() {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { signal(number) { _ in } }
    }

    /// Moves the socket away from where the plug-in, or a program that it starts, would read from it.
    private static func takeStandardInput() -> CInt? {
        let socket = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
        guard socket >= 0 else { return nil }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard null >= 0, dup2(null, STDIN_FILENO) == STDIN_FILENO else { return nil }
        close(null)
        return socket
    }

    /// Ends, and with this process the programs that the plug-in has started and left running: the gateway, which else
    /// sees to that, may be gone. They are in this process's group, if it leads one; another's is none of its business.
    private static func end() -> Never {
        if getpgrp() == getpid() { kill(0, SIGKILL) }
        // Not exit(3): static destructors under a plug-in's live threads crash now and then.
        _exit(0)
    }

    private static func quit(_ status: CInt, _ message: String) -> Never {
        let line = Array((message + "\n").utf8)
        _ = write(STDERR_FILENO, line, line.count)
        _exit(status)
    }
}
