// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import Glibc
import GotAPICore
import GotAPIServer

/// `gotapi reload`: what SIGHUP does, with the report.
struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the running gateway read its configuration and its plug-ins again.",
        discussion: """
            Prints what was added, replaced, removed, kept and refused, and ends with status 1 where anything was refused: \
            what ran before goes on then. Without the command, SIGHUP does the same, and the report is in the log.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Flag(help: "Print JSON.")
    var json = false

    /// Longer than loading, starting and stopping may take together, and a reload that was on its way before.
    private static let patience = Duration.seconds(120)

    func run() async throws {
        let answer = configuration.ask("reload", timeout: Self.patience)
        if json {
            print(String(decoding: answer["report"]?.bytes ?? [], as: UTF8.self))
        } else {
            print(answer["text"]?.text ?? "", terminator: "")
        }
        if answer["hasRefusals"]?.boolean != false { throw ExitCode(1) }
    }
}
