// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

/// Every listing of the manual (PluginSDK/README.md) compiles, and those that are plug-ins work.
@Suite(.timeLimit(.minutes(10))) struct ManualTests {
    /// The contents of the fenced blocks of a language, in the order of the page.
    private func listings(_ language: String, of page: String = "README.md") async throws -> [String] {
        let page = await Shell.run(["cat", "\(Project.root)/PluginSDK/\(page)"]).output
        return page.split(separator: "\n```\(language)\n").dropFirst().compactMap {
            $0.split(separator: "\n```", maxSplits: 1).first.map { String($0) + "\n" }
        }
    }

    private func write(_ text: String, to path: String) async throws {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let result = await Shell.run([
            "sh", "-c", "mkdir -p \"$1\" && printf %s \"$2\" >\"$3\"", "sh", folder, text, path,
        ])
        try #require(result.status == 0, "\(result.output)")
    }

    private func expectThermometer(_ library: String) async throws {
        let driver = try await PluginDriver.start(library, id: "com.example.thermo")
        let answer = try await driver.request(service: "com.example.thermo.1", profile: "temperature")
        #expect(answer?["celsius"]?.content == .number("21.5"))
        let refused = try await driver.request("put", service: "com.example.thermo.1", profile: "temperature")
        #expect(refused?["errorMessage"]?.text == "Only GET is supported.")
        try await driver.stop()
    }

    /// What the listings that are no whole plug-in stand in.
    private static let cBeginning = "#include \"gotapi.h\"\nstatic const gotapi_host *host;\n"

    @Test func thePluginByHandIsBuiltByItsCommandAndAnswers() async throws {
        let folder = "\(Project.scratch)/manual-c"
        let source = try #require(try await listings("c").first { $0.contains("GOTAPI_PLUGIN_NOTE") })
        let command = try #require(try await listings("sh").first { $0.hasPrefix("cc ") })
        try await write(source, to: "\(folder)/thermo.c")
        let build = await Shell.run(["env", "SDK=\(Project.root)/PluginSDK", "sh", "-ec", command], in: folder)
        try #require(build.status == 0 && build.output.isEmpty, "\(build.output)")
        try await expectThermometer("\(folder)/libgotapi-plugin-thermo.so")
    }

    /// PluginSDK/testing/README.md
    @Test func theUnitTestInCIsBuiltByItsCommandAndPasses() async throws {
        let folder = "\(Project.scratch)/manual-test"
        let plugin = try #require(try await listings("c").first { $0.contains("GOTAPI_PLUGIN_NOTE") })
        try await write(plugin, to: "\(folder)/thermo.c")
        let test = try #require(try await listings("c", of: "testing/README.md").first)
        try await write(test, to: "\(folder)/thermo_test.c")
        let library = try Project.testingLibrary()
        for (page, run) in [("README.md", ":"), ("testing/README.md", "./thermo_test")] {
            let command = try #require(try await listings("sh", of: page).first { $0.hasPrefix("cc ") })
            let words = ["env", "SDK=\(Project.root)/PluginSDK", "LIBRARIES=\(Project.folder(of: library))"]
            let build = await Shell.run(words + ["sh", "-ec", "\(command)\n\(run)"], in: folder)
            #expect(build.status == 0 && build.output.isEmpty, "\(build.output)")
        }
    }

    @Test(arguments: ["gcc", "clang"])
    func everyCListingCompilesWithoutAWarning(compiler: String) async throws {
        let listings = try await listings("c")
        #expect(listings.count == 4)
        for (number, listing) in listings.enumerated() {
            let beginning = listing.contains("GOTAPI_PLUGIN_NOTE") ? "" : Self.cBeginning
            let file = "\(Project.scratch)/manual-\(compiler)-\(number).c"
            try await write(beginning + listing, to: file)
            let result = await Shell.run(
                [compiler, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-unused-function"]
                    + ["-fsyntax-only"] + Project.flags + [file])
            #expect(result.status == 0, "\(result.output)")
        }
    }

    @Test(arguments: ["g++", "clang++"])
    func theCppListingCompiles(compiler: String) async throws {
        let listing = try #require(try await listings("cpp").first)
        let file = "\(Project.scratch)/manual-\(compiler).cpp"
        try await write(
            "#include \"gotapi.hpp\"\nstruct Thermo : gotapi::Plugin {\nusing gotapi::Plugin::Plugin;\n\(listing)};\n",
            to: file)
        let result = await Shell.run(
            [compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"] + Project.flags + [file])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func theSwiftListingCompiles() async throws {
        let listing = try #require(try await listings("swift").first)
        let file = "\(Project.scratch)/manual.swift"
        try await write(listing, to: file)
        // In one module with the layer.
        let command = """
            swiftc -typecheck -swift-version 6 -warnings-as-errors -module-name Manual -parse-as-library \
                -enable-upcoming-feature NonisolatedNonsendingByDefault -I '\(Project.include)' \
                '\(Project.root)'/PluginSDK/swift/*.swift '\(file)'
            """
        let result = await Shell.run(["sh", "-c", command])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func theRustListingCompiles() async throws {
        let listing = try #require(try await listings("rust").first)
        let folder = "\(Project.scratch)/manual-rust"
        let layer = "\(Project.root)/PluginSDK/templates/rust/src"
        try await write(
            """
            #[path = "\(layer)/abi.rs"] mod abi;
            #[path = "\(layer)/gotapi.rs"] mod gotapi;
            use gotapi::{Host, Members, Message, Plugin};
            struct Thermo { threads: Vec<std::thread::JoinHandle<()>> }
            impl Plugin for Thermo {
                fn start(_: Host) -> Result<Self, String> { Ok(Thermo { threads: Vec::new() }) }
            \(listing)}
            gotapi_plugin!(Thermo, 0, ["com.example.thermo", "Thermometer", "1.0.0", "Example Ltd.", "[]"]);

            """, to: "\(folder)/lib.rs")
        let result = await Shell.run([
            "rustc", "--edition", "2021", "--crate-type", "cdylib", "--emit", "metadata", "-D", "warnings",
            "--out-dir", folder, "\(folder)/lib.rs",
        ])
        #expect(result.status == 0, "\(result.output)")
    }
}
