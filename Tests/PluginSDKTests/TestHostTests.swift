// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPITestHost
import Testing

/// The host for unit tests, as a program in C and a test in Swift use it.
@Suite(.serialized) struct TestHostTests {
    private static func hostLibrary() throws -> String {
        let path = try Project.testingLibrary()
        // Read when the first host is made.
        setenv("GOTAPI_TESTING_LIBRARY", path, 1)
        return path
    }

    @Test(.timeLimit(.minutes(1))) func aProgramInCDrivesPlugins() async throws {
        let library = try Self.hostLibrary()
        let program = "\(Project.scratch)/host_test"
        let compiling = await Shell.run(
            ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-pthread", "-I\(Project.root)/PluginSDK/testing"]
                + Project.flags
                + [
                    "-o", program, "\(Project.root)/Tests/PluginSDKTests/Testing/host_test.c", library,
                    "-Wl,-rpath,\(Project.folder(of: library))",
                ])
        try #require(compiling.status == 0, "\(compiling.output)")
        let run = await Shell.run([program, try Project.clock()])
        #expect(run.status == 0)
        #expect(run.output == "all passed\n")
    }

    @Test(arguments: [
        "gcc -std=c11 -xc", "clang -std=c11 -xc", "g++ -std=c++17 -xc++", "clang++ -std=c++17 -xc++",
    ])
    func theHeaderIsCleanForEachCompiler(_ compiler: String) async throws {
        let run = await Shell.run(
            compiler.split(separator: " ").map(String.init) + [
                "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I\(Project.include)",
                "\(Project.root)/PluginSDK/testing/gotapi_testing.h",
            ])
        #expect(run.status == 0, "\(run.output)")
    }

    /// What else it exports would meet the same names in the test's program.
    @Test func theLibraryExportsTheHeadersFunctionsAndNothingElse() async throws {
        let run = await Shell.run(["nm", "-D", "--defined-only", "--format=posix", try Self.hostLibrary()])
        let exported = Set(run.output.split(separator: "\n").compactMap { $0.split(separator: " ").first })
        let header = await Shell.run(
            ["grep", "-oE", "gotapi_testing_[a-z_]+\\(", "\(Project.root)/PluginSDK/testing/gotapi_testing.h"])
        let declared = Set(header.output.split(separator: "\n").map { $0.dropLast() })
        #expect(exported == declared)
    }

    @Test(.timeLimit(.minutes(1))) func aTestInSwiftDrivesTheSamples() async throws {
        _ = try Self.hostLibrary()
        let hello = try PluginTestHost(library: try await Project.library("helloworld", from: "plugins/helloworld"))
        #expect(
            try hello.request(.get, "/gotapi/echo?serviceId=x&msg=gr%C3%BC%C3%9Fe") == #"{"result":0,"data":"grüße"}"#)
        #expect(try hello.request(.get, "/gotapi/echo") == #"{"result":0}"#)
        #expect(hello.stop() == nil)

        let clock = try PluginTestHost(library: try Project.clock())
        let first = try clock.send(.put, "/gotapi/clock/ticktack?serviceId=x")
        #expect(clock.answer(to: first) != nil)
        clock.setClient("second")
        _ = try clock.request(.put, "/gotapi/clock/ticktack?serviceId=x")
        #expect(clock.subscriptionCount == 2)
        clock.advance(milliseconds: 2_000)
        var pushed: [PluginTestHost.Message] = []
        while let push = clock.nextPush() { pushed.append(push.message) }
        #expect(pushed.count == 4)
        #expect(pushed.filter { $0 == first }.count == 2)
        #expect(clock.unsubscribe() == 1)
        clock.advance(milliseconds: 1_000)
        #expect(clock.nextPush()?.message == first)
        #expect(clock.nextPush() == nil)
    }

    @Test func whatCannotBeStartedSaysWhy() throws {
        _ = try Self.hostLibrary()
        let problem = #expect(throws: PluginTestProblem.self) { try PluginTestHost(library: "/nowhere.so") }
        #expect(problem?.description.contains("/nowhere.so") == true)
    }
}
