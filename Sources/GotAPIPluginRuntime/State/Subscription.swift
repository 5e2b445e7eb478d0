// Swift GotAPI · SPDX-License-Identifier: MIT

/// The right to push to one client. It is in the runtime's table while it lasts; what is over is forgotten at once, and its
/// handle gets `CLOSED`.
struct Subscription {
    /// What the plug-in holds; the one that `subscribe` gave included.
    var references = 1
    /// Whether the client has a socket.
    var isReachable = true
}
