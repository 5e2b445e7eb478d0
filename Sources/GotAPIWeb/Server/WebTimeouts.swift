// Swift GotAPI · SPDX-License-Identifier: MIT

/// How long connections may take for what they do (gotapi-wire.md, "GotAPI-1 request", "GotAPI-5" and "Limits").
///
/// The defaults are the contract; tests shorten them. Time is looked at once a second, or four times within the shortest
/// of these where that is less, so a connection may live that much longer.
package struct WebTimeouts: Sendable, Equatable {
    /// From a request's first byte to its last, and from accepting a connection to the end of its TLS handshake.
    package var request: Duration = .seconds(30)
    /// How long a connection may stay open between two requests.
    package var idle: Duration = .seconds(75)
    /// How long a client may read nothing of what waits for it.
    package var stall: Duration = .seconds(30)
    /// From the end of an answer that ends the connection to its close, where the client does not close.
    package var linger: Duration = .seconds(2)
    /// From the end of a client's half of the connection to the interim answer that finds out whether it still listens.
    package var probe: Duration = .seconds(1)
    /// From one ping to the next on a WebSocket; a peer silent for two of them is dropped.
    package var ping: Duration = .seconds(20)
    /// From our close frame to the end of the connection, where the peer does not answer with its own.
    package var closeHandshake: Duration = .seconds(2)

    package init() {}

    /// How often connections are looked at.
    var tick: Duration {
        let shortest = [request, idle, stall, linger, probe, ping, closeHandshake].min() ?? .seconds(1)
        return max(min(.seconds(1), shortest / 4), .milliseconds(5))
    }
}
