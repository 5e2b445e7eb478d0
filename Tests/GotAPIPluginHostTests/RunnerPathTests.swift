// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

@testable import GotAPIPluginHost

struct RunnerPathTests {
    @Test(arguments: [
        (["/x/bin/gotapi-plugin-runner"], "/x/bin/gotapi-plugin-runner"),
        (["/x/bin/../libexec/gotapi/gotapi-plugin-runner"], "/x/bin/../libexec/gotapi/gotapi-plugin-runner"),
        (
            ["/x/bin/gotapi-plugin-runner", "/x/bin/../libexec/gotapi/gotapi-plugin-runner"],
            "/x/bin/gotapi-plugin-runner"
        ),
        ([], "/x/bin/gotapi-plugin-runner"),
    ])
    func itIsBesideTheProgramOrInstalled(there: [String], expected: String) {
        #expect(PluginHostSettings.runnerPath(of: "/x/bin", isProgram: there.contains) == expected)
    }
}
