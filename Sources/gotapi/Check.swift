// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import Glibc
import GotAPIServer

/// `gotapi check`: the configuration and every plug-in's file, without starting anything.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the configuration and every plug-in's file, without starting.",
        discussion: "Exit status 0: all is well; 1: a plug-in's file would be refused; 78: the configuration is wrong.")

    @OptionGroup var configuration: ConfigurationOption

    func run() async throws {
        let report = await CheckReport.make(configuration.load())
        print(report.text, terminator: "")
        if report.status != 0 { throw ExitCode(report.status) }
    }
}
