// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Makes the numbers that plug-ins hold instead of pointers (gotapi_plugin.h, "Handles").
///
/// ```text
/// 63            46 45  44 43                  0
/// │ runtime (18) │ kind  │ counter (44), from 1 │
/// ```
/// A number is never used again: 44 bits last for five years at 100,000 a second. Another runtime's or another kind's number
/// is in no table of this one, so it gets `CLOSED` like any other that is not there.
struct HandleSource {
    enum Kind: UInt64 {
        case message = 1
        case subscription = 2
        case timer = 3
    }

    private let runtime: UInt64
    private var counter: UInt64 = 0

    init() {
        // 262,143 plug-ins and reloads in one process; beyond that two generations may share a number, which then no longer
        // tells one's handles from the other's, and breaks nothing else.
        runtime = Self.runtimes.withLock { count in
            count += 1
            return (count - 1) % (1 << 18 - 1) + 1
        }
    }

    /// Whether a handle is a message's, of any runtime and whether it is over or not.
    static func isMessage(_ handle: UInt64) -> Bool { handle >> 44 & 3 == Kind.message.rawValue }

    private static let runtimes = Monitor<UInt64>(0)

    mutating func next(_ kind: Kind) -> UInt64 {
        counter += 1
        return runtime << 46 | kind.rawValue << 44 | counter & (1 << 44 - 1)
    }
}
