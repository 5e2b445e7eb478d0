// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import GotAPICore
import GotAPIPluginChecker
import GotAPIPluginProbes
import GotAPIServer

extension PluginCommand {
    /// `gotapi plugin check FILE`: what a plug-in's author has to change.
    struct CheckLibrary: ParsableCommand {
        /// sysexits.h, EX_NOINPUT.
        private static let noInput: Int32 = 66

        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Check a plug-in's library, without a gateway.",
            discussion: """
                Prints a table of checks, and for each finding what to change. Exit status: 0 where nothing has failed, 1 \
                where something has, 66 where there is no such file. The plug-in is started, and gets thousands of random \
                requests: check one that moves something without its device.
                """)

        @Argument(help: "The library, libgotapi-plugin-NAME.so, or a description, libgotapi-plugin-NAME.json.")
        var file: String

        @Flag(name: .long, help: "Print JSON instead of a table.")
        var json = false

        @Option(name: .long, help: "The seed of the random requests, to repeat a check; the table names it.")
        var seed: UInt64?

        @Option(name: .long, help: "How many random requests are sent.")
        var requests = 10_000

        @Option(
            name: .long, help: "An attribute to ask for; may be repeated. Others are guessed from the library's texts.")
        var attribute: [String] = []

        func validate() throws {
            guard 1...1_000_000 ~= requests else { throw ValidationError("--requests is from 1 to 1000000") }
        }

        func run() throws {
            var settings = ProbeSettings(seed: seed ?? UInt64.random(in: 0...(1 << 32 - 1)))
            settings.requests = requests
            settings.attributes = attribute
            let report: PluginCheckReport
            do throws(PluginChecker.Failure) { report = try PluginChecker.check(file, settings: settings) } catch {
                switch error {
                case .cannotRead: fail("\(error)", status: Self.noInput)
                case .noRunner: fail("\(error)", status: 1)
                }
            }
            print(json ? String(decoding: report.json.bytes, as: UTF8.self) + "\n" : report.text, terminator: "")
            if !report.hasPassed { throw ExitCode(1) }
        }
    }
}
