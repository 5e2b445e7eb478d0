// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOPosix

/// What all connections of one listener share, on every event loop.
struct ListenerContext: Sendable {
    let routes: RouteTable
    let connections: Allowance
    let bodies: Allowance
    let filePool: NIOThreadPool
    let isSecure: Bool
    let onDroppedPushes: @Sendable (Int) -> Void
}
