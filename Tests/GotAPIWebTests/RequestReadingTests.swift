// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIWeb

/// What a server makes of a client's bytes, through the whole pipeline.
@Suite(.timeLimit(.minutes(1)))
struct RequestReadingTests {
    /// A server that keeps the requests that it answers.
    private func withRecordingServer(
        _ work: (TestServer, _ requests: NIOLockedValueBox<[WebRequest]>) async throws -> Void
    ) async throws {
        let requests = NIOLockedValueBox<[WebRequest]>([])
        let responder = ScriptedResponder { request, completion in
            requests.withLockedValue { $0.append(request) }
            completion(ScriptedResponder.echo(request))
            return nil
        }
        try await withServer(responder: responder) { try await work($0, requests) }
    }

    @Test func aHeadIsReadAsItWasSent() async throws {
        try await withRecordingServer { server, requests in
            let client = try server.client()
            try client.send("\r\nPUT /gotapi/a?b=c HTTP/1.1\r\nHost: x:1\r\nA:  b c \t\r\nB:\r\nC: ä\r\n\r\n")
            #expect(try client.response().text == "PUT /gotapi/a?b=c ")
            #expect(
                requests.withLockedValue { $0.map(\.headers) } == [
                    [
                        .init(name: "Host", value: "x:1"), .init(name: "A", value: "b c"), .init(name: "B", value: ""),
                        .init(name: "C", value: "ä"),
                    ]
                ])
        }
    }

    @Test func requestsMayComeByteByByte() async throws {
        try await withServer { server in
            let client = try server.client()
            let texts = [
                "GET /gotapi/1 HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST /gotapi/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\na\r\n\r\nb",
                "PUT /gotapi/3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n",
                "GET /gotapi/4 HTTP/1.0\r\n\r\n",
            ]
            for byte in texts.joined().utf8 { try client.send([byte]) }
            #expect(try client.response().text == "GET /gotapi/1 ")
            #expect(try client.response().text == "POST /gotapi/2 a\r\n\r\nb")
            #expect(try client.response().text == "PUT /gotapi/3 \r\n\r\n")
            #expect(try client.response().text == "GET /gotapi/4 ")
            #expect(try client.isClosed())
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n",  // no Host
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",  // bare LF
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",  // a blank before the colon
        "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",  // continued
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\u{0}c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\u{7f}\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.9\r\nHost: a\r\n\r\n",
        "GET / HTTP/1,1\r\nHost: a\r\n\r\n",
        "GET / HTTP/11\r\nHost: a\r\n\r\n",
        "GET / ICE/1.0\r\nHost: a\r\n\r\n",
        "GET /ä b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /ä\u{0} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /ä\tb HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /ä\n\r\n",
        "GET / HTTP/1.1ä\r\nHost: a\r\n\r\n",
        "GET ä HTTP/1.1\r\nHost: a\r\n\r\n",
        "GETä / HTTP/1.1\r\nHost: a\r\n\r\n",
        "BREW / HTTP/2.0\r\nHost: a\r\n\r\n",
        "BREW / ICE/1.0\r\nHost: a\r\n\r\n",
        "BREW\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "BREW\r\n\r\n",
        "BREW /\r\n\r\n",
        "BREW\n/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u{16}\u{3}\u{1}",  // TLS on a plain port: known by the first byte
        "garbage\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func brokenRequestsAreRefused(text: String) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send(text)
            let response = try client.response()
            #expect(response.status == 400)
            #expect(response.headers["connection"] == "close")
            #expect(try client.isClosed())
        }
    }

    @Test(arguments: [
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunke\r\nTransfer-Encoding: d\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417),
        ("GET /\(String(repeating: "a", count: 16 << 10))", 431),  // before its end is there
        ("GET /\(String(repeating: "ä", count: 8 << 10))", 431), (String(repeating: "A", count: 17 << 10), 431),
        (String(repeating: "\r\n", count: 9_000), 431), ("GET /\(String(repeating: " ", count: 16 << 10))", 431),
        ("GET / HTTP/1.1\r\nA:\(String(repeating: " ", count: 17_000))", 431),
    ])
    func otherRequestsAreRefusedWithTheirStatus(text: String, status: Int) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send(text)
            #expect(try client.response().status == status)
            #expect(try client.isClosed())
        }
    }

    @Test(arguments: ["A: ", "A:    ", "A"]) func theLimitCountsEveryByteOfTheHead(field: String) async throws {
        // One long value, blanks that are no part of the value, or many fields.
        let frame = "GET /gotapi HTTP/1.1\r\nHost: a\r\n\r\n"
        func text(_ length: Int) -> String {
            let count = length - frame.utf8.count
            let fields =
                field == "A"
                ? String(repeating: "a:\r\n", count: count / 4 - 2) + "b:"
                    + String(repeating: "c", count: count % 4 + 4)
                    + "\r\n"
                : field + String(repeating: "x", count: count - field.utf8.count - 2) + "\r\n"
            return frame.replacing("a\r\n", with: "a\r\n" + fields)
        }
        try await withServer { server in
            let client = try server.client()
            #expect(text(Limits.requestHead).utf8.count == Limits.requestHead)
            // The limit is each request's own.
            for _ in 0..<2 {
                try client.send(text(Limits.requestHead))
                #expect(try client.response().status == 200)
            }
            try client.send(text(Limits.requestHead + 1))
            #expect(try client.response().status == 431)
            #expect(try client.isClosed())
        }
    }

    @Test(arguments: [
        ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: foo, Close\r\n", false),
        ("1.0", "", false), ("1.0", "Connection: Keep-Alive\r\n", true),
    ])
    func theConnectionLivesOnAsAsked(version: String, field: String, livesOn: Bool) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send(
                String(repeating: "GET /gotapi HTTP/\(version)\r\nHost: a\r\n\(field)\r\n", count: livesOn ? 2 : 1))
            #expect(try client.response().status == 200)
            if livesOn { #expect(try client.response().status == 200) } else { #expect(try client.isClosed()) }
        }
    }

    @Test(arguments: [
        "BREW", "B", "brew", "get", "PATCH", "TRACE", "M-SEARCH", "DESCRIBE", "SOURCE", "PRI", "GETS",
        "0-!#$%&'*+.^_`|~",
        String(repeating: "B", count: 2_000),
    ])
    func everyMethodReachesTheResponder(method: String) async throws {
        let requests = [
            "\(method) /gotapi/1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\n\(method)  /gotapi/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
            "GET /gotapi/3 HTTP/1.1\r\nHost: a\r\n\r\n",
            "\(method) /gotapi/4 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n",
        ].joined()
        try await withServer { server in
            for portion in [requests.utf8.count, 1] {
                let client = try server.client()
                for start in stride(from: 0, to: requests.utf8.count, by: portion) {
                    try client.send(Array(requests.utf8.dropFirst(start).prefix(portion)))
                }
                #expect(try client.response().text == "\(method) /gotapi/1 ")
                #expect(try client.response().text == "\(method) /gotapi/2 ab")
                #expect(try client.response().text == "GET /gotapi/3 ")
                #expect(try client.response().text == "\(method) /gotapi/4 c")
            }
        }
    }

    @Test(arguments: [
        ([0xc3, 0xa4], "%c3%a4"),
        ([0xe3, 0x81, 0x82, UInt8(ascii: "?"), 0xff, UInt8(ascii: "="), 0x80], "%e3%81%82?%ff=%80"),
        (Array("%41\u{7e}".utf8) + [0xfe], "%41~%fe"),
    ])
    func bytesBeyondASCIIInATargetAreTheSameAsPercentEncodedOnes(bytes: [UInt8], target: String) async throws {
        func request(_ method: String) -> [UInt8] {
            Array("\(method) /gotapi/".utf8) + bytes + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        }
        try await withServer { server in
            let client = try server.client()
            try client.send(request("GET") + request("BREW"))
            for byte in request("GET") { try client.send([byte]) }
            for method in ["GET", "BREW", "GET"] {
                #expect(try client.response().text == "\(method) /gotapi/\(target) ")
            }
        }
    }

    @Test(arguments: [16_000, 5_000, 100])
    func aByteBeyondASCIICountsForTheLimitAsItsThreeEncodedOnes(
        portion: Int
    ) async throws {
        func request(_ count: Int) -> [UInt8] {
            Array("GET /gotapi/".utf8) + [UInt8](repeating: 0xff, count: count) + Array(" HTTP/1.0\r\n\r\n".utf8)
        }
        try await withRecordingServer { server, requests in
            for (count, status) in [(5_000, 200), (6_000, 431)] {
                let client = try server.client()
                for start in stride(from: 0, to: request(count).count, by: portion) {
                    try client.send(Array(request(count).dropFirst(start).prefix(portion)))
                }
                #expect(try client.response().status == status)
            }
            let target = "/gotapi/" + String(repeating: "%ff", count: 5_000)
            #expect(requests.withLockedValue { $0.map(\.target) } == [target])
        }
    }

    @Test func severalBlanksSeparateTheRequestLineAsOneDoes() async throws {
        // RFC 9112, section 3, permits it: no reader takes such a line for another request.
        try await withServer { server in
            let client = try server.client()
            try client.send("GET  /gotapi   HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == "GET /gotapi ")
        }
    }

    @Test(arguments: [
        ("0\r\n\r\n", ""), ("3\r\nabc\r\n0\r\n\r\n", "abc"), ("1\r\na\r\n2;x=y\r\nbc\r\n00\r\nT: v\r\n\r\n", "abc"),
        ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("4\r\n\r\n\r\n\r\n0\r\nT: v\r\nU:\r\n\r\n", "\r\n\r\n"),
    ])
    func chunksAreJoinedAndWhatFollowsIsTheNextRequest(text: String, expected: String) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("POST /gotapi HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n" + text)
            #expect(try client.response().text == "POST /gotapi " + expected)
            try client.send("POST /gotapi HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + text)
            try client.send("GET /gotapi/next HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == "POST /gotapi " + expected)
            #expect(try client.response().text == "GET /gotapi/next ")
        }
    }

    @Test(arguments: [
        ("\r\n", 400), ("x\r\n", 400), ("-1\r\n", 400), ("0x1\r\n", 400), ("1\nab", 400), ("1\r\nab\r\n", 400),
        ("1\r\na\n0\r\n\r\n", 400), (" 1\r\n", 400), ("1 x\r\n", 400), ("3;\u{1}\r\n", 400), ("1;a\nb\r\n", 400),
        ("fffffffffffffffff\r\n", 400), ("0\r\nA: b\n\r\n", 400), ("0\r\n\n", 400), ("0\r\n: b\r\n\r\n", 400),
        ("0\r\n" + String(repeating: "A: \(String(repeating: "b", count: 1_000))\r\n", count: 20), 431),
        ("0\r\nA:" + String(repeating: " ", count: 70_000), 431),
    ])
    func brokenChunksAreRefused(text: String, status: Int) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("POST /gotapi HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + text)
            #expect(try client.response().status == status)
            #expect(try client.isClosed())
        }
    }

    @Test(arguments: [
        "GET /gotapi/1 HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "GET /gotapi/1 HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n",
        "POST /gotapi/1 HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nab",
        "POST /gotapi/1 HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "2\r\nab\r\n0\r\n\r\n",
    ])
    func whatFollowsAnUpgradeThatIsNotMadeIsHTTP(request: String) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send(request + request + "GET /gotapi/2 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.shutdownOutput()
            for _ in 0..<2 { #expect(try client.response().text.contains(" /gotapi/1 ")) }
            #expect(try client.response().text == "GET /gotapi/2 ")
            #expect(try client.isClosed())
        }
    }

    @Test func nothingIsReadBehindCONNECT() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nGET /gotapi HTTP/1.1\r\n\r\n")
            #expect(try client.response().status == 400)
            #expect(try client.isClosed())
        }
    }
}
