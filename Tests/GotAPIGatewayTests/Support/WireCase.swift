// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

/// A recorded exchange on GotAPI-1: a request after a part of the authorization flow, and what must answer it.
struct WireCase: Sendable, CustomTestStringConvertible {
    enum Server: Sendable {
        case samples
        case oracle
        /// With `--disable-auth`.
        case debug
        /// With another port for pages, and an origin on the list.
        case twoPorts
    }

    /// How far the application has come, on the same connection.
    enum Setup: Sendable {
        case none
        case key
        case client
        case token
    }

    struct Expectation: Sendable {
        let status: Int
        /// A pattern for ``difference(_:_:at:)``; `nil` where only the status counts.
        let json: JSONNode?

        static func status(_ status: Int) -> Expectation { Expectation(status: status, json: nil) }

        /// A refusal before routing.
        static func refusal(_ code: Int, _ status: Int) -> Expectation {
            Expectation(status: status, json: JSONNode(.object(error(code, status))))
        }

        /// An error in decoding.
        static func undecoded(
            _ code: Int, _ status: Int, _ profile: String, _ attribute: String, service: String? = nil
        ) -> Expectation {
            var members = error(code, status) + route(profile, attribute)
            if let service { members.append(member("serviceId", .text(service))) }
            return Expectation(status: status, json: JSONNode(.object(members)))
        }

        /// - Parameters:
        ///   - code: a plug-in's `errorCode`, where it is not `result`.
        ///   - message: a plug-in's `errorMessage`.
        static func failure(
            _ result: Int, _ status: Int, _ profile: String, _ attribute: String, service: String? = nil,
            nonce: String? = nil, code: String? = nil, message: String? = nil, members: String = "{}"
        ) -> Expectation {
            let error = error(result, status, code: code, message: message)
            return whole(error, status, profile, attribute, service, nonce, members)
        }

        static func success(
            _ profile: String, _ attribute: String, status: Int = 200, service: String? = nil, nonce: String? = nil,
            members: String = "{}"
        ) -> Expectation {
            let success = [member("result", .number("0")), member("statusCode", .number("\(status)"))]
            return whole(success, status, profile, attribute, service, nonce, members)
        }

        private static func whole(
            _ outcome: [JSONNode.Member], _ status: Int, _ profile: String, _ attribute: String, _ service: String?,
            _ nonce: String?, _ members: String
        ) -> Expectation {
            var all = route(profile, attribute) + outcome
            all += [member("product", .text("*")), member("version", .text("*"))]
            if let service { all.append(member("serviceId", .text(service))) }
            if let nonce { all.append(member("hmac", .text("{hmac:\(nonce)}"))) }
            all += (try? JSONNode(parsing: Array(members.utf8)))?.object ?? []
            return Expectation(status: status, json: JSONNode(.object(all)))
        }

        private static func error(
            _ result: Int, _ status: Int, code: String? = nil, message: String? = nil
        ) -> [JSONNode.Member] {
            let name = ErrorCode(rawValue: result)?.name ?? ""
            return [
                member("result", .number("\(result)")), member("statusCode", .number("\(status)")),
                member("errorCode", .text(code ?? "\(result)")),
                member("errorText", .text(HTTPStatus.reasonPhrase(of: status) ?? "")),
                member("errorMessage", .text(message ?? "[\(name)]")),
            ]
        }

        private static func route(_ profile: String, _ attribute: String) -> [JSONNode.Member] {
            [member("profile", .text(profile)), member("attribute", .text(attribute))]
        }

        private static func member(_ name: String, _ content: JSONNode.Content) -> JSONNode.Member {
            JSONNode.Member(name: name, value: JSONNode(content))
        }
    }

    let id: String
    let title: String
    let server: Server
    let setup: Setup
    /// Method and target; `{token}`, `{clientId}` and the samples' `{echo}`, `{light}`, `{clock}` are filled in.
    let line: String
    let origin: String?
    let referer: String?
    let type: String?
    /// What the oracle shall answer with: its parameter `set`.
    let set: String?
    let body: String
    let source: String
    let expectation: Expectation

    var testDescription: String { "\(id) \(title)" }

    init(
        _ id: String, _ title: String, _ server: Server, _ setup: Setup, _ line: String,
        origin: String? = TestGateway.origin, referer: String? = nil, type: String? = nil, set: String? = nil,
        body: String = "", source: String = "127.0.0.1", expect expectation: Expectation
    ) {
        self.id = id
        self.title = title
        self.server = server
        self.setup = setup
        self.line = line
        self.origin = origin
        self.referer = referer
        self.type = type
        self.set = set
        self.body = body
        self.source = source
        self.expectation = expectation
    }

    /// The origin that the answer must name, `*` for none.
    var allowedOrigin: String {
        origin ?? referer.map { String($0.prefix(TestGateway.origin.count)) } ?? "*"
    }
}
