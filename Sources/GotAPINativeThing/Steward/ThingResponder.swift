// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// Who may open a socket as a thing: native-thing.md, "Finding the steward, trusting it".
package struct ThingResponder: WebSocketResponder {
    /// What a thing's socket is closed with that does not read what it is answered: an answer that is lost would keep it
    /// waiting for ever.
    package static let overflowCode = ThingSocket.policyViolation

    private let steward: Steward
    private let dialect: ThingDialect

    package init(_ steward: Steward, dialect: ThingDialect) {
        self.steward = steward
        self.dialect = dialect
    }

    package func admit(_ request: WebRequest, outlet: any WebSocketOutlet) -> WebSocketAdmission {
        let settings = steward.settings
        guard settings.allowsAddress(request.source) else {
            return Self.refused(403, "Your address is not in the gateway's address lists.")
        }
        // Browsers always send one; a page must not pair.
        guard request.values(of: "origin").allSatisfy(settings.allowsOrigin) else {
            return Self.refused(403, "The origin of this page is not allowed.")
        }
        guard request.isSecure || settings.allowsPlainLoopback() && Self.isLoopback(request.source) else {
            return Self.refused(403, "Things connect over TLS only.")
        }
        guard let socket = steward.makeSocket(dialect, from: request.source, outlet: outlet) else {
            return Self.refused(503, "Too many sockets have not said hello.")
        }
        return .session(socket)
    }

    private static func isLoopback(_ address: IPAddress) -> Bool {
        address == .loopbackIPv6 || address.bytes.count == 4 && address.bytes[0] == 127
    }

    private static func refused(_ status: Int, _ text: String) -> WebSocketAdmission {
        .refused(
            WebResponse(
                status: status, headers: [.init(name: "Content-Type", value: "text/plain; charset=utf-8")],
                body: Array((text + "\n").utf8), endsConnection: true))
    }
}
