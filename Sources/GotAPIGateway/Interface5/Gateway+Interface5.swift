// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
package import GotAPICore
import NIOConcurrencyHelpers

/// GotAPI-5: who may open a socket, and whom it then speaks for (gotapi-wire.md, "GotAPI-5").
extension Gateway: WebSocketResponder {
    package func admit(_ request: WebRequest, outlet: any WebSocketOutlet) -> WebSocketAdmission {
        let conditions = conditions
        let settings = conditions.settings
        let headers = RequestHeaders(request.headers)
        // A browser always sends an Origin here; a Referer says nothing.
        let origin = RequestOrigin(
            origin: headers.origin, isRepeated: headers.isOriginRepeated, referer: nil, known: conditions.origins)
        let context = AnswerContext(allowedOrigin: origin.allowed, endsConnection: true)
        func refused(_ error: GatewayError) -> WebSocketAdmission {
            let response = context.refusal(error)
            conditions.monitor?.received(request)
            conditions.monitor?.sent(response)
            return .refused(response)
        }

        guard settings.allowedAddresses.contains(request.source) else { return refused(.addressNotAllowed) }
        guard settings.isAuthorizationDisabled || origin.kind == .absent || origin.isAllowed(in: conditions.origins)
        else { return refused(.originNotAllowed) }
        guard !conditions.isStopping else { return refused(.stopping) }
        let socket = events.decideAndPerform { ($0.admit(outlet, limit: settings.webSocketLimit), []) }
        guard let socket else { return refused(.tooManySockets) }
        return .session(SocketSession(gateway: self, socket: socket, origin: origin.text))
    }

    /// - Returns: false where the gateway is stopping and the socket must close.
    func socketOpened(_ socket: UInt64) -> Bool {
        events.decideAndPerform { state in
            state.opened(socket)
            // Read with the events' lock held: a gateway that stops later finds the socket open.
            return (!conditions.isStopping, [])
        }
    }

    func socketClosed(_ socket: UInt64, of client: Client?) {
        let time = now()
        events.perform { $0.closed(socket, now: time) }
        if let client { authorization.withLockedValue { $0.closeSocket(of: client.number, now: time) } }
    }

    /// Verifies a token for a socket; from then on, pushes for its client go there.
    ///
    /// - Parameter before: whom the socket spoke for until now.
    func verify(_ token: String, origin: String, socket: UInt64, before: Client?) -> Client? {
        let time = now()
        let hash = SecretHash(token)
        let isDebugToken = conditions.settings.isAuthorizationDisabled && token == Client.debugToken
        let client = authorization.withLockedValue { state -> Client? in
            let client = isDebugToken ? .debug : state.openSocket(token: hash, origin: origin, now: time)
            if let before { state.closeSocket(of: before.number, now: time) }
            return client
        }
        events.perform { state in
            guard let client else { return state.withdraw(socket, now: time) }
            return state.verified(socket, for: client.number, now: time)
        }
        return client
    }
}
