// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers

/// One socket of a thing, on its connection's event loop: hands what comes to the steward, within a bound.
final class ThingSocket: WebSocketSession {
    private struct State: Sendable {
        /// Bytes handed over that the steward has not looked at.
        var waiting = 0
        var hasSaidHello = false
    }

    /// RFC 6455, section 7.4.1: the peer broke a rule of the protocol's.
    static let policyViolation: UInt16 = 1008

    /// Never used again while the process lives.
    let number: UInt64
    let dialect: ThingDialect
    let address: IPAddress
    let outlet: any WebSocketOutlet
    private let steward: Steward
    private let state = NIOLockedValueBox(State())

    init(
        number: UInt64, dialect: ThingDialect, address: IPAddress, outlet: any WebSocketOutlet, steward: Steward
    ) {
        self.number = number
        self.dialect = dialect
        self.address = address
        self.outlet = outlet
        self.steward = steward
    }

    func receive(_ event: WebSocketEvent) -> [WebSocketAction] {
        switch event {
        case .opened:
            steward.opened(self)
            return [.startTimer(after: steward.settings.helloPatience)]
        case .text(let text):
            let bytes = Array(text.utf8)
            let fits = state.withLockedValue { state in
                state.waiting += bytes.count
                return state.waiting <= ThingLimits.waitingBytes
            }
            guard fits else { return [.close(code: Self.policyViolation)] }
            steward.received(bytes, on: self)
            return []
        case .binary:
            steward.receivedBinary(on: self)
            return []
        case .timerFired:
            return state.withLockedValue(\.hasSaidHello) ? [] : [.close(code: Self.policyViolation)]
        case .closed:
            steward.closed(self)
            return []
        }
    }

    /// The steward has looked at so many bytes. [any thread]
    func taken(_ count: Int) { state.withLockedValue { $0.waiting -= count } }

    /// The thing has said hello. [any thread]
    ///
    /// - Returns: false where it had before.
    func becomeKnown() -> Bool {
        state.withLockedValue { state in
            defer { state.hasSaidHello = true }
            return !state.hasSaidHello
        }
    }
}
