// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIGateway

@Suite struct DebugMonitorTests {
    private final class Printed: Sendable {
        private let box = NIOLockedValueBox<[String]>([])

        var texts: [String] { box.withLockedValue { $0 } }

        func take() -> [String] {
            box.withLockedValue { texts in
                defer { texts = [] }
                return texts
            }
        }

        func add(_ text: String) { box.withLockedValue { $0.append(text) } }
    }

    private static let line = "----------------------------------------------\n"

    @Test func exchangesAreShownInTheREADMEsForm() throws {
        let printed = Printed()
        let test = TestGateway { $0.monitor = { printed.add($0) } }
        _ = try test.send("GET", "/gotapi/availability?key=secret&x=1")
        #expect(
            printed.texts == [
                Self.line + ">> IF-1\n\nGET /gotapi/availability?key=********&x=1\n",
                Self.line
                    + """
                    << IF-1

                    200 OK

                    {
                      "profile": "availability",
                      "attribute": "",
                      "result": 0,
                      "statusCode": 200,
                      "product": "\(Product.name)",
                      "version": "\(Product.version)"
                    }

                    """,
            ])
    }

    @Test func noSecretIsEverShown() throws {
        let printed = Printed()
        let plugin = ScriptedEndpoint("p", services: [SamplePlugins.service("s")])
        let test = TestGateway([plugin]) { $0.monitor = { printed.add($0) } }
        plugin.on(.request) { [gateway = test.gateway] message, reply in
            _ = gateway.subscribed(plugin, subscription: 1, message: message)
            reply(.members(Array(#"{"data":[{"passcode":"hush","a":"\u001b[2J\u202e"}]}"#.utf8)))
        }
        let clientID = try test.grant(key: "hush")
        let target = "/gotapi/authorization/accesstoken?%63lientId=\(clientID)&scope=all&nonce=hush"
        let token = try #require(try test.send("GET", target).json["accessToken"]?.text)
        let headers = [("Origin", TestGateway.origin), ("Content-Type", "application/x-www-form-urlencoded")]
        let bodies = ["accessToken=\(token)&nonce=hush&esc=\u{1b}[2J", "accessToken=\(token)&%zz=hush"]
        for body in bodies {
            _ = try test.send(
                TestGateway.request(
                    "PUT", "/gotapi/t/x?serviceId=s&accessToken%3D\(token)&NONCE=hush", headers: headers,
                    body: .bytes(Array(body.utf8))))
        }
        _ = try test.send(
            TestGateway.request("PUT", "/gotapi/x", body: .bytes(Array(#"{"accessToken":"\#(token)"}"#.utf8))))
        let socket = try test.openSocket(token: token)
        _ = socket.receive(.text(#"{"accessToken":"\#(token)""#))
        _ = socket.receive(.binary)
        test.gateway.pushed(plugin, subscription: 1, members: Array(#"{"data":{"token":"hush"}}"#.utf8))

        let all = printed.texts.joined()
        #expect(printed.texts.filter { $0.contains(">> IF-5") }.count == 3)
        #expect(printed.texts.filter { $0.contains("<< IF-5") }.count == 4)
        #expect(all.contains(#""token": "********""#))
        let hmacs = ["hush"].map { TestGateway.hmac($0, key: "hush") }
        for secret in ["hush", token, clientID] + hmacs { #expect(!all.contains(secret)) }
        #expect(!all.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202e })
        #expect(all.contains(#"\u001b[2J\u202e"#))
        #expect(all.contains(#"esc=\u{1b}[2J"#))
    }

    @Test func refusedSocketsAreShown() {
        let printed = Printed()
        let test = TestGateway { $0.monitor = { printed.add($0) } }
        _ = test.connect(source: "10.0.0.1")
        #expect(printed.texts.count == 2)
        #expect(printed.take().last?.contains("403 Forbidden") == true)
    }

    @Test(arguments: [("a\tb", "a\\u{9}b"), ("é 😀", "é 😀"), ("\u{7f}\u{9b}\u{200b}", "\\u{7f}\\u{9b}\\u{200b}")])
    func controlCharactersAreWrittenAsEscapes(text: String, expected: String) {
        #expect(Printable.text(text) == expected)
    }
}
