// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOCore

/// Finds clients that read nothing of what waits for them.
struct StallDetector {
    private var lastSent = 0
    private var since: NIODeadline?

    /// - Parameters:
    ///   - written: bytes given to the channel since it exists.
    ///   - buffered: bytes that the kernel has not taken yet.
    /// - Returns: true where bytes have waited for `limit` and none went.
    mutating func isStalled(written: Int, buffered: Int, now: NIODeadline, limit: TimeAmount) -> Bool {
        // With TLS, `buffered` counts a few bytes more for each write, which makes no progress look like a step back.
        let sent = written - buffered
        defer { lastSent = sent }
        guard buffered > 0 else {
            since = nil
            return false
        }
        guard sent <= lastSent, let since else {
            since = now
            return false
        }
        return now - since >= limit
    }
}
