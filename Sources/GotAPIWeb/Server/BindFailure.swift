// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
package import GotAPICore

/// Why the server cannot listen.
package struct BindFailure: Error, Equatable, CustomStringConvertible {
    package let address: IPAddress
    package let port: Int
    /// `errno`.
    package let code: CInt

    package var description: String {
        "Cannot listen on \(address) port \(port): \(SmallFile.words(for: code)). \(remedy)"
    }

    private var remedy: String {
        switch code {
        case EADDRINUSE:
            "Another program (perhaps a second gateway) uses the port: stop it, or choose another port in config.json; "
                + "`ss -ltnp` shows who it is."
        case EACCES, EPERM:
            "Ports below 1024 need the capability CAP_NET_BIND_SERVICE: choose a higher port in config.json."
        case EADDRNOTAVAIL, EAFNOSUPPORT:
            "This host does not have the address: see `ip address`."
        case EMFILE, ENFILE:
            "Too many files are open: raise the limit (`ulimit -n`)."
        default:
            "See the address and port in config.json."
        }
    }
}
