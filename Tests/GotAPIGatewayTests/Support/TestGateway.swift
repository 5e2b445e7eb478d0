// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPIAuthorization
import GotAPICore
import GotAPIGateway
import Logging
import NIOConcurrencyHelpers
import Testing

/// A gateway without sockets, and an application that uses it.
struct TestGateway: Sendable {
    static let origin = "http://localhost:4035"
    static let key = "k3y"

    let gateway: Gateway
    let clock = ManualClock()

    static func settings(_ change: (inout GatewaySettings) -> Void = { _ in }) -> GatewaySettings {
        var settings = GatewaySettings()
        settings.ownOrigins = Origin.served(isSecure: false, hosts: ["localhost", "127.0.0.1"], ports: [4035])
        change(&settings)
        return settings
    }

    init(_ endpoints: [ScriptedEndpoint] = [], _ change: (inout GatewaySettings) -> Void = { _ in }) {
        let clock = clock
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        gateway = Gateway(settings: Self.settings(change), logger: logger) { clock.now }
        gateway.apply(EndpointChange(endpoints))
    }

    // MARK: - GotAPI-1

    /// A request that may still wait for its answer.
    final class Pending: Sendable {
        private let answers = NIOLockedValueBox<[WebResponse]>([])
        private let cancellation = NIOLockedValueBox<Cancellation?>(nil)

        /// All of them: more than one is a fault.
        var all: [WebResponse] { answers.withLockedValue { $0 } }
        var answer: Answer? { all.first.map(Answer.init) }

        func cancel() { cancellation.withLockedValue { $0 }?() }

        fileprivate func begin(_ request: WebRequest, _ gateway: Gateway) {
            let cancellation = gateway.respond(
                to: request, completion: Completion { response in self.answers.withLockedValue { $0.append(response) } }
            )
            self.cancellation.withLockedValue { $0 = cancellation }
        }
    }

    /// An answer, its body read.
    struct Answer: Sendable {
        let response: WebResponse
        let json: JSONNode

        init(_ response: WebResponse) {
            self.response = response
            json = (try? JSONNode(parsing: response.body)) ?? JSONNode(.null)
        }

        var status: Int { response.status }
        var result: Int? { json["result"]?.integer }
        var message: String { json["errorMessage"]?.text ?? "" }
        var body: String { String(decoding: response.body, as: UTF8.self) }

        func header(_ name: String) -> String? { response.headers.first { $0.name == name }?.value }
    }

    static func request(
        _ method: String, _ target: String, headers: [(String, String)]? = nil, body: WebRequest.Body = .bytes([]),
        source: String = "127.0.0.1", connection: UInt64 = 1
    ) -> WebRequest {
        WebRequest(
            method: method, target: target,
            headers: (headers ?? [("Origin", origin)]).map { WebRequest.Header(name: $0, value: $1) }, body: body,
            source: IPAddress(source)!, connection: connection)
    }

    func begin(_ request: WebRequest) -> Pending {
        let pending = Pending()
        pending.begin(request, gateway)
        return pending
    }

    func begin(_ method: String, _ target: String, connection: UInt64 = 1) -> Pending {
        begin(Self.request(method, target, connection: connection))
    }

    /// Sends a request that is answered at once.
    func send(_ request: WebRequest) throws -> Answer {
        let pending = begin(request)
        #expect(pending.all.count == 1)
        return try #require(pending.answer)
    }

    func send(_ method: String, _ target: String, connection: UInt64 = 1) throws -> Answer {
        try send(Self.request(method, target, connection: connection))
    }

    func grant(key: String = key, connection: UInt64 = 1) throws -> String {
        _ = try send("GET", "/gotapi/availability?key=\(key)", connection: connection)
        return try #require(
            try send("GET", "/gotapi/authorization/grant", connection: connection).json["clientId"]?.text)
    }

    /// The whole authorization flow.
    func authorize(key: String = key, connection: UInt64 = 1) throws -> String {
        let clientID = try grant(key: key, connection: connection)
        let target = "/gotapi/authorization/accesstoken?clientId=\(clientID)&scope=all"
        return try #require(try send("GET", target, connection: connection).json["accessToken"]?.text)
    }

    static func hmac(_ nonce: String, key: String = key) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(nonce.utf8), using: SymmetricKey(data: Array(key.utf8)))
        return hexadecimal(code)
    }

    // MARK: - GotAPI-5

    /// A socket as the web server would run it.
    struct Socket: Sendable {
        let session: any WebSocketSession
        let outlet: RecordingOutlet

        /// What the session does about an event; texts are read.
        func receive(_ event: WebSocketEvent) -> [WebSocketAction] { session.receive(event) }

        func sends(_ text: String) -> [String] {
            receive(.text(text)).compactMap { action in
                if case .send(let text) = action { String(decoding: text, as: UTF8.self) } else { nil }
            }
        }
    }

    enum Admission: Sendable {
        case socket(Socket)
        case refused(Answer)
    }

    func connect(headers: [(String, String)]? = nil, source: String = "127.0.0.1") -> Admission {
        let outlet = RecordingOutlet()
        let request = Self.request("GET", "/gotapi/websocket", headers: headers, source: source)
        switch gateway.admit(request, outlet: outlet) {
        case .session(let session): return .socket(Socket(session: session, outlet: outlet))
        case .refused(let response): return .refused(Answer(response))
        }
    }

    func openSocket(token: String? = nil, headers: [(String, String)]? = nil) throws -> Socket {
        guard case .socket(let socket) = connect(headers: headers) else {
            Issue.record("the socket was refused")
            throw CancellationError()
        }
        #expect(socket.receive(.opened) == [.startTimer(after: .seconds(5))])
        if let token {
            #expect(
                socket.sends(#"{"accessToken":"\#(token)"}"#) == [
                    #"{"profile":"authorization","attribute":"verify","result":0,"serviceId":""}"#
                ])
        }
        return socket
    }
}
