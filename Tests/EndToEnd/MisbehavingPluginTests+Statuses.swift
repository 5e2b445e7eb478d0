// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import Testing

/// What a plug-in is told about its own misbehaviour, as it reports it itself.
extension MisbehavingPluginTests {
    /// What the host functions must return to each during its misbehaviour: the column `statuses` of the fixtures' README.
    private static let statuses: [(name: String, expected: [Int])] = [
        ("answerstwice", [0, 3]), ("ownthread", [9, 0, 0]), ("neverreleases", [0, 0, 0]),
        ("releasestwice", [0, 0, 4, 0, 4]), ("stalehandle", Array(repeating: 4, count: 10)),
        ("badjson", [8, 8, 2, 2, 8]), ("toolarge", [7]), ("neveranswers", [0, 0]), ("afterdeadline", [0, 4, 0]),
    ]

    /// The statuses that the plug-in has seen since its last misbehaviour.
    private static func seen(by name: String, _ application: TestApplication) async throws -> [Int] {
        let answer = try await application.request("GET", "t/status", service: name)
        #expect(answer.status == 200, "\(name): \(answer.text)")
        return try answer.json["statuses"]?.array?.compactMap(\.integer) ?? []
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["process", "none"])
    func aPluginIsToldWhatItDidWrong(isolation: String) async throws {
        let folder = try TestFolder()
        let plugins = try await Self.install(Self.statuses.map(\.name), in: folder)
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: plugins,
            more: ", \"plugin_response_timeout\": 1, \"plugins\": {\"isolation\": \"\(isolation)\"}")
        try await withClient(port: port) { application in
            for (name, expected) in Self.statuses {
                // The second time there is an earlier message, whose handle is stale.
                for _ in 0..<2 {
                    _ = try await application.request("GET", "t/misbehave", service: name)
                    // A thread of the plug-in, or the end of the deadline there, may come after the answer.
                    try await waitUntil {
                        try await Self.seen(by: name, application).count >= expected.count
                    }
                    let seen = try await Self.seen(by: name, application)
                    #expect(seen == expected, "\(name)")
                }
                try await Self.expectEcho(application)
            }
        }
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
    }

    @Test(.timeLimit(.minutes(2)), arguments: ["process", "none"])
    func pushesWithoutEndAreHeldBackAndOthersGetTheirs(isolation: String) async throws {
        let folder = try TestFolder()
        let plugins = try await Self.install(["pushes", "stream"], in: folder)
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: plugins, more: ", \"plugins\": {\"isolation\": \"\(isolation)\"}")
        try await withClient(port: port) { other in
            let socket = try await other.openSocket()
            #expect(try await other.request("PUT", "t/stream", service: "stream").status == 200)
            try await withClient(port: port) { flooded in
                let flood = try await flooded.openSocket()
                // Its answer is one of many messages for this client; nobody else waits for it.
                async let start = flooded.request("PUT", "t/misbehave", service: "pushes")
                // Milliseconds on an idle machine; half a minute where the flood keeps a thread for itself.
                let patience = Duration.seconds(10)
                let began = ContinuousClock.now
                try await waitUntil { try await Self.seen(by: "pushes", other).contains(6) }
                #expect(ContinuousClock.now - began < patience)
                for _ in 0..<5 {
                    guard case .text(let push) = await socket.next() else {
                        Issue.record("the other client's socket was closed")
                        return
                    }
                    #expect(push.contains("\"serviceId\":\"stream\""), "\(push)")
                    let began = ContinuousClock.now
                    try await Self.expectEcho(other)
                    #expect(ContinuousClock.now - began < patience)
                }
                await flood.close()
                _ = try? await start
            }
            await socket.close()
        }
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["process", "none"])
    func aLibraryThatAnybodyMayWriteIsNotLoadedAndTheOthersAreServed(isolation: String) async throws {
        let folder = try TestFolder()
        let plugins = try await Self.install(["echo", "disc"], in: folder)
        let library = plugins + "/libgotapi-plugin-echo.so"
        try #require(chmod(library, 0o757) == 0)
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: plugins, more: ", \"plugins\": {\"isolation\": \"\(isolation)\"}")
        try await withClient(port: port) { application in
            try await Self.expectEcho(application)
            #expect(try await application.request("GET", "t/echo", service: "echo").status == 404)
        }
        let list = try #require(try await GatewayProcess.list(in: folder).array)
        #expect(list.filter { $0["state"]?.text == "running" }.count == 2)
        let refused = try #require(list.first { $0["state"]?.text == "refused" })
        #expect(refused["file"]?.text == library)
        #expect(refused["failure"]?["code"]?.text == "UNSAFE_PERMISSIONS")
        #expect(refused["failure"]?["reason"]?.text?.contains(library) == true, "\(refused)")
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
        #expect(process.output.contains("UNSAFE_PERMISSIONS"))
    }
}
