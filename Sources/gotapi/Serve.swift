// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import Glibc
import GotAPIServer

/// `gotapi serve`: runs the gateway until a signal ends it.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the gateway (what gotapi does without a word).")

    @OptionGroup var configuration: ConfigurationOption

    @Flag(help: "Print every message between applications and the gateway, with secrets masked.")
    var enableDebug = false

    @Flag(help: "Let requests pass without a token. For plug-in authors; counts only with --enable-debug.")
    var disableAuth = false

    @Flag(help: "Do not print the messages. Counts only with --enable-debug.")
    var disableMonitor = false

    func run() async throws {
        let options = ServerOptions(
            isDebugEnabled: enableDebug, isAuthorizationDisabled: enableDebug && disableAuth,
            isMonitorEnabled: enableDebug && !disableMonitor)
        await Launch.run(configuration.load(), options) { [configuration] () throws(ConfigurationError) in
            try configuration.read()
        }
    }
}
