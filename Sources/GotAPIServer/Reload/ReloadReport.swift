// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore
package import GotAPIPluginHost

/// What became of a reload: plugin-abi.md, "Reload". It is logged, and what `gotapi reload` prints.
package struct ReloadReport: Sendable, Equatable {
    /// What became of the files that the gateway proves itself with.
    package enum Certificate: Sendable, Equatable {
        case kept
        /// New connections get the new one.
        case replaced
        /// The one before goes on; the text says why.
        case refused(String)
    }

    package var plugins = PluginReloadReport()
    /// Keys whose new value is in force.
    package var applied: [String] = []
    /// Keys whose new value is in force after the next start.
    package var awaitingRestart: [String] = []
    package var certificate = Certificate.kept
    /// Why nothing at all was changed: the configuration cannot be used.
    package var configurationError: String?
    package var milliseconds = 0

    package init() {}

    /// Whether anything that the owner wants is not so.
    package var hasRefusals: Bool {
        if case .refused = certificate { return true }
        return configurationError != nil || !plugins.refused.isEmpty
    }

    /// For people: one line for each thing that is not as it was.
    package var text: String { lines.map { $0 + "\n" }.joined() }

    /// As ``text``, without what is as it was.
    var newsLines: [String] {
        var news = self
        news.plugins.kept = []
        return news.lines
    }

    private var lines: [String] {
        if let configurationError {
            return ["nothing was changed: the configuration cannot be used"]
                + configurationError.split(separator: "\n").map { "  \($0)" }
        }
        var lines = ["reloaded in \(milliseconds) ms"]
        for (word, plugins) in [
            ("added", plugins.added), ("replaced", plugins.replaced), ("removed", plugins.removed),
            ("kept", plugins.kept),
        ] {
            lines += plugins.map { "  \(word): \($0.id) (\($0.file))" }
        }
        lines += plugins.refused.map { refusal in
            "  refused: \(refusal.file): \(refusal.failure)" + (refusal.isServed ? "; what ran before goes on" : "")
        }
        switch certificate {
        case .kept: ()
        case .replaced: lines.append("  replaced: the certificate")
        case .refused(let reason): lines.append("  refused: the certificate: \(reason)")
        }
        if !applied.isEmpty { lines.append("  in force: \(applied.joined(separator: ", "))") }
        if !awaitingRestart.isEmpty {
            lines.append("  in force after a restart: \(awaitingRestart.joined(separator: ", "))")
        }
        return lines
    }

    /// The object of `gotapi reload --json`.
    package var json: JSONNode {
        func list(_ plugins: [PluginReloadReport.Plugin]) -> JSONNode {
            JSONNode(.array(plugins.map { ["id": JSONNode($0.id), "file": JSONNode($0.file)] }))
        }
        func texts(_ texts: [String]) -> JSONNode { JSONNode(.array(texts.map { JSONNode($0) })) }
        let refused = plugins.refused.map { refusal -> JSONNode in
            [
                "file": JSONNode(refusal.file), "id": JSONNode(refusal.id),
                "code": JSONNode(refusal.failure.code.rawValue), "reason": JSONNode(refusal.failure.reason),
                "served": JSONNode(.boolean(refusal.isServed)),
            ]
        }
        let (state, reason): (String, String?) =
            switch certificate {
            case .kept: ("kept", nil)
            case .replaced: ("replaced", nil)
            case .refused(let reason): ("refused", reason)
            }
        return [
            "added": list(plugins.added), "replaced": list(plugins.replaced), "removed": list(plugins.removed),
            "kept": list(plugins.kept), "refused": JSONNode(.array(refused)),
            "certificate": ["state": JSONNode(state), "reason": JSONNode(reason)],
            "configuration": [
                "applied": texts(applied), "restart": texts(awaitingRestart), "error": JSONNode(configurationError),
            ],
            "milliseconds": JSONNode(integerLiteral: milliseconds),
        ]
    }
}
