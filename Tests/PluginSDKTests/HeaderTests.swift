// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import Testing

/// The header is the promise: every compiler takes it without a word, and its layout stays.
struct HeaderTests {
    private static let strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]

    /// A row is the compiler with its language.
    static let compilers = [
        ["gcc", "-std=c11", "-xc"], ["clang", "-std=c11", "-xc"], ["g++", "-std=c++17", "-xc++"],
        ["clang++", "-std=c++17", "-xc++"], ["gcc", "-std=c2x", "-xc"], ["clang++", "-std=c++20", "-xc++"],
        // A cross compiler: layouts are the same on every 64-bit target. Debian: gcc-aarch64-linux-gnu.
        ["aarch64-linux-gnu-gcc", "-std=c11", "-xc"],
    ]

    @Test(arguments: compilers)
    func theHeaderAloneCompilesWithoutAWarning(compiler: [String]) async {
        let result = await Shell.run(
            compiler + Self.strict + ["-Wpadded", "-include", "\(Project.include)/gotapi_plugin.h", "/dev/null"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(arguments: compilers, ["gotapi.h", "gotapi_members.h"])
    func theCLayerCompilesWithoutAWarning(compiler: [String], header: String) async {
        let result = await Shell.run(
            compiler + Self.strict + ["-Wshadow", "-Wconversion"] + Project.flags
                + ["-include", "\(Project.root)/PluginSDK/c/\(header)", "/dev/null"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(arguments: compilers.filter { $0.contains("-xc++") })
    func theCppLayerCompilesWithoutAWarning(compiler: [String]) async {
        let result = await Shell.run(
            compiler + Self.strict + ["-Wshadow", "-Wconversion"] + Project.flags
                + ["-include", "\(Project.root)/PluginSDK/cpp/gotapi.hpp", "/dev/null"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func structsHaveThePublishedSizesInSwiftToo() {
        #expect(MemoryLayout<gotapi_host>.size == 192)
        #expect(MemoryLayout<gotapi_plugin>.size == 184)
        #expect(MemoryLayout<gotapi_note>.size == 100)
        #expect(MemoryLayout<gotapi_host>.alignment == 8)
        #expect(MemoryLayout<gotapi_plugin>.alignment == 8)
        #expect(MemoryLayout<gotapi_note>.alignment == 4)
    }

    @Test func everyHostFunctionAndCallbackCarriesAThreadTag() async throws {
        let header = await Shell.run(["cat", "\(Project.include)/gotapi_plugin.h"]).output
        // A function pointer's comment ends with its tag, right above it.
        let lines = header.split(separator: "\n", omittingEmptySubsequences: false)
        var functions = 0
        for (index, line) in lines.enumerated() where line.contains("(*GOTAPI_") {
            functions += 1
            let above = index == 0 ? "" : lines[index - 1]
            #expect(
                above.hasSuffix("[any thread] */") || above.hasSuffix("[plug-in thread] */"),
                "no thread tag above: \(line)")
        }
        #expect(functions == 22 + 11)
    }
}
