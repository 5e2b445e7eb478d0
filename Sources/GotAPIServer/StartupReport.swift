// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIPluginHost

/// The lines that the gateway prints when it is ready: node-gotapi's README, "Start the GotAPI Server".
package struct StartupReport: Sendable, Equatable {
    package struct Plugin: Sendable, Equatable {
        package let name: String
        /// The file's absolute path.
        package let file: String

        package init(name: String, file: String) {
            self.name = name
            self.file = file
        }
    }

    package struct Refusal: Sendable, Equatable {
        package let file: String
        /// `CODE: reason`
        package let failure: String

        package init(file: String, failure: String) {
            self.file = file
            self.failure = failure
        }
    }

    package let plugins: [Plugin]
    package let refusals: [Refusal]
    /// Where the front-end applications are.
    package let url: String

    /// - Parameter folder: the plug-ins' folder, which the files' paths are in.
    init(_ states: [PluginStatus], folder: String, url: String) {
        plugins = states.filter { $0.failure == nil && $0.state != .disabled }.map {
            Plugin(name: $0.name ?? $0.id ?? "-", file: "\(folder)/\($0.file)")
        }
        refusals = states.compactMap { state in
            state.failure.map { Refusal(file: "\(folder)/\(state.file)", failure: $0.description) }
        }
        self.url = url
    }

    package init(plugins: [Plugin], refusals: [Refusal], url: String) {
        self.plugins = plugins
        self.refusals = refusals
        self.url = url
    }

    package var text: String {
        var lines = [
            "- The GotAPI Interface-1 has been woken up.", "- The GotAPI Interface-4 has been woken up.",
        ]
        switch plugins.count {
        case 0: lines.append("  - No Plug-In was found.")
        case 1: lines.append("  - 1 Plug-In was found:")
        default: lines.append("  - \(plugins.count) Plug-Ins were found:")
        }
        lines += plugins.map { "    - \($0.name) (\($0.file))" }
        if !refusals.isEmpty {
            lines.append("  - \(refusals.count) \(refusals.count == 1 ? "file was" : "files were") refused:")
            lines += refusals.map { "    - \($0.file): \($0.failure)" }
        }
        lines += [
            "- The GotAPI Interface-5 has been woken up.", "- The HTTP server has been woken up.",
            "The GotAPI Server has been started successfully.", "Your web application can be accessed at \(url)",
        ]
        return lines.map { $0 + "\n" }.joined()
    }
}
