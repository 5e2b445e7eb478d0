// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import Testing

/// Every row of Tests/Fixtures/Plugins/README.md that needs no restart: a bad library is named with its code and reason, or
/// costs its own requests, and the others are served throughout.
@Suite(.serialized) struct MisbehavingPluginTests {
    /// The codes that a library which must not be served may get.
    private static let broken: [String: Set<String>] = [
        "wrongmajor": ["ABI_MAJOR"], "constructor": ["ABI_MAJOR"],
        "noteid": ["NOT_A_PLUGIN", "BAD_DESCRIPTOR"], "noteunterminated": ["NOT_A_PLUGIN", "BAD_DESCRIPTOR"],
        "notesize": ["NOT_A_PLUGIN", "BAD_ELF"], "nonote": ["NOT_A_PLUGIN"], "noentry": ["NOT_A_PLUGIN"],
        "hiddenentry": ["NOT_A_PLUGIN"], "textfile": ["NOT_A_PLUGIN"], "emptyfile": ["NOT_A_PLUGIN"],
        "truncated": ["BAD_ELF"], "otherarchitecture": ["WRONG_ARCHITECTURE"], "executablestack": ["BAD_ELF"],
        "textrelocations": ["BAD_ELF"], "missinglibrary": ["MISSING_LIBRARY"],
        "undefinedsymbol": ["MISSING_LIBRARY"], "entryrefuses": ["ENTRY_REFUSED"], "otherid": ["BAD_DESCRIPTOR"],
        "descriptorsize": ["BAD_DESCRIPTOR", "ABI_MAJOR"], "nullid": ["BAD_DESCRIPTOR"],
        "idlength": ["BAD_DESCRIPTOR"], "nameutf8": ["BAD_DESCRIPTOR"], "namelength": ["BAD_DESCRIPTOR"],
        "nostart": ["BAD_DESCRIPTOR"], "nostop": ["BAD_DESCRIPTOR"], "noonmessage": ["BAD_DESCRIPTOR"],
        "unknownflags": ["BAD_DESCRIPTOR"], "otherflags": ["BAD_DESCRIPTOR"], "servicesjson": ["BAD_DESCRIPTOR"],
        "servicesobject": ["BAD_DESCRIPTOR"], "servicesutf8": ["BAD_DESCRIPTOR"],
        "servicemember": ["BAD_DESCRIPTOR"], "startfails": ["START_FAILED"], "startstatus": ["START_FAILED"],
        "starthangs": ["START_TIMEOUT"],
    ]

    /// These end the process that they run in.
    private static let crashing: [String: Set<String>] = ["entrycrashes": ["CRASHED"], "startcrashes": ["CRASHED"]]

    static let echo = "com.github.futomi.hello-world.echo"

    static func install(_ names: some Sequence<String>, in folder: TestFolder) async throws -> String {
        try await folder.install(
            names.map { "\(try TestBuild.fixtures)/libgotapi-plugin-\($0).so" }
                + ["\(try TestBuild.plugins)/libgotapi-plugin-helloworld.so"])
    }

    static func expectEcho(_ application: TestApplication) async throws {
        let answer = try await application.request("GET", "echo", service: echo, parameters: [("msg", "there")])
        #expect(try answer.json["data"]?.text == "there", "\(answer.text)")
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["process", "none"])
    func everyBrokenLibraryIsNamedWithItsCodeAndTheOthersAreServed(isolation: String) async throws {
        let expected =
            isolation == "process"
            ? Self.broken.merging(Self.crashing) { $1 }
            : Self.broken.merging(["uniquesymbols": ["UNIQUE_SYMBOLS"]]) { $1 }
        let folder = try TestFolder()
        let plugins = try await Self.install(expected.keys, in: folder)
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: plugins, more: ", \"plugins\": {\"isolation\": \"\(isolation)\"}")
        try await withClient(port: port) { application in
            try await Self.expectEcho(application)
            // The one whose start never returns is given 10 s.
            try await waitUntil {
                try await GatewayProcess.list(in: folder).array?.allSatisfy { $0["state"]?.text != "starting" } == true
            }
            for plugin in try #require(try await GatewayProcess.list(in: folder).array) {
                let file = plugin["file"]?.text ?? ""
                let name = file.split(separator: "libgotapi-plugin-").last?.dropLast(3).description ?? ""
                guard let codes = expected[name] else {
                    #expect(plugin["state"]?.text == "running", "\(name)")
                    continue
                }
                #expect(plugin["state"]?.text == "refused", "\(name)")
                #expect(codes.contains(plugin["failure"]?["code"]?.text ?? ""), "\(name): \(plugin)")
                #expect(plugin["failure"]?["reason"]?.text?.isEmpty == false)
            }
            try await Self.expectEcho(application)
        }
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
    }

    /// What one misbehaving request is answered with: the HTTP status and `errorCode`.
    private static let served: [(name: String, status: Int, code: String?)] = [
        ("neveranswers", 500, "7"), ("forgets", 500, "1"), ("answerstwice", 200, nil), ("ownthread", 200, nil),
        ("afterdeadline", 500, "7"), ("neverreleases", 200, nil), ("releasestwice", 200, nil), ("badjson", 500, "1"),
        ("toolarge", 500, "1"), ("blocks", 500, "7"),
    ]

    @Test(.timeLimit(.minutes(2)), arguments: ["process", "none"])
    func aMisbehavingPluginCostsItsOwnRequestsOnly(isolation: String) async throws {
        let folder = try TestFolder()
        let plugins = try await Self.install(
            Self.served.map(\.name) + (isolation == "process" ? ["crashes"] : []), in: folder)
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: plugins,
            more: ", \"plugin_response_timeout\": 2, \"plugins\": {\"isolation\": \"\(isolation)\"}")
        try await withClient(port: port) { application in
            for (name, status, code) in Self.served {
                // Blocks for 60 s if not told otherwise; here until the deadline is behind us.
                let answer = try await application.request(
                    "GET", "t/misbehave", service: name, parameters: [("seconds", "3")])
                #expect(answer.status == status, "\(name): \(answer.text)")
                #expect(try answer.json["errorCode"]?.text == code, "\(name): \(answer.text)")
                try await Self.expectEcho(application)
            }
            if isolation == "process" {
                let answer = try await application.request("GET", "t/misbehave", service: "crashes")
                #expect(answer.status == 502, "\(answer.text)")
                try await Self.expectEcho(application)
            }
            for (name, _, _) in Self.served where name != "blocks" {
                let answer = try await application.request("GET", "t/ok", service: name)
                #expect(answer.status == 200, "\(name): \(answer.text)")
            }
        }
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["process", "none"])
    func aFloodOfLogLinesIsBoundedAndCleaned(isolation: String) async throws {
        let folder = try TestFolder()
        let plugins = try await Self.install(["logs"], in: folder)
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: plugins, more: ", \"plugins\": {\"isolation\": \"\(isolation)\"}")
        try await withClient(port: port) { application in
            let answer = try await application.request("GET", "t/misbehave", service: "logs")
            #expect(answer.status == 200, "\(answer.text)")
            try await Self.expectEcho(application)
        }
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
        // 100,000 lines were written; a line of the log is some 150 bytes.
        #expect(process.output.utf8.count < 4 << 20)
        #expect(!process.output.utf8.contains(0x1b), "a control character reached the terminal")
    }
}
