// Swift GotAPI · SPDX-License-Identifier: MIT

/// One thing that is wrong with the configuration, or that an owner should know: where it stands, and how to mend it.
package struct ConfigurationFinding: Sendable, Equatable, CustomStringConvertible {
    package enum Severity: Sendable {
        /// The gateway does not start.
        case error
        /// The gateway starts all the same.
        case warning
    }

    package let severity: Severity
    /// The file's path as the owner knows it, or `nil` where there is no file and a default is meant.
    package let file: String?
    /// Counted from 1; `nil` where the file does not mention the key.
    package let line: Int?
    /// In characters, counted from 1; only where the text is no JSON.
    package let column: Int?
    /// The key, a dot standing for nesting.
    package let key: String?
    /// What is wrong.
    package let problem: String
    /// What is expected, or what to do.
    package let remedy: String

    /// One line: `FILE:LINE: KEY: PROBLEM; REMEDY`.
    package var description: String {
        var place = file ?? "configuration"
        if let line { place += ":\(line)" }
        if let column { place += ":\(column)" }
        let message = [severity == .warning ? "warning" : nil, key, "\(problem); \(remedy)"].compactMap { $0 }
        return "\(place): " + message.joined(separator: ": ")
    }
}

/// The configuration cannot be used. It carries everything that was found at once, warnings too, in the file's order.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What the process exits with: `EX_CONFIG` of <https://man7.org/linux/man-pages/man3/sysexits.h.3head.html>
    /// (configuration.md).
    package static let exitStatus: Int32 = 78

    package let findings: [ConfigurationFinding]

    /// A line for each finding.
    package var description: String { findings.map(\.description).joined(separator: "\n") }
}
