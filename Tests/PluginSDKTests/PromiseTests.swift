// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

/// The header is what was published as ABI 1.0, on this machine's architecture and on another.
@Suite(.timeLimit(.minutes(5))) struct PromiseTests {
    private static let folder = "\(Project.root)/Tests/Fixtures/Published/1.0"

    /// The header with a change in it, and what the change breaks.
    struct Change: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// sed(1)'s words.
        let edit: String
        let complaint: String
    }

    private func compile(include: String, to output: String) async -> Shell.Result {
        await Shell.run(
            ["gcc", "-std=c11", "-g", "-shared", "-fPIC", "-I\(include)", "promise.c", "-o", output], in: Self.folder)
    }

    private func compare(_ library: String) async -> Shell.Result {
        await Shell.run(["abidiff", "\(Self.folder)/gotapi_plugin.abi", library])
    }

    #if arch(x86_64)
    @Test func theTypesAreThoseOfThePublishedHeader() async throws {
        let library = "\(Project.scratch)/promise.so"
        let build = await compile(include: Project.include, to: library)
        try #require(build.status == 0, "\(build.output)")
        let comparison = await compare(library)
        #expect(comparison.status == 0, "\(comparison.output)")
    }

    /// That the comparison finds anything: with each of these a library of 1.0 would no longer work.
    @Test(arguments: [
        Change(
            testDescription: "a member more in the host's table",
            edit: "s/^    uint32_t abi_minor;$/    uint32_t abi_minor; uint64_t more;/",
            complaint: "'struct gotapi_host' changed"),
        Change(
            testDescription: "an argument of another type",
            edit: "s/gotapi_status (\\*GOTAPI_NONNULL log)(\\(.*\\), uint32_t level,/"
                + "gotapi_status (*GOTAPI_NONNULL log)(\\1, uint64_t level,/",
            complaint: "'struct gotapi_host' changed"),
        Change(
            testDescription: "a shorter id in the note", edit: "s/char id\\[64\\]/char id[32]/",
            complaint: "'struct gotapi_note' changed"),
        Change(
            testDescription: "a status with another number", edit: "s/XX(DROPPED, 5,/XX(DROPPED, 55,/",
            complaint: "GOTAPI_DROPPED has changed"),
    ])
    func aChangeIsFound(change: Change) async throws {
        let name = "changed-\(await Project.number())"
        let include = "\(Project.scratch)/\(name)"
        // Without its own assertions, which would stop it earlier.
        let edit = await Shell.run([
            "sh", "-c",
            "mkdir '\(include)' && sed -e \"$1\" -e '/^GOTAPI_STATIC_ASSERT(sizeof/d' -e '/^GOTAPI_ASSERT_OFFSET/d'"
                + " '\(Project.include)/gotapi_plugin.h' >'\(include)/gotapi_plugin.h'", "sh", change.edit,
        ])
        try #require(edit.status == 0, "\(edit.output)")
        let library = "\(include)/promise.so"
        let build = await compile(include: include, to: library)
        let findings = build.status == 0 ? await compare(library) : build
        #expect(findings.status != 0 && findings.output.contains(change.complaint), "\(findings.output)")
    }

    /// What `gotapi plugin new` wrote when 1.0 was published, built then; the samples of that time are in ``SampleTests``.
    @Test(arguments: ["c", "cpp", "rust", "swift"])
    func aPublishedPluginOfEachLanguageAnswers(language: String) async throws {
        let name = "published-\(language)"
        let library =
            language == "swift"
            ? try await Project.publishedInSwift(name) : "\(Project.published)/libgotapi-plugin-\(name).so"
        let driver = try await PluginDriver.start(library, id: "com.example.\(name)")
        for _ in 1...2 {
            let answer = try await driver.request(service: "com.example.\(name).1", profile: name)
            #expect(answer?["data"]?.text == "Hello from \(name).")
            #expect(try await driver.request("put", profile: name)?["errorMessage"]?.text == "Only GET is supported.")
            try await driver.stop()
            try driver.send(.start)
            #expect(await driver.next() == .started)
        }
        try await driver.stop()
        #expect(driver.log == [])
    }
    #endif

    /// A C plug-in for another architecture runs in a host that was made from the header alone. Debian: qemu-user.
    @Test(arguments: [["gcc"], ["aarch64-linux-gnu-gcc", "qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]])
    func aPluginRunsInAHostMadeFromTheHeader(compilerAndEmulator: [String]) async throws {
        let compiler = compilerAndEmulator[0]
        let folder = "\(Project.scratch)/host-\(compiler)"
        let host = "\(folder)/abi_host"
        let build = await Shell.run([
            "sh", "-c",
            """
            set -e; mkdir '\(folder)'; cd '\(Project.root)'
            \(compiler) -std=gnu11 -O1 -g -Wall -Wextra -Wpedantic -Werror -I'\(Project.include)' -o '\(host)' \
                PluginSDK/c/tests/abi_host.c -ldl
            for library in plugins/helloworld Tests/Fixtures/Plugins/oracle Tests/Fixtures/Plugins/disc; do
                make -s -C $library CC=\(compiler) OUTPUT='\(folder)'
            done
            """,
        ])
        try #require(build.status == 0, "\(build.output)")
        for (library, requests, answers) in Self.exchanges {
            let run = await Shell.run(
                ["sh", "-c", "requests=$1; shift; printf '%s\\n' \"$requests\" | \"$@\"", "sh", requests]
                    + compilerAndEmulator.dropFirst() + [host, "\(folder)/libgotapi-plugin-\(library).so"])
            #expect(run.status == 0)
            #expect(run.output == answers + "\n", "\(library)")
        }
    }

    private static let exchanges = [
        (
            "helloworld", "get echo - msg=hello\nget other -",
            """
            plugin com.github.futomi.hello-world 1.0.0
            answer {"result":0,"data":"hello"}
            answer {"result":400,"errorMessage":"Unknow profile was requested."}
            """
        ),
        (
            "oracle",
            """
            get t raw set={"a":1}
            get t twice
            get t silent
            get t late
            get t push set={"tick":1}
            get t other
            """,
            """
            plugin com.example.oracle 1.0
            answer {"a":1}
            answer {"data":1}
            expired
            unanswered
            answer {"result":0,"data":"late"}
            answer {"result":0,"data":null}
            push {"tick":1}
            answer {"result":0,"data":"ok"}
            """
        ),
        (
            "disc", "discover",
            """
            plugin com.example.disc 1.0
            answer {"services":[{"serviceId":"disc-dynamic","name":"dyn","online":true,"scopes":["t"]}]}
            """
        ),
    ]
}
