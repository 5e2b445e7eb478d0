// Swift GotAPI · SPDX-License-Identifier: MIT

/// What answers WebSocket upgrades on one path: the gateway for `/gotapi/websocket`, the steward for `/native`.
package protocol WebSocketResponder: Sendable {
    /// Decides on an upgrade. Called on the connection's event loop.
    ///
    /// A session that is returned is told `.opened` when the upgrade succeeded, and in every case `.closed` exactly once.
    ///
    /// - Parameter outlet: how to reach the client from elsewhere, from `.opened` on.
    func admit(_ request: WebRequest, outlet: any WebSocketOutlet) -> WebSocketAdmission
}

package enum WebSocketAdmission: Sendable {
    case session(any WebSocketSession)
    case refused(WebResponse)
}

/// One WebSocket's rules: events in, actions out. `GotAPIWeb` calls it on the connection's event loop, one event at a time,
/// and performs the actions in order.
package protocol WebSocketSession: Sendable {
    func receive(_ event: WebSocketEvent) -> [WebSocketAction]
}

package enum WebSocketEvent: Sendable, Equatable {
    case opened
    /// A whole message; fragments are joined, UTF-8 is checked.
    case text(String)
    case binary
    /// The timer started by ``WebSocketAction/startTimer(after:)`` ran out.
    case timerFired
    case closed
}

package enum WebSocketAction: Sendable, Equatable {
    case send([UInt8])
    /// Starts the session's one timer, or starts it anew.
    case startTimer(after: Duration)
    case stopTimer
    /// Sends a close frame with this code and ends the connection.
    case close(code: UInt16)
}

/// The way to a WebSocket from any thread. Holding it keeps no connection open.
package protocol WebSocketOutlet: Sendable {
    /// Sends a text message. At most ``Limits/waitingPushBytes`` wait for a client that reads slowly; then the oldest are
    /// dropped, or, on a route that loses nothing, the connection is closed.
    func send(_ text: [UInt8])
    func close(code: UInt16)
}
