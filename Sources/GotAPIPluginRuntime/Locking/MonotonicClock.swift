// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// CLOCK_MONOTONIC, on which the gateway's deadlines stand: clock_gettime(2).
enum MonotonicClock {
    /// In nanoseconds.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// `milliseconds` from now, in nanoseconds; so far ahead that it never comes where the sum does not fit.
    static func moment(after milliseconds: UInt64, from now: UInt64) -> UInt64 {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = now.addingReportingOverflow(nanoseconds)
        return overflow || carry ? .max : sum
    }
}
