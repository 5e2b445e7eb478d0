// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore
package import NIOCore

/// An application as a test plays it: it authorizes as gotapi-client.js does and checks the HMAC of every answer.
package final class TestApplication: Sendable {
    package let token: String
    package let origin: String

    private let port: Int
    private let tls: Bool
    private let group: any EventLoopGroup
    private let key: String
    private let connection: HTTPTestConnection

    private init(
        token: String, origin: String, port: Int, tls: Bool, group: any EventLoopGroup, key: String,
        connection: HTTPTestConnection
    ) {
        self.token = token
        self.origin = origin
        self.port = port
        self.tls = tls
        self.group = group
        self.key = key
        self.connection = connection
    }

    /// Runs the authorization flow on a connection of its own (gotapi-wire.md, "Authorization").
    package static func connect(port: Int, tls: Bool, group: any EventLoopGroup) async throws -> TestApplication {
        let origin = "\(tls ? "https" : "http")://localhost:\(port)"
        let key = hexadecimal((0..<32).map { _ in UInt8.random(in: 0...255) })
        let keyID = hexadecimal(SHA256.hash(data: Array(key.utf8))).prefix(16)
        let connection = try await HTTPTestConnection.connect(port: port, tls: tls, group: group)
        func ask(_ target: String, nonce: String? = nil) async throws -> JSONNode {
            let answer = try await connection.send("GET", target, headers: [("Origin", origin)])
            guard answer.status == 200 else {
                throw TestConnectionError(description: "\(target): \(answer.status) \(answer.text)")
            }
            if let nonce { try check(answer, nonce: nonce, key: key) }
            return try answer.json
        }
        _ = try await ask("/gotapi/availability?key=\(key)")
        let grant = try await ask("/gotapi/authorization/grant?nonce=a1&keyId=\(keyID)", nonce: "a1")
        let clientID = grant["clientId"]?.text ?? ""
        let answer = try await ask(
            "/gotapi/authorization/accesstoken?clientId=\(clientID)&scope=all&nonce=a2", nonce: "a2")
        return TestApplication(
            token: answer["accessToken"]?.text ?? "", origin: origin, port: port, tls: tls, group: group, key: key,
            connection: connection)
    }

    /// Sends a request in the application's name and checks the answer's HMAC.
    ///
    /// - Parameter path: below `/gotapi/`, for example `echo` or `clock/ticktack`.
    package func request(
        _ method: String, _ path: String, service: String? = nil, parameters: [(String, String)] = []
    ) async throws -> HTTPTestResponse {
        let nonce = hexadecimal((0..<8).map { _ in UInt8.random(in: 0...255) })
        var query = "accessToken=\(token)&nonce=\(nonce)"
        if let service { query += "&serviceId=\(service)" }
        for (name, value) in parameters { query += "&\(percentEncoded(name))=\(percentEncoded(value))" }
        let answer = try await connection.send(method, "/gotapi/\(path)?\(query)", headers: [("Origin", origin)])
        try Self.check(answer, nonce: nonce, key: key)
        return answer
    }

    /// Opens a GotAPI-5 socket and presents the token.
    package func openSocket() async throws -> WebSocketTestConnection {
        let socket = try await WebSocketTestConnection.connect(port: port, tls: tls, origin: origin, group: group)
        try await socket.send("{\"accessToken\":\"\(token)\"}")
        let answer = await socket.next()
        guard case .text(let text) = answer, try JSONNode(parsing: Array(text.utf8))["result"]?.integer == 0 else {
            throw TestConnectionError(description: "the token was not verified: \(answer)")
        }
        return socket
    }

    package func close() async { await connection.close() }

    /// Ends the connection with a reset.
    package func abort() async { await connection.abort() }

    private static func check(_ answer: HTTPTestResponse, nonce: String, key: String) throws {
        let mac = HMAC<SHA256>.authenticationCode(
            for: Array(nonce.utf8), using: SymmetricKey(data: Array(key.utf8)))
        guard try answer.json["hmac"]?.text == hexadecimal(mac) else {
            throw TestConnectionError(description: "wrong or no hmac: \(answer.text)")
        }
    }

    private func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                String(UnicodeScalar(byte))
            default: "%" + hexadecimal(CollectionOfOne(byte))
            }
        }.joined()
    }
}
