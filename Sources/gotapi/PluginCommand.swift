// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import GotAPICore

/// `gotapi plugin …`
struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Look at the plug-ins of a running gateway.", subcommands: [List.self])

    /// `gotapi plugin list`: what runs, and what was refused and why.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the plug-ins of the running gateway.",
            discussion: "Prints a table, or with --json an array with one object for each plug-in.")

        @OptionGroup var configuration: ConfigurationOption

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let result = configuration.ask("plugin list")
            if json {
                print(String(decoding: result.bytes, as: UTF8.self))
                return
            }
            let plugins = result.array ?? []
            var table = Table(["ID", "VERSION", "STATE", "PID", "REQUESTS", "ERRORS", "PUSHES", "SERVICES", "FILE"])
            for plugin in plugins {
                table.append([
                    plugin["id"]?.text ?? "-", plugin["version"]?.text ?? "-", plugin["state"]?.text ?? "-",
                    plugin["pid"]?.integer.map(String.init) ?? "-", number(plugin["requests"]),
                    number(plugin["errors"]), number(plugin["pushes"]),
                    String(plugin["services"]?.array?.count ?? 0), plugin["file"]?.text ?? "-",
                ])
            }
            print(table.text, terminator: "")
            for plugin in plugins {
                if let failure = plugin["failure"], let code = failure["code"]?.text {
                    print("\n\(plugin["file"]?.text ?? "-"):\n  \(code): \(failure["reason"]?.text ?? "")")
                }
            }
        }

        private func number(_ node: JSONNode?) -> String { String(node?.integer ?? 0) }
    }
}
