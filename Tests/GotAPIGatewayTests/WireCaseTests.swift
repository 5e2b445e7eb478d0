// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore
import GotAPIGateway
import Testing

@Suite struct WireCaseTests {
    private static func fill(_ text: String, token: String = "", clientID: String = "") -> String {
        let names = [
            ("{token}", token), ("{clientId}", clientID), ("{echo}", SamplePlugins.echoID),
            ("{light}", SamplePlugins.lightID), ("{clock}", SamplePlugins.clockID),
        ]
        return names.reduce(text) { text, name in
            text.split(separator: name.0, omittingEmptySubsequences: false).joined(separator: name.1)
        }
    }

    private static func escape(_ text: String) -> String {
        text.utf8.map { "%" + hexadecimal(CollectionOfOne($0)) }.joined()
    }

    private static func fill(_ node: JSONNode) throws -> JSONNode {
        try JSONNode(parsing: Array(fill(String(decoding: node.bytes, as: UTF8.self)).utf8))
    }

    @Test(arguments: WireCase.all)
    func theGatewayAnswersAsRecorded(_ wireCase: WireCase) throws {
        let test = TestGateway(SamplePlugins.all(wireCase.server)) { settings in
            settings.isAuthorizationDisabled = wireCase.server == .debug
            if wireCase.server == .twoPorts {
                settings.ownOrigins += Origin.served(isSecure: false, hosts: ["localhost"], ports: [4046])
                settings.allowedOrigins = ["http://app.example", "http://x.local:4045"].compactMap { Origin($0) }
            }
        }
        // A service that an earlier discovery announced is known; the recording ran one.
        if wireCase.server == .oracle {
            _ = try test.send("GET", "/gotapi/servicediscovery?accessToken=\(test.authorize(connection: 9))")
        }
        var token = ""
        var clientID = ""
        switch wireCase.setup {
        case .none: break
        case .key: _ = try test.send("GET", "/gotapi/availability?key=\(TestGateway.key)")
        case .client: clientID = try test.grant()
        case .token: token = try test.authorize()
        }

        let words = Self.fill(wireCase.line, token: token, clientID: clientID).split(separator: " ").map(String.init)
        var headers: [(String, String)] = []
        if let origin = wireCase.origin { headers.append(("Origin", origin)) }
        if let referer = wireCase.referer { headers.append(("Referer", referer)) }
        if let type = wireCase.type { headers.append(("Content-Type", type)) }
        let target = words[1] + (wireCase.set.map { "&set=" + Self.escape($0) } ?? "")
        let body = Array(Self.fill(wireCase.body, token: token, clientID: clientID).utf8)
        let pending = test.begin(
            TestGateway.request(words[0], target, headers: headers, body: .bytes(body), source: wireCase.source))

        let response = try #require(pending.all.first)
        #expect(pending.all.count == 1)
        #expect(response.status == wireCase.expectation.status)
        let answer = TestGateway.Answer(response)
        #expect(answer.header("Content-Type") == "application/json")
        #expect(answer.header("Access-Control-Allow-Origin") == wireCase.allowedOrigin)
        if let expected = wireCase.expectation.json {
            #expect(difference(try Self.fill(expected), answer.json) == nil)
        }
    }
}
