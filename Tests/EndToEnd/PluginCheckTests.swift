// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPITesting
import Testing

/// `gotapi plugin check` as an author uses it: a table or JSON, and an exit status.
@Suite(.serialized, .timeLimit(.minutes(2))) struct PluginCheckTests {
    private static func check(_ arguments: [String]) async throws -> TestProcess.Outcome {
        try await TestProcess.run("\(TestBuild.products)/gotapi", ["plugin", "check"] + arguments)
    }

    @Test func aSamplePasses() async throws {
        let library = "\(try TestBuild.plugins)/libgotapi-plugin-helloworld.so"
        let outcome = try await Self.check([library, "--seed", "1", "--requests", "1000"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("com.github.futomi.hello-world, seed 1\n"))
        #expect(outcome.output.hasSuffix("passed, with 0 warnings\n"), "\(outcome.output)")
    }

    @Test func aFindingSaysWhatToChange() async throws {
        let library = "\(try TestBuild.fixtures)/libgotapi-plugin-startfails.so"
        let outcome = try await Self.check([library, "--json"])
        #expect(outcome.status == 1)
        let report = try JSONNode(parsing: Array(outcome.output.utf8))
        #expect(report["passed"]?.boolean == false)
        let failed = report["checks"]?.array?.filter { $0["state"]?.text == "failed" } ?? []
        #expect(failed.map { $0["check"]?.text } == ["start"])
        #expect(failed.first?["findings"]?.array?.first?["remedy"]?.text?.isEmpty == false)
    }

    @Test func wrongUseHasItsOwnStatus() async throws {
        #expect(try await Self.check(["/nowhere.so"]).status == 66)
        #expect(try await Self.check([]).status == 64)
        #expect(try await Self.check(["/nowhere.so", "--seed", "x"]).status == 64)
        #expect(try await Self.check(["/nowhere.so", "--requests", "0"]).status == 64)
    }
}
