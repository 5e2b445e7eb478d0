// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIWeb

@Suite(.timeLimit(.minutes(1)))
struct StaticFilesTests {
    /// root/ has what is served, beside it lies what must not be.
    private func withFiles(
        _ prepare: (TemporaryFolder) -> Void = { _ in }, work: (RawClient, TemporaryFolder, StaticFiles) throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        folder.write("secret", to: "secret.txt")
        folder.makeFolder("other")
        folder.write("secret", to: "other/secret.txt")
        folder.makeFolder("root")
        folder.write("<p>", to: "root/index.html")
        folder.write("0123456789", to: "root/digits.txt")
        folder.write("hidden", to: "root/.hidden")
        folder.makeFolder("root/.git")
        folder.write("hidden", to: "root/.git/config")
        folder.makeFolder("root/page")
        folder.write("page", to: "root/page/index.html")
        folder.makeFolder("root/empty")
        prepare(folder)
        let files = StaticFiles(documentRoot: folder.path + "/root") { _ in true }
        try await withServer(files: files) { server in try work(try server.client(), folder, files) }
    }

    @Test func aFileIsServedWithWhatDescribesIt() async throws {
        try await withFiles { client, _, _ in
            let response = try client.get("/digits.txt?v=1")
            #expect(response.status == 200)
            #expect(response.text == "0123456789")
            #expect(response.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(response.headers["x-content-type-options"] == "nosniff")
            #expect(response.headers["cache-control"] == "no-cache")
            #expect(response.headers["content-security-policy"] == nil)
            let tag = try #require(response.headers["etag"])
            #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
            #expect(response.headers["last-modified"].flatMap(HTTPDate.parse) != nil)

            let head = try client.get("/digits.txt", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == "10")
            let unmodified = try client.get("/digits.txt", ["If-None-Match: \(tag)"])
            #expect(unmodified.status == 304)
            #expect(unmodified.headers["etag"] == tag)
            #expect(unmodified.headers["content-length"] == nil)
            #expect(try client.get("/digits.txt", ["If-Match: \"x\""]).status == 412)
        }
    }

    @Test func partsOfAFileAreServed() async throws {
        try await withFiles { client, _, _ in
            let part = try client.get("/digits.txt", ["Range: bytes=2-4"])
            #expect(part.status == 206)
            #expect(part.text == "234")
            #expect(part.headers["content-range"] == "bytes 2-4/10")
            let beyond = try client.get("/digits.txt", ["Range: bytes=10-"])
            #expect(beyond.status == 416)
            #expect(beyond.headers["content-range"] == "bytes */10")
            #expect(try client.get("/digits.txt", ["Range: bytes=0-1,4-5"]).text == "0123456789")
            #expect(try client.get("/digits.txt", ["Range: bytes=0-1", "If-Range: \"x\""]).status == 200)
            let head = try client.get("/digits.txt", ["Range: bytes=2-4"], method: "HEAD")
            #expect(head.status == 200)
        }
    }

    @Test func foldersHaveAnIndexOrNothing() async throws {
        try await withFiles { client, _, _ in
            #expect(try client.get("/").text == "<p>")
            #expect(try client.get("/page/").text == "page")
            let redirection = try client.get("/page")
            #expect(redirection.status == 301)
            #expect(redirection.headers["location"] == "/page/")
            #expect(try client.get("/empty/").status == 404)
            #expect(try client.get("/empty").status == 404)
            #expect(try client.get("/digits.txt/").status == 404)
            #expect(try client.get("/missing").status == 404)
        }
    }

    @Test(arguments: [
        "/../secret.txt", "/%2e%2e/secret.txt", "/page/../../secret.txt", "/..%2fsecret.txt", "/..%5csecret.txt",
        "/..\\secret.txt", "/%5c..%5csecret.txt", "//secret.txt", "/.hidden", "/.git/config", "/%2ehidden",
        "/page/%2e/index.html",
        "/secret.txt", "/out/secret.txt", "/out", "/escape.txt", "/absolute.txt", "/proc", "/tohidden", "/loop",
        "/fifo",
        "/updown.txt",
    ])
    func nothingOutsideAndNothingHiddenIsServed(path: String) async throws {
        try await withFiles { folder in
            folder.link("root/out", to: "../other")
            folder.link("root/escape.txt", to: "../secret.txt")
            folder.link("root/absolute.txt", to: folder.path + "/root/digits.txt")
            folder.link("root/proc", to: "/proc/self/environ")
            folder.link("root/tohidden", to: ".git/config")
            folder.link("root/loop", to: "loop")
            folder.link("root/updown.txt", to: "../root/digits.txt")
            mkfifo(folder.path + "/root/fifo", 0o644)
        } work: { client, _, _ in
            let response = try client.get(path)
            #expect(response.status == 404)
            #expect(!response.text.contains("secret") && !response.text.contains("hidden"))
        }
    }

    @Test func linksThatStayInsideAreServed() async throws {
        try await withFiles { folder in
            folder.link("root/same.txt", to: "digits.txt")
            folder.link("root/page/up.txt", to: "../digits.txt")
            folder.link("root/latest", to: "page")
        } work: { client, _, _ in
            let expected = ["/same.txt": "0123456789", "/page/up.txt": "0123456789", "/latest/": "page"]
            for (path, text) in expected {
                let response = try client.get(path)
                #expect(response.text == text)
            }
        }
    }

    @Test(arguments: ["/a%00b", "/%zz", "/%"]) func malformedPathsAreRefused(path: String) async throws {
        try await withFiles { client, _, _ in
            let response = try client.get(path)
            #expect(response.status == 400)
        }
    }

    @Test func onlyReadingIsAllowed() async throws {
        try await withFiles { client, _, _ in
            let response = try client.get("/digits.txt", method: "DELETE")
            #expect(response.status == 405)
            #expect(response.headers["allow"] == "GET, HEAD")
        }
    }

    @Test func aRefusedAddressIsToldSoInPlainText() async throws {
        try await withFiles { client, folder, files in
            #expect(try client.get("/digits.txt").status == 200)
            files.replace(documentRoot: folder.path + "/root") { _ in false }
            let response = try client.get("/digits.txt")
            #expect(response.status == 403)
            #expect(response.headers["content-type"]?.hasPrefix("text/plain") == true)
            files.replace(documentRoot: folder.path + "/other") { $0 == .loopbackIPv4 }
            #expect(try client.get("/secret.txt").text == "secret")
        }
    }

    @Test func largeFilesArriveWhole() async throws {
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try await withFiles {
            $0.write(bytes, to: "root/large.bin")
        } work: { client, _, _ in
            let response = try client.get("/large.bin")
            #expect(response.headers["content-type"] == "application/octet-stream")
            #expect(response.body == bytes)
            #expect(
                try client.get("/large.bin", ["Range: bytes=1000000-2999999"]).body
                    == Array(bytes[1_000_000..<3_000_000]))
            #expect(try client.get("/digits.txt").text == "0123456789")
        }
    }

    @Test func aFileThatBecomesShorterEndsTheConnection() async throws {
        let folder = TemporaryFolder()
        folder.write([UInt8](repeating: 1, count: 64 << 20), to: "large.bin")
        try await withServer(files: StaticFiles(documentRoot: folder.path) { _ in true }) { server in
            let client = try server.client(receiveBuffer: 4_096)
            try client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.take(10_000)
            #expect(truncate(folder.path + "/large.bin", 0) == 0)
            #expect(try client.takeAll().count < 64 << 20)
            // Others are served.
            folder.write("small", to: "small.txt")
            #expect(try server.client().get("/small.txt").text == "small")
        }
    }
}
