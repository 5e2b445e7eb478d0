// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

/// Every listing of the manual (PluginSDK/README.md) compiles, and those that are plug-ins work.
@Suite(.timeLimit(.minutes(10))) struct ManualTests {
    /// The contents of the fenced blocks of a language, in the order of the page.
    private func listings(_ language: String) async throws -> [String] {
        let page = await Shell.run(["cat", "\(Project.root)/PluginSDK/README.md"]).output
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

    @Test func theFirstPluginInCIsBuiltByItsCommandAndAnswers() async throws {
        let folder = "\(Project.scratch)/manual-c"
        let source = try #require(try await listings("c").first)
        let command = try #require(try await listings("sh").first)
        try await write(source, to: "\(folder)/thermo.c")
        let build = await Shell.run(["env", "SDK=\(Project.root)/PluginSDK", "sh", "-ec", command], in: folder)
        try #require(build.status == 0 && build.output.isEmpty, "\(build.output)")
        try await expectThermometer("\(folder)/libgotapi-plugin-thermo.so")
    }

    @Test(arguments: ["gcc", "clang"])
    func everyCListingCompilesWithoutAWarning(compiler: String) async throws {
        let listings = try await listings("c")
        #expect(listings.count == 4)
        for (number, listing) in listings.enumerated() {
            // A part of a plug-in has what stands at the beginning of the first listing.
            let beginning = number == 0 ? "" : "#include \"gotapi.h\"\nstatic const gotapi_host *host;\n"
            let file = "\(Project.scratch)/manual-\(compiler)-\(number).c"
            try await write(beginning + listing, to: file)
            let result = await Shell.run(
                [compiler, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-unused-function"]
                    + ["-fsyntax-only"] + Project.flags + [file])
            #expect(result.status == 0, "\(result.output)")
        }
    }

    @Test(arguments: ["g++", "clang++"])
    func theCppListingAnswers(compiler: String) async throws {
        let folder = "\(Project.scratch)/manual-\(compiler)"
        let source = try #require(try await listings("cpp").first)
        try await write(source, to: "\(folder)/thermo.cpp")
        let library = "\(folder)/libgotapi-plugin-thermo.so"
        let build = await Shell.run(
            [compiler, "-std=c++17", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"]
                + (compiler == "g++" ? ["-fno-gnu-unique"] : []) + Project.flags
                + [
                    "-Wl,--version-script=\(Project.root)/PluginSDK/c/exports.map", "\(folder)/thermo.cpp", "-o",
                    library,
                ])
        try #require(build.status == 0, "\(build.output)")
        try await expectThermometer(library)
    }

    @Test func theSwiftPackageAnswers() async throws {
        let folder = "\(Project.scratch)/manual-swift/thermo"
        let listings = try await listings("swift")
        try #require(listings.count == 3)
        for (name, listing) in zip(
            ["Package.swift", "Sources/Thermo/Thermo.swift", "Sources/Thermo/Library.swift"], listings)
        {
            try await write(listing, to: "\(folder)/\(name)")
        }
        // The manual's package lies beside the SDK.
        let link = await Shell.run(["ln", "-sfn", "\(Project.root)/PluginSDK", "\(folder)/../PluginSDK"])
        try #require(link.status == 0, "\(link.output)")
        try await expectThermometer(try await Project.package(folder, product: "gotapi-plugin-thermo"))
    }
}
