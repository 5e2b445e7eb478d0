// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Times as people read them.
package enum Timestamp {
    /// `2026-11-20 17:31:00 UTC`
    ///
    /// - Parameter seconds: since 1970, UTC.
    package static func format(_ seconds: Int) -> String {
        var time = time_t(seconds)
        var parts = tm()
        // https://man7.org/linux/man-pages/man3/gmtime.3.html; it fails only for years beyond an Int32.
        guard gmtime_r(&time, &parts) != nil else { return "\(seconds) s" }
        let date = [parts.tm_year + 1_900, parts.tm_mon + 1, parts.tm_mday].map(padded).joined(separator: "-")
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(padded).joined(separator: ":")
        return "\(date) \(clock) UTC"
    }

    private static func padded(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
