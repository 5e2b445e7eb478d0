// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@Suite struct WebValueTests {
    @Test(arguments: [
        ("a+b%20c", true, "a b c"), ("a+b", false, "a+b"), ("%E3%81%82", true, "あ"), ("%2f%2F", false, "//"),
        ("", true, ""),
    ])
    func percentEncodingIsDecoded(text: String, plusIsSpace: Bool, decoded: String) {
        #expect(PercentEncoding.decode(text.utf8, plusIsSpace: plusIsSpace) == decoded)
    }

    @Test(arguments: ["%", "%4", "%zz", "%E0%A4%A", "%ff", "%00", "a\u{0}b", "%C0%80"])
    func brokenPercentEncodingIsRefused(text: String) {
        #expect(PercentEncoding.decode(text.utf8, plusIsSpace: true) == nil)
    }

    @Test(
        arguments: [
            ("/gotapi/echo?a=1?b", "/gotapi/echo", "a=1?b"), ("/", "/", nil), ("/?", "/", ""),
            ("http://localhost:4035/gotapi?x", "/gotapi", "x"), ("HTTPS://h", "/", nil), ("https://h?x=1", "/", "x=1"),
        ] as [(String, String, String?)])
    func targetsAreSplit(target: String, path: String, query: String?) throws {
        let target = try #require(RequestTarget(target))
        #expect(target.path == path)
        #expect(target.query.map { String($0) } == query)
    }

    @Test(arguments: ["", "*", "localhost:80", "gotapi/echo", "?x"])
    func otherTargetsAreRefused(target: String) {
        #expect(RequestTarget(target) == nil)
    }

    @Test(arguments: [("/", []), ("/gotapi", ["gotapi"]), ("/gotapi/", ["gotapi"]), ("/a//b/", ["a", "", "b"])])
    func segmentsAreFound(path: String, segments: [Substring]) throws {
        #expect(try #require(RequestTarget(path)).segments == segments)
    }
}
