// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// What a SIGHUP means: the terminal that we were started on has closed, or somebody wants a reload (plugin-abi.md,
/// "Reload", step 0).
///
/// The kernel takes the terminal away from us in the moment in which it sends the signal. One that has been away for longer,
/// since we were left running on purpose (nohup(1), `disown`), is no reason to end.
struct TerminalWatch: Sendable, Equatable {
    enum Meaning: Sendable {
        case reload
        case terminalClosed
    }

    private var hasTerminal: Bool
    private var wasAway = false

    /// - Parameter hasTerminal: false, too, where SIGHUP was ignored when we were started: nohup(1) wants us to stay.
    init(hasTerminal: Bool) { self.hasTerminal = hasTerminal }

    /// To be called once a second. Only at the second look is it away for longer.
    mutating func look(isThere: Bool) {
        if !isThere, wasAway { hasTerminal = false }
        wasAway = !isThere
    }

    func hangUp(isThere: Bool) -> Meaning { hasTerminal && !isThere ? .terminalClosed : .reload }

    /// Whether this process has a controlling terminal: tty(4). One that cannot be asked for, without a descriptor left for
    /// example, is there.
    static var isThere: Bool {
        let descriptor = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return errno != ENXIO && errno != EIO }
        close(descriptor)
        return true
    }

    /// Whether SIGHUP is ignored: sigaction(2). To be asked before anybody handles it.
    static var isHangUpIgnored: Bool {
        var action = sigaction()
        guard sigaction(SIGHUP, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
    }
}
