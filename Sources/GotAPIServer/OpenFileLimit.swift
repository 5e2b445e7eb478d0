// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import Logging

/// How many descriptors the process may have: getrlimit(2), `RLIMIT_NOFILE`.
enum OpenFileLimit {
    /// 4,096 connections and as many WebSockets as an owner may ask for, files, and plug-ins.
    private static let wanted: rlim_t = 1 << 17

    /// Raises the soft limit as far as the hard one allows. Shells set 1,024, which fewer connections than
    /// gotapi-wire.md promises would use up.
    static func raise(_ logger: Logger) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0, limit.rlim_cur < wanted
        else {
            return
        }
        let old = limit.rlim_cur
        limit.rlim_cur = min(limit.rlim_max, wanted)
        if setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) != 0 {
            logger.warning("only \(old) files can be open at once: \(String(cString: strerror(errno)))")
        }
    }
}
