// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOCore

extension HTTPConnectionHandler {
    /// Looks at the clock, once a second.
    func tick() {
        guard let context else { return }
        let now = loop.now
        let timeouts = loop.timeouts
        let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if stall.isStalled(written: written, buffered: buffered, now: now, limit: TimeAmount(timeouts.stall)) {
            abort()
            return
        }
        switch state {
        case .reading:
            if let requestSince {
                if now - requestSince >= TimeAmount(timeouts.request) { abort() }
            } else if now - idleSince >= TimeAmount(timeouts.idle) {
                abort()
            }
        case .answering(let answering):
            // A client that closed its half of the connection may still listen, or be gone: both look the same. An interim
            // answer, which every client of HTTP/1.1 reads over (RFC 9110, section 15.2), tells them apart: where nobody
            // listens the kernel resets the connection.
            if let since = inputClosedAt, !answering.isHTTP10, !answering.hasBegun,
                now - since >= TimeAmount(timeouts.probe)
            {
                inputClosedAt = nil
                append { $0.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
                flushOutput()
            }
        case .lingering(let end):
            if now >= end { abort() }
        case .ending, .upgraded, .ended:
            break
        }
    }
}
