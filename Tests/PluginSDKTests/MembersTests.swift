// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

/// gotapi_members.h and gotapi.h, by their own test program.
struct MembersTests {
    @Test(
        arguments: [
            ["gcc", "-std=c11"], ["clang", "-std=c11"], ["g++", "-std=c++17", "-xc++"],
            ["clang++", "-std=c++17", "-xc++"],
        ],
        // In the C locale, and in one with a long decimal point.
        ["-UTEST_LOCALE", "-DTEST_LOCALE"])
    func theTestProgramPassesUnderTheSanitizers(compiler: [String], locale: String) async throws {
        let program = "\(Project.scratch)/members-\(compiler[0])\(locale)"
        let build = await Shell.run(
            compiler + ["-g", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
                + ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", locale] + Project.flags
                + ["\(Project.root)/PluginSDK/c/tests/members_test.c", "-o", program])
        try #require(build.status == 0, "\(build.output)")
        let run = await Shell.run([program])
        #expect(run.status == 0, "\(run.output)")
    }
}
