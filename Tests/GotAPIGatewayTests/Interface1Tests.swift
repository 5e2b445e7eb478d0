// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore
import GotAPIGateway
import Testing

@Suite struct Interface1Tests {
    private static let form = [("Origin", TestGateway.origin), ("Content-Type", "application/x-www-form-urlencoded")]

    // MARK: - The order of the checks

    @Test func eachCheckComesBeforeTheNext() throws {
        let test = TestGateway([SamplePlugins.echo()])
        let bad = "/gotapi/echo?serviceId=nobody&x=%"
        func code(
            _ method: String, _ target: String, origin: String = TestGateway.origin, source: String = "127.0.0.1"
        )
            throws -> Int?
        {
            try test.send(TestGateway.request(method, target, headers: [("Origin", origin)], source: source)).result
        }
        #expect(try code("PATCH", bad, origin: "http://evil.example", source: "10.0.0.1") == 11)
        #expect(try code("PATCH", bad, origin: "http://evil.example") == 18)
        #expect(try code("PATCH", bad) == 3)
        #expect(try code("GET", bad) == 10)
        #expect(try code("GET", "/gotapi//x?serviceId=nobody") == 2)
        #expect(try code("GET", "/gotapi/authorization/x?serviceId=nobody") == 4)
        #expect(try code("GET", "/gotapi/x?serviceId=nobody") == 13)
        let token = try test.authorize()
        #expect(try code("GET", "/gotapi/x?accessToken=\(token)") == 5)
        #expect(try code("GET", "/gotapi/x?serviceId=&accessToken=\(token)") == 5)
        #expect(try code("GET", "/gotapi/x?serviceId=nobody&accessToken=\(token)") == 6)
        #expect(try code("GET", "/gotapi/x?serviceId=\(SamplePlugins.echoID)&accessToken=\(token)") == 14)
    }

    @Test(arguments: [
        ([("Origin", TestGateway.origin), ("origin", TestGateway.origin)], 18),  // two of them
        ([("Origin", "")], 18), ([("Origin", "http://localhost")], 18), ([("Origin", "https://localhost:4035")], 18),
        ([("Origin", "HTTP://LOCALHOST:4035")], 0), ([("Origin", "http://127.0.0.1:4035")], 0),
        ([("Origin", "http://evil.example"), ("Referer", TestGateway.origin + "/")], 18),
        ([("Referer", "http://evil.example/")], 18), ([("Referer", "nonsense")], 18), ([], 18),
        ([("Referer", "http://user@localhost:4035/x")], 0),
    ])
    func onlyKnownOriginsAreLetIn(headers: [(String, String)], code: Int) throws {
        let answer = try TestGateway().send(TestGateway.request("GET", "/gotapi/availability?key=k", headers: headers))
        #expect(answer.result == code)
        #expect(answer.json["profile"] == nil || code == 0)
    }

    @Test func anOriginThatIsNoHeaderTextIsNotSentBack() throws {
        for origin in ["http://a\u{1}b", "http://ä", String(repeating: "a", count: 600), ""] {
            let answer = try TestGateway().send(
                TestGateway.request("GET", "/gotapi/availability", headers: [("Origin", origin)]))
            #expect(answer.header("Access-Control-Allow-Origin") == "*")
        }
    }

    @Test func aPreflightAllowsTheHeadersThatItAsksFor() throws {
        func preflight(_ requested: String) throws -> TestGateway.Answer {
            try TestGateway().send(
                TestGateway.request(
                    "OPTIONS", "/gotapi/x?%",
                    headers: [("Origin", TestGateway.origin), ("Access-Control-Request-Headers", requested)]))
        }
        let answer = try preflight("content-type, x-a")
        #expect(answer.status == 200)
        #expect(answer.response.body.isEmpty)
        #expect(answer.header("Access-Control-Allow-Headers") == "content-type, x-a")
        #expect(answer.header("Access-Control-Allow-Methods") == "GET, POST, PUT, DELETE, OPTIONS")
        #expect(answer.header("Vary") == "Origin")
        #expect(answer.header("Content-Type") == "application/json")
        #expect(try preflight("x\u{7f}y").header("Access-Control-Allow-Headers") == nil)
    }

    @Test func methodNamesAreCaseSensitive() throws {
        #expect(try TestGateway().send("get", "/gotapi/availability?key=k").status == 405)
    }

    // MARK: - Decoding

    @Test(arguments: [
        ("/gotapi/t/x?serviceId=s&a=%", "t", "x", ""), ("/gotapi/t/x?serviceId=s&a=%0", "t", "x", ""),
        ("/gotapi/t/x?serviceId=s&a=%zz", "t", "x", ""), ("/gotapi/t/x?serviceId=s&a=%ff", "t", "x", ""),
        ("/gotapi/t/x?serviceId=s&a=%00", "t", "x", ""), ("/gotapi/t/x?serviceId=s&%00=a", "t", "x", ""),
        ("/gotapi/%zz/x?serviceId=s", "", "x", "s"), ("/gotapi/t/%ff?serviceId=s", "t", "", "s"),
        ("/gotapi/t/%00?serviceId=s", "t", "", "s"),
    ])
    func whatCannotBeDecodedIsCode10(target: String, profile: String, attribute: String, service: String) throws {
        let answer = try TestGateway().send("GET", target)
        let expected = WireCase.Expectation.undecoded(
            10, 400, profile, attribute, service: service.isEmpty ? nil : service)
        #expect(answer.status == 400)
        #expect(difference(try #require(expected.json), answer.json) == nil)
    }

    @Test func aBodyThatCannotBeDecodedIsCode10WithTheQuerysService() throws {
        let request = TestGateway.request(
            "POST", "/gotapi/t?serviceId=s", headers: Self.form, body: .bytes(Array("serviceId=t&a=%".utf8)))
        let answer = try TestGateway().send(request)
        #expect(answer.status == 400)
        #expect(answer.json["serviceId"]?.text == "s")
        #expect(answer.json["product"] == nil)
    }

    @Test func aBodyOfMoreThan1MiBIs413AndEndsTheConnection() throws {
        let answer = try TestGateway().send(TestGateway.request("POST", "/gotapi/t?serviceId=s", body: .tooLarge))
        #expect(answer.status == 413)
        #expect(answer.result == 10)
        #expect(answer.json["serviceId"]?.text == "s")
        #expect(answer.response.endsConnection)
        let refused = TestGateway.request("POST", "/gotapi/t", headers: [], body: .tooLarge)
        #expect(try TestGateway().send(refused).response.endsConnection)
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=x", 3), (" Multipart/Form-Data ", 3), ("multipart/form-data2", 13),
        ("text/plain", 13), ("application/x-www-form-urlencoded;charset=x", 10),
    ])
    func mediaTypesAreToldApart(type: String, code: Int) throws {
        let answer = try TestGateway().send(
            TestGateway.request(
                "POST", "/gotapi/t", headers: [("Origin", TestGateway.origin), ("content-TYPE", type)],
                body: .bytes(Array("a=%".utf8))))
        #expect(answer.result == code)
    }

    /// What a plug-in sees of a request, told as `name=value` pairs.
    private static func parameters(_ line: String, body: String = "") throws -> [String] {
        let plugin = SamplePlugins.echo()
        let test = TestGateway([plugin])
        let token = try test.authorize()
        let target = "/gotapi/echo?accessToken=\(token)&serviceId=\(SamplePlugins.echoID)" + line
        _ = try test.send(TestGateway.request("PUT", target, headers: form, body: .bytes(Array(body.utf8))))
        return try #require(plugin.messages(.request).first).parameters.dropFirst().map { "\($0.name)=\($0.value)" }
    }

    @Test(arguments: [
        ("&a=1&b=2", "", ["a=1", "b=2"]), ("&a=1&a=2", "", ["a=2"]), ("&a=1=2", "", ["a=1=2"]), ("&a", "", ["a="]),
        ("&&&a=1&&", "", ["a=1"]), ("&=x", "", ["=x"]), ("&a+b=%2B+", "", ["a b=+ "]), ("&a=b?c/d", "", ["a=b?c/d"]),
        ("&a=1&b=2", "c=3&a=4", ["a=4", "b=2", "c=3"]), ("&a=\u{e4}", "", ["a=ä"]), ("&a=%f0%9f%98%80", "", ["a=😀"]),
        ("&nonce=n&key=k&keyId=i&accesstoken=x", "", ["keyId=i", "accesstoken=x"]),  // never the application's own
    ])
    func parametersAreThoseOfQueryAndBody(line: String, body: String, expected: [String]) throws {
        #expect(try Self.parameters(line, body: body) == expected)
    }

    @Test func manyParametersAreFoundAndTooManyRefused() throws {
        let many = (0..<4_000).map { "&p\($0)=\($0)" }.joined()
        let parameters = try Self.parameters(many, body: "p7=seven&p3999=last")
        #expect(parameters.count == 4_000)
        #expect(parameters[7] == "p7=seven")
        #expect(parameters[3_999] == "p3999=last")
        let request = TestGateway.request(
            "PUT", "/gotapi/t", headers: Self.form, body: .bytes(Array((0...4_096).map { "&p\($0)" }.joined().utf8)))
        #expect(try TestGateway().send(request).result == 10)
    }

    @Test(arguments: [
        ("/gotapi/t/x/further/segments", "t", "x"), ("/gotapi/t/", "t", ""), ("/gotapi/a%2Fb/c%20d+e", "a/b", "c d+e"),
        ("http://localhost:4035/gotapi/t/x", "t", "x"), ("HTTPS://h/gotapi/t", "t", ""), ("http://h", "", ""),
        ("/gotapi/t?a/b", "t", ""), ("/gotapi", "", ""), ("/gotapi?x", "", ""), ("", "", ""), ("*", "", ""),
    ])
    func thePathNamesProfileAndAttribute(target: String, profile: String, attribute: String) throws {
        let answer = try TestGateway().send("GET", target)
        #expect(answer.json["profile"]?.text == profile)
        #expect(answer.json["attribute"]?.text == attribute)
    }

    // MARK: - hmac

    @Test func onlyAnswersAfterTheTokenAreSigned() throws {
        let test = TestGateway([SamplePlugins.echo()])
        let token = try test.authorize()
        func hmac(_ target: String) throws -> String? { try test.send("GET", target).json["hmac"]?.text }
        let echo = "/gotapi/echo?serviceId=\(SamplePlugins.echoID)&nonce=n"
        #expect(try hmac(echo + "&accessToken=\(token)") == TestGateway.hmac("n"))
        #expect(try hmac("/gotapi/x?nonce=n&accessToken=\(token)") == TestGateway.hmac("n"))
        #expect(try hmac("/gotapi/servicediscovery?nonce=n&accessToken=\(token)") == TestGateway.hmac("n"))
        #expect(try hmac("/gotapi/echo?nonce=&accessToken=\(token)") == nil)
        #expect(try hmac(echo) == nil)
        #expect(try hmac(echo + "&accessToken=x") == nil)
        #expect(try hmac("/gotapi/authorization/grant?nonce=n") == nil)
        #expect(try hmac("/gotapi/authorization/accesstoken?nonce=n") == nil)
        #expect(try hmac("/gotapi/availability?key=k&nonce=n") == nil)
    }

    // MARK: - Settings

    @Test func settingsCountAtOnce() throws {
        let test = TestGateway()
        let foreign = TestGateway.request("GET", "/gotapi/availability?key=k", source: "10.1.2.3")
        #expect(try test.send(foreign).result == 11)
        let ranges = try AddressRanges(["10.0.0.0/8"])
        test.gateway.apply(TestGateway.settings { $0.allowedAddresses = ranges })
        #expect(try test.send(foreign).result == 0)
    }

    @Test func withoutAuthorizationAllRequestsBelongToTheDebugClient() throws {
        let plugin = SamplePlugins.echo()
        let test = TestGateway([plugin]) { $0.isAuthorizationDisabled = true }
        let echo = "/gotapi/echo?serviceId=\(SamplePlugins.echoID)&nonce=n&msg=m"
        for (target, origin) in [(echo, nil), (echo + "&accessToken=bogus", "http://evil.example"), (echo, "null")] {
            let headers = origin.map { [("Origin", $0)] } ?? []
            let answer = try test.send(TestGateway.request("GET", target, headers: headers))
            #expect(answer.status == 200)
            #expect(answer.json["hmac"] == nil)
        }
        let messages = plugin.messages(.request)
        #expect(Set(messages.map(\.client)) == [Client.debug.number])
        #expect(messages.map(\.package) == ["", "http://evil.example", "null"])
        #expect(plugin.messages(.clientID).count == 1)
        // A known token still is its client, and an address list still counts.
        let token = try test.authorize()
        #expect(try test.send("GET", echo + "&accessToken=\(token)").json["hmac"]?.text == TestGateway.hmac("n"))
        #expect(try test.send(TestGateway.request("GET", echo, headers: [], source: "10.0.0.1")).result == 11)
    }
}
