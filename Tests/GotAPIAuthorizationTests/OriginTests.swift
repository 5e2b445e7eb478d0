// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import Testing

@Suite struct OriginTests {
    @Test(arguments: [
        ("http://localhost:4035", "http://localhost:4035"),
        ("HTTPS://LocalHost:4036", "https://localhost:4036"),  // scheme and host in lower case
        ("http://a.example:80", "http://a.example"),  // the default port is left out
        ("https://a.example:443", "https://a.example"),
        ("https://a.example:80", "https://a.example:80"),
        ("https://[::1]:4036", "https://[::1]:4036"),
        ("https://[0:0:0:0:0:0:0:1]:4036", "https://[::1]:4036"),  // RFC 5952's form
        ("https://[::ffff:127.0.0.1]", "https://[::ffff:127.0.0.1]"),  // not 127.0.0.1 to a browser
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
    ])
    func equalOriginsHaveEqualTexts(text: String, expected: String) {
        #expect(Origin(text)?.text == expected)
    }

    @Test(arguments: [
        "null", "", "localhost", "http://", "http://a.example/", "http://a.example/x", "http://a.example:", "http:/a",
        "http://a.example:65536", "http://a.example:-1", "http://u@a.example", "http://a b", "http://[::1",
        "http://[a]",
        "http://ä.example", "://a", "1http://a", "file://", "http://[127.0.0.1]", "http://a.example:8x",
    ])
    func whatIsNoOriginIsNone(text: String) { #expect(Origin(text) == nil) }

    @Test(arguments: [
        ("http://localhost:4035/index.html?x=1", "http://localhost:4035"),
        ("https://u:p@a.example:443/", "https://a.example"),
        ("https://a.example?x", "https://a.example"),
        ("https://a.example#x", "https://a.example"),
        ("https://a.example/x@b", "https://a.example"),
    ])
    func aURLHasAnOrigin(url: String, expected: String) { #expect(Origin(ofURL: url)?.text == expected) }

    @Test func aServerHasAnOriginForEachNameAndPort() {
        let origins = Origin.served(isSecure: true, hosts: ["localhost", "::1", "192.168.1.2"], ports: [443, 4036])
        #expect(
            origins.map(\.text) == [
                "https://localhost", "https://localhost:4036", "https://[::1]", "https://[::1]:4036",
                "https://192.168.1.2",
                "https://192.168.1.2:4036",
            ])
    }

    @Test func anEndlessOriginIsNone() {
        #expect(Origin("http://" + String(repeating: "a", count: 10_000)) == nil)
        #expect(Origin(ofURL: "http://" + String(repeating: "a", count: 10_000) + "/") == nil)
    }
}
