// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore

/// What an answer on GotAPI-1 needs to know of its request: gotapi-wire.md, "GotAPI-1 answer".
struct AnswerContext: Sendable {
    /// The value of `Access-Control-Allow-Origin`.
    let allowedOrigin: String
    /// True where the request's body was not read.
    let endsConnection: Bool
    let profile: String
    let attribute: String
    /// Present for plug-in requests that name one.
    let serviceID: String?
    /// Present as soon as the token was accepted, where the request has a nonce and its client a key.
    let signer: Signer?

    struct Signer: Sendable {
        let key: ClientKey
        let nonce: String

        /// `nil` where one of them is absent, or the nonce empty.
        init?(key: ClientKey?, nonce: String?) {
            guard let key, let nonce, !nonce.isEmpty else { return nil }
            self.key = key
            self.nonce = nonce
        }
    }

    init(
        allowedOrigin: String, endsConnection: Bool, profile: String = "", attribute: String = "",
        serviceID: String? = nil, signer: Signer? = nil
    ) {
        self.allowedOrigin = allowedOrigin
        self.endsConnection = endsConnection
        self.profile = profile
        self.attribute = attribute
        self.serviceID = serviceID
        self.signer = signer
    }

    // MARK: - Answers

    /// A refusal before routing: it carries nothing of the request.
    func refusal(_ error: GatewayError) -> WebResponse {
        var writer = JSONObjectWriter(capacity: 192)
        Self.add(error, to: &writer)
        return response(status: error.status, writer.finished())
    }

    /// An error in decoding: profile and attribute, and what of the query could be decoded.
    func decodingError(_ error: GatewayError) -> WebResponse {
        var writer = beginning(capacity: 256)
        Self.add(error, to: &writer)
        if let serviceID { writer.add("serviceId", serviceID) }
        return response(status: error.status, writer.finished())
    }

    func error(_ error: GatewayError) -> WebResponse {
        var writer = beginning(capacity: 512)
        Self.add(error, to: &writer)
        return finish(&writer, status: error.status)
    }

    /// A success of one of the gateway's own profiles.
    ///
    /// - Parameter add: adds the members that the profile is about.
    func success(_ add: (inout JSONObjectWriter) -> Void = { _ in }) -> WebResponse {
        var writer = beginning(capacity: 512)
        writer.add("result", 0)
        writer.add("statusCode", 200)
        add(&writer)
        return finish(&writer, status: 200)
    }

    /// What a plug-in answered.
    func answer(_ answer: PluginAnswer) -> WebResponse {
        if let fault = answer.fault { return error(fault) }
        var writer = beginning(capacity: answer.members.count + 256)
        answer.write(to: &writer)
        return finish(&writer, status: answer.status)
    }

    /// The CORS preflight's answer (gotapi-wire.md, "GotAPI-1 request", rule 3).
    func preflight(requestedHeaders: String?) -> WebResponse {
        var headers = headers
        headers.append(.init(name: "Access-Control-Allow-Methods", value: "GET, POST, PUT, DELETE, OPTIONS"))
        if let requestedHeaders, !requestedHeaders.isEmpty, requestedHeaders.utf8.allSatisfy(Self.isListOfNames) {
            headers.append(.init(name: "Access-Control-Allow-Headers", value: requestedHeaders))
        }
        headers.append(.init(name: "Vary", value: "Origin"))
        return WebResponse(status: 200, headers: headers, endsConnection: endsConnection)
    }

    // MARK: - Parts

    private func beginning(capacity: Int) -> JSONObjectWriter {
        var writer = JSONObjectWriter(capacity: capacity + profile.utf8.count + attribute.utf8.count)
        writer.add("profile", profile)
        writer.add("attribute", attribute)
        return writer
    }

    private static func add(_ error: GatewayError, to writer: inout JSONObjectWriter) {
        writer.add("result", error.code.rawValue)
        writer.add("errorCode", "\(error.code.rawValue)")
        writer.add("errorText", HTTPStatus.reasonPhrase(of: error.status) ?? "")
        writer.add("errorMessage", error.message)
        writer.add("statusCode", error.status)
    }

    private func finish(_ writer: inout JSONObjectWriter, status: Int) -> WebResponse {
        writer.add(members: Product.members)
        if let signer { writer.add("hmac", plain: signer.key.signature(of: signer.nonce)) }
        if let serviceID { writer.add("serviceId", serviceID) }
        return response(status: status, writer.finished())
    }

    private func response(status: Int, _ body: [UInt8]) -> WebResponse {
        WebResponse(status: status, headers: headers, body: body, endsConnection: endsConnection)
    }

    private static let contentType = WebRequest.Header(name: "Content-Type", value: "application/json")

    private var headers: [WebRequest.Header] {
        [Self.contentType, WebRequest.Header(name: "Access-Control-Allow-Origin", value: allowedOrigin)]
    }

    /// A field name's bytes (RFC 9110, section 5.6.2), and those that separate names.
    private static func isListOfNames(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ","), UInt8(ascii: " "):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
