// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore
package import Logging

/// What a ``WebServer`` serves, where, and within which limits.
package struct WebConfiguration: Sendable {
    package var listeners: [WebListener]
    package var timeouts = WebTimeouts()
    /// HTTP connections at once; one beyond is closed at once (gotapi-wire.md, "Limits"). An upgraded connection counts
    /// for its WebSocket responder only.
    package var connectionLimit = 4_096
    /// Bytes of request bodies that may be on their way at once, all connections together; a request beyond is answered
    /// with 503. Without it, every connection could hold 1 MiB.
    package var bodyBudget = 64 << 20
    /// Told how many pushes were dropped, each time some were, because a client reads too slowly. [any thread]
    package var onDroppedPushes: @Sendable (_ count: Int) -> Void = { _ in }
    package var logger: Logger

    package init(listeners: [WebListener], logger: Logger) {
        self.listeners = listeners
        self.logger = logger
    }
}

/// One port, on one or several addresses, and what is served there.
package struct WebListener: Sendable {
    /// The addresses to listen on, for example 127.0.0.1 and ::1, or 0.0.0.0 and :: for all interfaces. One that this
    /// host does not have (IPv6 switched off) is left out, as long as another one is there.
    package var addresses: [IPAddress]
    /// 1 to 65535, or 0 for any port that is free on all the addresses; ``WebServer/boundPorts`` says which.
    package var port: Int
    /// TLS with this certificate, or plain where it is `nil`.
    package var tls: TLSContextBox?
    package var routes: [WebRoute]
    package var webSocketRoutes: [WebSocketRoute]
    /// What answers every path that no route has.
    package var files: StaticFiles?

    package init(
        addresses: [IPAddress], port: Int, tls: TLSContextBox? = nil, routes: [WebRoute] = [],
        webSocketRoutes: [WebSocketRoute] = [], files: StaticFiles? = nil
    ) {
        self.addresses = addresses
        self.port = port
        self.tls = tls
        self.routes = routes
        self.webSocketRoutes = webSocketRoutes
        self.files = files
    }
}

/// A path and what answers requests for it and for everything below it.
package struct WebRoute: Sendable {
    /// For example `/gotapi`: one or more segments, without a slash at the end.
    package let path: String
    package let responder: any Responder

    package init(path: String, responder: any Responder) {
        self.path = path
        self.responder = responder
    }
}

/// A path and what answers WebSocket upgrades on exactly it.
package struct WebSocketRoute: Sendable {
    /// For example `/gotapi/websocket`.
    package let path: String
    package let responder: any WebSocketResponder
    /// Whether a query behind the path is of no account; else there is nothing at a path with one.
    package let ignoresQuery: Bool
    /// The longest message of a client, in bytes; a longer one closes its socket with 1009.
    package let messageLimit: Int
    /// What a socket is closed with whose client reads so slowly that messages to it would have to be dropped; `nil` drops
    /// the oldest.
    package let overflowCode: UInt16?

    package init(
        path: String, responder: any WebSocketResponder, ignoresQuery: Bool = false,
        messageLimit: Int = Limits.webSocketMessage, overflowCode: UInt16? = nil
    ) {
        self.path = path
        self.responder = responder
        self.ignoresQuery = ignoresQuery
        self.messageLimit = messageLimit
        self.overflowCode = overflowCode
    }
}
