// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore
package import GotAPIPluginProbes

/// What `gotapi plugin check` has found out about a file.
package struct PluginCheckReport: Sendable, Equatable {
    package enum State: String, Sendable {
        case passed
        case warning
        case failed
        /// Something before it has failed, or there was not time enough.
        case notRun = "not run"
    }

    package let file: String
    /// Of the random requests: with the same one the same requests are sent.
    package let seed: UInt64
    /// As the file's note has it; `nil` where that could not be read.
    package private(set) var id: String?
    package private(set) var findings: [CheckFinding] = []
    /// What was done less of, and why.
    package private(set) var notes: [String] = []
    private var run: Set<PluginCheck> = []
    private var leftOut: Set<PluginCheck> = []

    package init(file: String, seed: UInt64) {
        self.file = file
        self.seed = seed
    }

    // MARK: - What happens

    mutating func identify(_ id: String) { self.id = id }

    /// A check was gone through to its end.
    mutating func finished(_ checks: [PluginCheck]) { run.formUnion(checks) }

    /// These do not concern what is checked.
    mutating func leaveOut(_ checks: Set<PluginCheck>) { leftOut.formUnion(checks) }

    /// Adds what one phase has found. What an earlier one has found too, the same to change for the same check, counts once;
    /// as a problem, where it was one in any.
    mutating func add(_ new: [CheckFinding]) {
        let earlier = findings
        for finding in new where !findings.contains(finding) {
            let isSame = { (other: CheckFinding) in other.check == finding.check && other.remedy == finding.remedy }
            if finding.severity == .problem {
                findings.removeAll { isSame($0) && $0.severity == .warning }
                if earlier.contains(where: { isSame($0) && $0.severity == .problem }) { continue }
            } else if findings.contains(where: { isSame($0) && $0.severity == .problem })
                || earlier.contains(where: isSame)
            {
                continue
            }
            findings.append(finding)
        }
    }

    mutating func add(_ finding: CheckFinding) { add([finding]) }

    mutating func add(note: String) { notes.append(note) }

    // MARK: - What it comes to

    /// Those that concern what is checked.
    package var checks: [PluginCheck] { PluginCheck.allCases.filter { !leftOut.contains($0) } }

    package func state(of check: PluginCheck) -> State {
        let own = findings.filter { $0.check == check }
        if own.contains(where: { $0.severity == .problem }) { return .failed }
        if !own.isEmpty { return .warning }
        return run.contains(check) ? .passed : .notRun
    }

    /// Whether nothing has failed and everything was looked at.
    package var hasPassed: Bool {
        checks.allSatisfy { [.passed, .warning].contains(state(of: $0)) }
    }

    /// A table, a line for each finding, and the sum; for a terminal.
    package var text: String {
        let width = PluginCheck.allCases.map(\.rawValue.count).max() ?? 0
        var lines = ["\(Printable.text(file)): \(id ?? "no plug-in"), seed \(seed)", ""]
        for check in checks {
            let name = check.rawValue + String(repeating: " ", count: width - check.rawValue.count)
            let state = state(of: check).rawValue
            lines.append("\(name)  \(state)\(String(repeating: " ", count: 9 - state.count))\(check.title)")
        }
        for check in checks {
            for finding in findings where finding.check == check {
                lines.append("")
                lines.append("\(finding.check.rawValue): \(finding.severity.rawValue): \(Printable.text(finding.what))")
                lines.append("    to change: \(Printable.text(finding.remedy))")
            }
        }
        if !notes.isEmpty { lines.append("") }
        lines += notes.map { "note: \(Printable.text($0))" }
        let problems = findings.count { $0.severity == .problem }
        lines.append("")
        let notRun = checks.count { state(of: $0) == .notRun }
        lines.append(
            hasPassed
                ? "passed, with \(findings.count) warnings"
                : "failed: \(problems) problems, \(findings.count - problems) warnings, \(notRun) checks not run")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The same for programs: an object.
    package var json: JSONNode {
        let table = checks.map { check -> JSONNode in
            let own = findings.filter { $0.check == check }.map { finding -> JSONNode in
                [
                    "severity": JSONNode(.text(finding.severity.rawValue)), "what": JSONNode(.text(finding.what)),
                    "remedy": JSONNode(.text(finding.remedy)),
                ]
            }
            return [
                "check": JSONNode(.text(check.rawValue)), "title": JSONNode(.text(check.title)),
                "state": JSONNode(.text(state(of: check).rawValue)), "findings": JSONNode(.array(own)),
            ]
        }
        return [
            "file": JSONNode(.text(file)), "id": JSONNode(id.map { .text($0) } ?? .null),
            // A text, since not every reader of JSON has numbers of 64 bits.
            "seed": JSONNode(.text(String(seed))), "passed": JSONNode(.boolean(hasPassed)),
            "checks": JSONNode(.array(table)), "notes": JSONNode(.array(notes.map { JSONNode(.text($0)) })),
        ]
    }
}
