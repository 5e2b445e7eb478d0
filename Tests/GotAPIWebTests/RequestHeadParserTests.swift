// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore
import Testing

@testable import GotAPIWeb

struct RequestHeadParserTests {
    static func parse(_ text: String) throws -> RequestHead? {
        var parser = RequestHeadParser()
        var buffer = ByteBuffer(string: text)
        return try parser.next(from: &buffer)
    }

    @Test func aHeadIsReadAndWhatFollowsStays() throws {
        var parser = RequestHeadParser()
        var buffer = ByteBuffer(string: "\r\nPUT /a?b=c HTTP/1.1\r\nHost: x:1\r\nA:  b c \t\r\nB:\r\n\r\nrest")
        let head = try #require(try parser.next(from: &buffer))
        #expect(head.method == "PUT")
        #expect(head.target == "/a?b=c")
        #expect(!head.isHTTP10)
        #expect(
            head.headers == [
                .init(name: "Host", value: "x:1"), .init(name: "A", value: "b c"), .init(name: "B", value: ""),
            ])
        #expect(head.framing == .length(0))
        #expect(head.keepsAlive)
        #expect(String(buffer: buffer) == "rest")
    }

    @Test func aHeadMayComeByteByByte() throws {
        let text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.0\r\n\r\n"
        var parser = RequestHeadParser()
        var buffer = ByteBuffer()
        var targets: [String] = []
        for byte in text.utf8 {
            buffer.writeInteger(byte)
            if let head = try parser.next(from: &buffer) { targets.append(head.target) }
        }
        #expect(targets == ["/", "/b"])
        #expect(buffer.readableBytes == 0)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n",  // no Host
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",  // bare LF
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",  // a blank before the colon
        "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",  // continued
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\u{0}c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\u{7f}\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1,1\r\nHost: a\r\n\r\n",
        "GET / HTTP/11\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\u{16}\u{3}\u{1}",  // TLS on a plain port: known by the first byte
        "\r\n\r\n\r\n\r\n\r\n\r\nGET",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func brokenRequestsAreRefused(text: String) {
        #expect(throws: RequestHead.Refusal(status: 400)) { try Self.parse(text) }
    }

    @Test(arguments: [
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417),
        ("GET / HTTP/1.1\r\nHost: a\r\nA: \(String(repeating: "a", count: 16 << 10))\r\n\r\n", 431),
        ("GET /\(String(repeating: "a", count: 16 << 10))", 431),  // before its end is there
    ])
    func otherRequestsAreRefusedWithTheirStatus(text: String, status: Int) {
        #expect(throws: RequestHead.Refusal(status: status)) { try Self.parse(text) }
    }

    @Test func theLimitCountsEveryByteOfTheHead() throws {
        let frame = "GET / HTTP/1.1\r\nHost: a\r\nA: \r\n\r\n"
        let fill = String(repeating: "x", count: Limits.requestHead - frame.utf8.count)
        func text(_ fill: String) -> String { frame.replacing("A: ", with: "A: " + fill) }
        #expect(try Self.parse(text(fill)) != nil)
        #expect(throws: RequestHead.Refusal(status: 431)) { try Self.parse(text(fill + "x")) }
    }

    @Test(arguments: [
        ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: foo, Close\r\n", false),
        ("1.0", "", false), ("1.0", "Connection: Keep-Alive\r\n", true), ("1.9", "", true),
    ])
    func theConnectionLivesOnAsAsked(version: String, field: String, keepsAlive: Bool) throws {
        #expect(try Self.parse("GET / HTTP/\(version)\r\nHost: a\r\n\(field)\r\n")?.keepsAlive == keepsAlive)
    }

    @Test(arguments: [
        ("Content-Length: 17\r\n", RequestHead.Framing.length(17)),
        ("Content-Length: 99999999999999999999\r\n", .length(.max)),
        ("Transfer-Encoding: Chunked\r\n", .chunked),
    ])
    func framingIsRead(field: String, framing: RequestHead.Framing) throws {
        #expect(try Self.parse("POST / HTTP/1.1\r\nHost: a\r\n\(field)\r\n")?.framing == framing)
    }

    @Test func bytesThatAreNoUTF8StayEncodedInTheTarget() throws {
        var parser = RequestHeadParser()
        var buffer = ByteBuffer(bytes: Array("GET /".utf8) + [0xff, 0xc3] + Array(" HTTP/1.0\r\n\r\n".utf8))
        #expect(try parser.next(from: &buffer)?.target == "/%ff%c3")
        #expect(try Self.parse("GET /ä HTTP/1.0\r\n\r\n")?.target == "/ä")
    }
}

struct ChunkedBodyTests {
    /// Feeds byte by byte.
    static func read(_ text: String, limit: Int = 100) throws -> (ChunkedBody.Step, [UInt8], rest: Int) {
        var body = ChunkedBody(limit: limit)
        var buffer = ByteBuffer()
        var step = ChunkedBody.Step.needsMore
        for byte in text.utf8 {
            buffer.writeInteger(byte)
            if step == .needsMore { step = try body.read(from: &buffer) }
        }
        return (step, body.bytes, buffer.readableBytes)
    }

    @Test(arguments: [
        ("0\r\n\r\n", ""), ("3\r\nabc\r\n0\r\n\r\n", "abc"), ("1\r\na\r\n2;x=y\r\nbc\r\n00\r\nT: v\r\n\r\n", "abc"),
        ("A \r\n0123456789\r\n0\r\n\r\n", "0123456789"),
    ])
    func chunksAreJoined(text: String, expected: String) throws {
        let (step, bytes, rest) = try Self.read(text)
        #expect(step == .whole)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        #expect(rest == 0)
    }

    @Test func whatFollowsTheBodyStays() throws { #expect(try Self.read("0\r\n\r\nGET").rest == 3) }

    @Test(arguments: [
        "65\r\n", "ffffffffffffffffffff\r\n", "64\r\n" + String(repeating: "a", count: 100) + "\r\n1\r\n",
    ])
    func tooMuchIsSaidAtOnce(text: String) throws { #expect(try Self.read(text).0 == .tooLarge) }

    @Test(arguments: [
        "\r\n", "x\r\n", "-1\r\n", "1\nab", "1\r\nab\r\n", " 1\r\n", "1 x\r\n", "3;\u{1}\r\n",
        String(repeating: "0", count: 300),
    ])
    func brokenChunksAreRefused(text: String) {
        #expect(throws: RequestHead.Refusal(status: 400)) { try Self.read(text) }
    }

    @Test func endlessTrailersAreRefused() {
        let trailers = String(repeating: "A: \(String(repeating: "b", count: 1_000))\r\n", count: 20)
        #expect(throws: RequestHead.Refusal(status: 431)) { try Self.read("0\r\n" + trailers) }
    }
}

struct ResponseEncoderTests {
    static func head(_ status: Int, _ headers: [WebRequest.Header] = [], length: Int? = 0) -> String {
        var buffer = ByteBuffer()
        ResponseEncoder.appendHead(
            status: status, headers: headers, contentLength: length, persistence: .kept,
            date: Array("Date: now\r\n".utf8),
            to: &buffer)
        return String(buffer: buffer)
    }

    @Test func aHeadHasLengthAndDate() {
        #expect(
            Self.head(200, [.init(name: "A", value: "b")], length: 12)
                == "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 12\r\nDate: now\r\n\r\n")
        #expect(Self.head(304, length: nil) == "HTTP/1.1 304 Not Modified\r\nDate: now\r\n\r\n")
    }

    @Test func aValueCannotBeginAFieldOfItsOwn() {
        let text = Self.head(200, [.init(name: "A", value: "b\r\nSet-Cookie: x"), .init(name: "C\n", value: "\u{0}")])
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\nA: b  Set-Cookie: x\r\nC :  \r\nContent-Length: 0\r\n"))
    }
}
