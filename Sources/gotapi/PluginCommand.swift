// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import GotAPICore

/// `gotapi plugin …`
struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Write plug-ins, check them, and look after those of a running gateway.",
        subcommands: [New.self, CheckLibrary.self, List.self, Start.self])

    /// `gotapi plugin list`: what runs, and what was refused and why.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the plug-ins of the running gateway.",
            discussion: """
                Prints a table, with --verbose also who signed each plug-in, how it crashed, what it printed last \
                and what holds its process, or with --json an array with one object for each plug-in.
                """)

        @OptionGroup var configuration: ConfigurationOption

        @Flag(help: "Print JSON.")
        var json = false

        @Flag(name: .shortAndLong, help: "Print all that is known of each plug-in.")
        var verbose = false

        func run() async throws {
            let result = configuration.ask("plugin list")
            if json {
                print(String(decoding: result.bytes, as: UTF8.self))
                return
            }
            let plugins = result.array ?? []
            // A column that is as wide as a name only where there are names.
            let hasSigners = plugins.contains { $0["signer"]?["subject"] != nil }
            var table = Table(
                [
                    "ID", "VERSION", "STATE", "PID", "MEMORY", "REQUESTS", "ERRORS", "PUSHES", "CRASHES", "SIGNAL",
                    "SERVICES",
                ] + (hasSigners ? ["SIGNER"] : []) + ["FILE"])
            for plugin in plugins {
                let cells = [
                    plugin["id"]?.text ?? "-", plugin["version"]?.text ?? "-", plugin["state"]?.text ?? "-",
                    plugin["pid"]?.integer.map(String.init) ?? "-", mebibytes(plugin["memory"]),
                    number(plugin["requests"]), number(plugin["errors"]), number(plugin["pushes"]),
                    number(plugin["crashes"]), plugin["lastSignal"]?.integer.map(String.init) ?? "-",
                    String(plugin["services"]?.array?.count ?? 0),
                ]
                let signer = hasSigners ? [plugin["signer"]?["subject"]?.text ?? "-"] : []
                table.append(cells + signer + [plugin["file"]?.text ?? "-"])
            }
            print(table.text, terminator: "")
            for plugin in plugins {
                let lines = details(of: plugin)
                if !lines.isEmpty { print("\n\(plugin["file"]?.text ?? "-"):\n  " + lines.joined(separator: "\n  ")) }
            }
        }

        private func details(of plugin: JSONNode) -> [String] {
            var lines: [String] = []
            if let failure = plugin["failure"], let code = failure["code"]?.text {
                lines.append("\(code): \(failure["reason"]?.text ?? "")")
            }
            if let update = plugin["update"], let code = update["code"]?.text {
                lines.append("runs as before; what is there now is refused: \(code): \(update["reason"]?.text ?? "")")
            }
            guard verbose else { return lines }
            if plugin["lane"]?.text == "inline" { lines.append("is called on the threads that read requests (inline)") }
            if let count = plugin["draining"]?.integer, count > 0 {
                lines.append("earlier versions that still answer what they were asked: \(count)")
            }
            if let count = plugin["retiredImages"]?.integer, count > 0 {
                lines.append("earlier versions that stay in the gateway's memory: \(count)")
            }
            if let signer = plugin["signer"], let subject = signer["subject"]?.text {
                lines.append("signed by: \(subject), certificate SHA-256 \(signer["certificateSHA256"]?.text ?? "-")")
            }
            if let reason = plugin["lastCrash"]?.text { lines.append("crashed last: \(reason)") }
            let output = plugin["output"]?.array ?? []
            if !output.isEmpty { lines.append("printed last:") }
            lines += output.map { "  \($0.text ?? "")" }
            let features = plugin["cage"]?.array ?? []
            guard !features.isEmpty else { return lines }
            var cage = Table(["CAGE", "STATE", ""])
            for feature in features {
                cage.append([feature["name"]?.text ?? "-", feature["state"]?.text ?? "-", feature["line"]?.text ?? ""])
            }
            return lines + cage.text.split(separator: "\n").map(String.init)
        }

        private func number(_ node: JSONNode?) -> String { String(node?.integer ?? 0) }

        private func mebibytes(_ node: JSONNode?) -> String {
            guard let bytes = node?.integer else { return "-" }
            let tenths = (bytes * 10 + 1 << 19) >> 20
            return "\(tenths / 10).\(tenths % 10) MiB"
        }
    }

    /// `gotapi plugin start ID`: starts one that has crashed.
    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a plug-in that has crashed, at once.",
            discussion: """
                Its crashes are forgotten: also one that is quarantined starts, and after its next crash the pause is the \
                shortest again. Prints what became of it; exit status 1 where it does not run.
                """)

        @OptionGroup var configuration: ConfigurationOption

        @Argument(help: "The plug-in's id, as `gotapi plugin list` shows it.")
        var id: String

        func run() async throws {
            let result = configuration.ask("plugin start", ["id": JSONNode(.text(id))])
            print(result.text ?? "")
        }
    }
}
