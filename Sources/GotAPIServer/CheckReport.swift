// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIPluginHost

/// What `gotapi check` found, without starting anything.
package struct CheckReport: Sendable, Equatable {
    /// What to print.
    package let text: String
    /// The process's exit status: 0, 1 (a plug-in's file would be refused) or 78 (configuration).
    package let status: Int32

    /// Checks a configuration against the machine, and every plug-in's file.
    package static func make(_ file: ConfigurationFile) async -> CheckReport {
        let warnings: [ConfigurationFinding]
        do {
            warnings = try file.check()
        } catch {
            return CheckReport(text: "\(error)\n", status: ConfigurationError.exitStatus)
        }
        var lines = warnings.map(\.description)
        lines.append("\(file.path ?? "the defaults"): OK")
        let plugins: [PluginFileReport]
        do {
            plugins = try await PluginHost.check(file.configuration.pluginHostSettings(runnerPath: nil))
        } catch {
            lines.append(
                "\(file.configuration.pluginRoot): no plug-ins: \(error); make the folder, or name another plugin_root_path"
            )
            // A default that is not there was warned of above; the gateway starts all the same.
            return CheckReport(text: lines.map { $0 + "\n" }.joined(), status: 0)
        }
        for plugin in plugins {
            if let failure = plugin.failure {
                lines.append("\(plugin.file): refused: \(failure)")
            } else {
                let signer = plugin.signature.map { ", signed by \($0.signer)" } ?? ""
                lines.append("\(plugin.file): OK (\(plugin.id ?? "-"))\(signer)")
            }
        }
        if plugins.isEmpty { lines.append("\(file.configuration.pluginRoot): no plug-ins") }
        return CheckReport(
            text: lines.map { $0 + "\n" }.joined(), status: plugins.contains { $0.failure != nil } ? 1 : 0)
    }
}
