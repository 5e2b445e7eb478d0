// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIWeb

struct ResponseEncoderTests {
    static func head(_ status: Int, _ headers: [WebRequest.Header] = [], length: Int? = 0) -> String {
        var bytes: [UInt8] = []
        ResponseEncoder.appendHead(
            status: status, headers: headers, contentLength: length, persistence: .kept,
            date: Array("Date: now\r\n".utf8),
            to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
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
