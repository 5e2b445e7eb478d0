// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPINativeThing
import GotAPIServer
import GotAPITesting

/// A thing as a test plays it, on a real WebSocket.
final class ScriptedThing: Sendable {
    static let prototype = #"""
        {"/device/lighting/acme/bulb": {"observe": ["motion"], "perform": ["on", "off"],
          "properties": {"name": true, "status": ["on", "off"], "brightness": "percentage", "temperature": "celsius"},
          "validate": {"observe": true, "perform": true}}}
        """#

    let socket: WebSocketTestConnection
    let uuid: String

    private init(_ socket: WebSocketTestConnection, uuid: String) {
        self.socket = socket
        self.uuid = uuid
    }

    static func connect(
        to gateway: TestGateway, uuid: String = "01234567-89AB", path: String = "/native", origin: String? = nil
    ) async throws -> ScriptedThing {
        let socket = try await WebSocketTestConnection.connect(
            port: gateway.address.port, tls: gateway.address.isSecure, path: path, origin: origin,
            group: gateway.group)
        return ScriptedThing(socket, uuid: uuid)
    }

    /// A thing that is paired and has said hello.
    static func paired(
        with gateway: TestGateway, uuid: String = "01234567-89AB"
    ) async throws -> (thing: ScriptedThing, passcode: String) {
        let thing = try await connect(to: gateway, uuid: uuid)
        try await gateway.steward?.openPairing(for: .seconds(60))
        let answer = try await thing.ask("pair", #""uuid": "\#(uuid)""#)
        let passcode = answer["result"]?["passCode"]?.text ?? ""
        try await thing.hello(passcode)
        return (thing, passcode)
    }

    /// A lamp that is registered.
    static func lamp(
        at gateway: TestGateway, uuid: String = "01234567-89AB", udn: String = "lamp-1"
    ) async throws -> (thing: ScriptedThing, passcode: String, thingID: String) {
        let (thing, passcode) = try await paired(with: gateway, uuid: uuid)
        return (thing, passcode, try await thing.registerLamp(udn))
    }

    func hello(_ passcode: String) async throws {
        let answer = try await ask("hello", #""uuid": "\#(uuid)", "passcode": "\#(passcode)""#)
        guard answer["result"]?["status"]?.text == "success" else {
            throw TestConnectionError(description: "no hello: \(answer.string)")
        }
    }

    /// Defines the prototype and registers a lamp.
    ///
    /// - Returns: its thingID.
    func registerLamp(_ udn: String = "lamp-1") async throws -> String {
        _ = try await ask("prototype", #""things": \#(Self.prototype)"#)
        let answer = try await ask("register", #""things": {"\#(udn)": \#(Self.lamp(udn))}"#)
        guard let thingID = answer["things"]?[udn]?["thingID"]?.text else {
            throw TestConnectionError(description: "not registered: \(answer.string)")
        }
        return thingID
    }

    static func lamp(_ udn: String) -> String {
        #"""
        {"prototype": "/device/lighting/acme/bulb", "name": "Lamp", "status": "off", "updated": 1700000000000,
         "device": {"name": "x", "maker": "ACME", "model": {"name": "Bulb", "number": "B-1"}, "unit": {"udn": "\#(udn)"}},
         "info": {"brightness": 70}}
        """#
    }

    /// Sends a request and waits for its answer, the next message.
    ///
    /// - Parameters:
    ///   - members: beside `path` and `requestID`.
    ///   - id: as JSON.
    func ask(_ verb: String, _ members: String, id: String = "1") async throws -> JSONNode {
        try await send(verb, members, id: id)
        return try await next()
    }

    func send(_ verb: String, _ members: String, id: String = "1") async throws {
        try await socket.send(#"{"path": "/api/v1/\#(verb)", "requestID": \#(id), \#(members)}"#)
    }

    /// Answers the steward's request.
    func answer(_ request: JSONNode, _ members: String) async throws {
        try await socket.send(#"{"requestID": "\#(request["requestID"]?.text ?? "")", \#(members)}"#)
    }

    /// The next message. Throws where the socket was closed.
    func next() async throws -> JSONNode {
        switch await socket.next() {
        case .text(let text): return try JSONNode(parsing: Array(text.utf8))
        case .closed(let code): throw TestConnectionError(description: "closed with \(code ?? 0)")
        }
    }

    /// Waits until the steward closes the socket; messages before that are read over.
    func closeCode() async throws -> Int? {
        while true {
            try Task.checkCancellation()
            if case .closed(let code) = await socket.next() { return code }
        }
    }
}

extension JSONNode {
    var string: String { String(decoding: bytes, as: UTF8.self) }
    var diagnostic: String? { self["error"]?["diagnostic"]?.text }
    var isPermanent: Bool? { self["error"]?["permanent"]?.boolean }
}
