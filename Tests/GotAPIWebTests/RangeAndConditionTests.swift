// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIWeb

struct ByteRangeTests {
    @Test(arguments: [
        ("bytes=0-4", 10, ByteRange.part(0..<5)),
        ("bytes=5-", 10, .part(5..<10)),
        ("bytes=-3", 10, .part(7..<10)),
        ("bytes=-30", 10, .part(0..<10)),  // a longer suffix is the whole file, as a part
        ("bytes=0-99", 10, .part(0..<10)),
        ("Bytes = 0-0", 10, .part(0..<1)),  // units have no case
        ("bytes=9-9", 10, .part(9..<10)),
        ("bytes=10-", 10, .unsatisfiable),
        ("bytes=-0", 10, .unsatisfiable),
        ("bytes=0-", 0, .unsatisfiable),
        ("bytes=-5", 0, .unsatisfiable),
        ("bytes=99999999999999999999-", 10, .unsatisfiable),
        ("bytes=0-99999999999999999999", 10, .part(0..<10)),
        ("bytes=0-1,3-4", 10, .whole),  // several ranges
        ("bytes=4-2", 10, .whole),
        ("bytes=a-b", 10, .whole),
        ("bytes=-", 10, .whole),
        ("bytes=1", 10, .whole),
        ("bytes", 10, .whole),
        ("lines=0-1", 10, .whole),
        ("bytes=--1", 10, .whole),
        ("", 10, .whole),
    ])
    func rangeFieldsMean(field: String, size: Int, expected: ByteRange) {
        #expect(ByteRange(field, size: size) == expected)
    }
}

struct FileConditionsTests {
    static let file = FileConditions(
        size: 255, modifiedSeconds: 784_111_777, modifiedNanoseconds: 16, inode: 4_096)
    static let tag = file.entityTag
    static let same = "Sun, 06 Nov 1994 08:49:37 GMT"
    static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    static let after = "Sun, 06 Nov 1994 08:49:38 GMT"

    @Test(
        arguments: [
            ([], FileConditions.Outcome.serve),
            ([("If-None-Match", tag)], .notModified),
            ([("If-None-Match", "W/" + tag)], .notModified),
            ([("If-None-Match", "\"x\", \(tag)")], .notModified),
            ([("If-None-Match", "*")], .notModified),
            ([("If-None-Match", "\"x\"")], .serve),
            ([("If-None-Match", "\"x\""), ("If-Modified-Since", same)], .serve),  // the tag decides alone
            ([("If-Modified-Since", same)], .notModified),
            ([("If-Modified-Since", after)], .notModified),
            ([("If-Modified-Since", before)], .serve),
            ([("If-Modified-Since", "yesterday")], .serve),
            ([("If-Match", tag)], .serve),
            ([("If-Match", "*")], .serve),
            ([("If-Match", "W/" + tag)], .preconditionFailed),  // compared strongly
            ([("If-Match", "\"x\"")], .preconditionFailed),
            ([("If-Match", tag), ("If-Unmodified-Since", before)], .serve),
            ([("If-Unmodified-Since", same)], .serve),
            ([("If-Unmodified-Since", before)], .preconditionFailed),
            ([("If-Range", tag)], .serve),
            ([("If-Range", same)], .serve),
            ([("If-Range", before)], .serveWhole),
            ([("If-Range", "W/" + tag)], .serveWhole),
            ([("If-Range", "\"x\"")], .serveWhole),
            ([("if-none-match", tag), ("If-Range", "\"x\"")], .notModified),
        ] as [([(String, String)], FileConditions.Outcome)])
    func conditionsDecide(fields: [(String, String)], expected: FileConditions.Outcome) {
        let headers = fields.map { WebRequest.Header(name: $0.0, value: $0.1) }
        #expect(Self.file.evaluate(headers) == expected)
    }

    @Test func aTagChangesWithEverythingThatChangesInAFile() {
        let tags = [
            FileConditions(size: 1, modifiedSeconds: 1, modifiedNanoseconds: 1, inode: 1),
            FileConditions(size: 2, modifiedSeconds: 1, modifiedNanoseconds: 1, inode: 1),
            FileConditions(size: 1, modifiedSeconds: 2, modifiedNanoseconds: 1, inode: 1),
            FileConditions(size: 1, modifiedSeconds: 1, modifiedNanoseconds: 2, inode: 1),
            FileConditions(size: 1, modifiedSeconds: 1, modifiedNanoseconds: 1, inode: 2),
        ].map(\.entityTag)
        #expect(Set(tags).count == tags.count)
        #expect(tags[0] == "\"1-1.1-1\"")
    }
}

struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),  // 2100 is no leap year
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    ])
    func datesAreWrittenAndReadBack(seconds: Int, text: String) {
        #expect(HTTPDate.format(seconds) == text)
        #expect(HTTPDate.parse(text) == seconds)
    }

    @Test(arguments: [
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777), ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("06 Nov 1994", nil), ("", nil), ("Sun, 06 Nov 1994 08:49:37", nil), ("Sun, 06 Nov 1994 8:49 GMT", nil),
        ("Sun, 40 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Xyz 1994 08:49:37 GMT", nil),
        ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 24:00:00 GMT", nil),
    ])
    func otherFormsAreReadOrRefused(text: String, seconds: Int?) { #expect(HTTPDate.parse(text) == seconds) }
}

struct MediaTypeTests {
    @Test(arguments: [
        ("index.html", "text/html; charset=utf-8"), ("A.HTM", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"), ("app.js", "text/javascript; charset=utf-8"),
        ("app.mjs", "text/javascript; charset=utf-8"), ("a.json", "application/json"), ("a.svg", "image/svg+xml"),
        ("a.png", "image/png"), ("a.b.jpg", "image/jpeg"), ("a.webp", "image/webp"), ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"), ("a.txt", "text/plain; charset=utf-8"), ("a.pdf", "application/pdf"),
        ("a.mp4", "video/mp4"), ("README", "application/octet-stream"), ("a.unknown", "application/octet-stream"),
        ("a.", "application/octet-stream"),
    ])
    func extensionsHaveTypes(name: String, type: String) { #expect(MediaType.of(name) == type) }
}

struct FilePathTests {
    @Test(
        arguments: [
            ("/", [], true), ("/a", ["a"], false), ("/a/b.html", ["a", "b.html"], false), ("/a/", ["a"], true),
            ("/%61%20b", ["a b"], false), ("/a+b", ["a+b"], false), ("/%5c..%5c", ["\\..\\"], false),
            ("/ä", ["ä"], false),
        ] as [(String, [String], Bool)])
    func pathsAreNames(path: String, names: [String], endsInSlash: Bool) throws {
        let file = try FilePath(path[...])
        #expect(file.names == names)
        #expect(file.endsInSlash == endsInSlash)
    }

    @Test(arguments: [
        ("/..", FilePath.Failure.nothingThere), ("/../a", .nothingThere), ("/a/../../b", .nothingThere),
        ("/%2e%2e/a", .nothingThere), ("/.%2E/a", .nothingThere), ("/./a", .nothingThere),
        ("/.git/config", .nothingThere),
        ("/a/.hidden", .nothingThere), ("//a", .nothingThere), ("/a//b", .nothingThere), ("/a%2Fb", .nothingThere),
        ("/%2e%2e%2fb", .nothingThere), ("/a%00", .malformed), ("/a%", .malformed), ("/%zz", .malformed),
        ("/%ff", .malformed),
    ])
    func pathsThatLeadNowhereAreRefused(path: String, failure: FilePath.Failure) {
        #expect(throws: failure) { try FilePath(path[...]) }
    }
}
