// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@Suite struct JSONScannerTests {
    /// A letter with an accent, and the letter and the accent: equal as Swift's texts, two names in JSON.
    @Test(arguments: [2, 40])
    func namesAreTheirBytes(count: Int) throws {
        let others = (2..<count).map { ",\"n\($0)\":0" }.joined()
        let text = Array("{\"\u{e9}\":1,\"e\u{301}\":2\(others)}".utf8)
        #expect(try JSONScanner.members(of: text).count == count)
    }

    @Test(arguments: [
        "null", "true", "false", "0", "-0", "12", "-1.5", "1e9", "1E-9", "0.1e+2", "\"\"", "\"\\u00e9\\n\\\"\"",
        "[]", "[1,[2,{}]]", "{}", " {\"a\" : [1 , null]}\n", "\"\u{1F600}\"",
    ])
    func acceptsWhatRFC8259Allows(text: String) throws {
        try JSONScanner.validate(Array(text.utf8))
    }

    @Test(arguments: [
        "", " ", "nul", "True", "01", "+1", ".5", "1.", "1e", "-", "\"", "\"\t\"", "\"\\x\"", "\"\\u12g4\"", "'a'",
        "[1,]", "[1 2]", "[", "{", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "1 2", "{} x", "\u{feff}{}", "NaN",
    ])
    func refusesWhatRFC8259DoesNot(text: String) {
        #expect(throws: JSONScanner.SyntaxError.self) { try JSONScanner.validate(Array(text.utf8)) }
    }

    @Test(
        arguments: [
            [0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc0, 0x80, 0x22],
        ] as [[UInt8]])
    func refusesBytesThatAreNotUTF8AndSaysWhere(text: [UInt8]) {
        #expect(throws: JSONScanner.SyntaxError(offset: 1, reason: "not UTF-8")) { try JSONScanner.validate(text) }
    }

    /// Wherever it stands: texts are looked at eight bytes at a time.
    @Test(arguments: 0..<20)
    func whatIsSpecialInATextIsFoundAtEachPlace(place: Int) throws {
        let plain = "!#[]~\u{7f}é\u{80}\u{10ffff} abcdefghijkl"
        func text(_ inserted: String) -> [UInt8] {
            Array("\"\(String(repeating: "a", count: place))\(inserted)\(plain)\"".utf8)
        }
        try JSONScanner.validate(text(""))
        for escape in ["\\\"", "\\\\", "\\u001f", "\\n\\n\\n"] { try JSONScanner.validate(text(escape)) }
        let offset = place + 1
        for control in ["\u{0}", "\u{1f}", "\n"] {
            #expect(throws: JSONScanner.SyntaxError(offset: offset, reason: "a control character must be escaped")) {
                try JSONScanner.validate(text(control))
            }
        }
        #expect(throws: JSONScanner.SyntaxError(offset: offset + 1, reason: "unexpected text after the value")) {
            try JSONScanner.validate(text("\""))
        }
        #expect(throws: JSONScanner.SyntaxError(offset: place + 1, reason: "the text does not end")) {
            try JSONScanner.validate(Array(text("").prefix(place + 1)))
        }
    }

    /// As the standard library has it, wherever it stands.
    @Test(arguments: 0..<10)
    func textIsUTF8AsTheStandardLibrarySays(place: Int) {
        let interesting: [UInt8] = [
            0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
            0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
        ]
        for first in interesting {
            for second in interesting {
                for rest in [[], [0x80], [0xbf, 0x80], [0x80, 0x41], [0x41]] as [[UInt8]] {
                    let bytes = [UInt8](repeating: 0x61, count: place) + [first, second] + rest
                    let isText = String(validating: bytes, as: UTF8.self) != nil
                    #expect(bytes.withUnsafeBytes(isUTF8) == isText, "\(bytes)")
                }
            }
        }
    }

    @Test func depthIsLimited() throws {
        func nested(_ depth: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
        }
        try JSONScanner.validate(nested(64))
        #expect(throws: JSONScanner.SyntaxError.self) { try JSONScanner.validate(nested(65)) }
        #expect(throws: JSONScanner.SyntaxError.self) { try JSONScanner.validate(nested(1_000_000)) }
    }

    @Test func membersAreFoundWithDecodedNames() throws {
        let text = Array(#"{ "a":1, "b\u0063" : {"x":[]} ,"":""}"#.utf8)
        let members = try JSONScanner.members(of: text)
        #expect(members.map(\.name) == ["a", "bc", ""])
        #expect(members.map { String(decoding: text[$0.value], as: UTF8.self) } == ["1", #"{"x":[]}"#, #""""#])
        #expect(String(decoding: text[members[1].nameRange], as: UTF8.self) == #""b\u0063""#)
    }

    @Test(arguments: [3, 40])
    func theLastOfARepeatedNameWins(count: Int) throws {
        let names = (0..<count).map { "\"n\($0)\":\($0)" }
        let text = Array(("{" + (names + ["\"n1\":\"again\""]).joined(separator: ",") + "}").utf8)
        let members = try JSONScanner.members(of: text)
        #expect(members.count == count)
        #expect(String(decoding: text[members[1].value], as: UTF8.self) == "\"again\"")
    }

    @Test(arguments: ["[]", "1", "\"{}\"", "null"])
    func membersNeedAnObject(text: String) {
        #expect(throws: JSONScanner.SyntaxError.self) { try JSONScanner.members(of: Array(text.utf8)) }
    }

    @Test(arguments: [
        ("plain", "\"plain\""), ("\"\\/", "\"\\\"\\\\/\""), ("\n\r\t\u{1}", "\"\\n\\r\\t\\u0001\""), ("é😀", "\"é😀\""),
    ])
    func textIsQuotedAsItMustBeAndReadBack(text: String, json: String) throws {
        #expect(String(decoding: JSONText.quoted(text), as: UTF8.self) == json)
        #expect(try JSONNode(parsing: Array(json.utf8)).text == text)
    }

    @Test(arguments: [
        (#""\ud83d\ude00""#, "😀"), (#""\ud83d""#, "\u{fffd}"), (#""\ude00x""#, "\u{fffd}x"),
        (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"), (#""\ud83dx""#, "\u{fffd}x"), (#""\b\f\/""#, "\u{8}\u{c}/"),
    ])
    func escapesAreDecoded(json: String, text: String) throws {
        #expect(try JSONNode(parsing: Array(json.utf8)).text == text)
    }

    @Test func aTreeRemembersWhereItsValuesStand() throws {
        let node = try JSONNode(parsing: Array("{\n  \"a\": [true, {\"b\": -1}]\n}".utf8))
        #expect(node.object?.first?.offset == 4)
        #expect(node["a"]?.offset == 9)
        #expect(node["a"]?.array?[1]["b"]?.integer == -1)
        #expect(node["a"]?.array?[1]["b"]?.offset == 22)
        #expect(String(decoding: node.bytes, as: UTF8.self) == "{\"a\":[true,{\"b\":-1}]}")
    }
}
