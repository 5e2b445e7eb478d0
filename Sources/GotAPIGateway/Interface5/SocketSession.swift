// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore
import NIOConcurrencyHelpers

/// One GotAPI-5 socket: reads messages for ``SessionState`` and turns its actions into texts.
final class SocketSession: WebSocketSession {
    private struct State: Sendable {
        var session = SessionState()
        /// Whom the socket was verified for.
        var client: Client?
    }

    private let gateway: Gateway
    private let socket: UInt64
    /// The upgrade's `Origin`, empty where it had none.
    private let origin: String
    /// Only the socket's event loop comes here, so it is never waited for.
    private let state = NIOLockedValueBox(State())

    init(gateway: Gateway, socket: UInt64, origin: String) {
        self.gateway = gateway
        self.socket = socket
        self.origin = origin
    }

    func receive(_ event: WebSocketEvent) -> [WebSocketAction] {
        switch event {
        case .opened:
            guard gateway.socketOpened(socket) else { return [.close(code: SessionState.goingAway)] }
            return perform(.opened)
        case .text(let text):
            gateway.monitor?.received(text)
            return perform(read(text))
        case .binary:
            gateway.monitor?.receivedBinary()
            return perform(.badMessage)
        case .timerFired: return perform(.timerFired)
        case .closed:
            gateway.socketClosed(socket, of: state.withLockedValue(\.client))
            return []
        }
    }

    private func read(_ text: String) -> SessionState.Event {
        guard state.withLockedValue(\.session.listens) else { return .otherMessage }
        let message: JSONNode
        do throws(JSONScanner.SyntaxError) { message = try JSONNode(parsing: Array(text.utf8)) } catch {
            return .badMessage
        }
        if message.content == .null { return .badMessage }
        guard let token = message["accessToken"] else { return .otherMessage }
        return verify(token.text ?? "") ? .knownToken : .unknownToken
    }

    private func verify(_ token: String) -> Bool {
        let client = gateway.verify(token, origin: origin, socket: socket, before: state.withLockedValue(\.client))
        state.withLockedValue { $0.client = client }
        return client != nil
    }

    private func perform(_ event: SessionState.Event) -> [WebSocketAction] {
        switch state.withLockedValue({ $0.session.receive(event) }) {
        case .none: []
        case .await(let duration): [.startTimer(after: duration)]
        case .confirm: [.stopTimer, send(SessionText.confirmation)]
        case .complain(let problem): [send(SessionText.text(problem))]
        case .dismiss(let problem, let duration): [send(SessionText.text(problem)), .startTimer(after: duration)]
        case .close(let code): [.close(code: code)]
        }
    }

    private func send(_ text: [UInt8]) -> WebSocketAction {
        gateway.monitor?.sent(text)
        return .send(text)
    }
}
