// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// What a child tells the checker, in two files of a folder that both know: files, since a plug-in may print, close
/// descriptors and end its process. Whoever writes never waits for whoever reads, which is ``ProbeRecordFiles``.
package struct ProbeRecord: Sendable {
    /// One line of the results.
    package enum Line: Sendable, Equatable {
        case finding(CheckFinding)
        /// For people: what was done less of, and why.
        case note(String)
        /// A check was gone through to its end, whatever it has found.
        case finished(PluginCheck)
        /// The child has ended by itself. What was not finished before was given up.
        case end
    }

    private static let activityLength = 1_024

    private let results: CInt
    private let activity: CInt

    /// Opens the files that ``ProbeRecordFiles`` has made; `nil` where they are not there.
    init?(folder: String) {
        results = open(Self.results(in: folder), O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC)
        activity = open(Self.activity(in: folder), O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard results >= 0, activity >= 0 else { return nil }
    }

    /// What the plug-in is about to be asked, should it not come back.
    func doing(_ text: String) {
        var bytes = Array(text.utf8.prefix(Self.activityLength))
        bytes += [UInt8](repeating: 0, count: Self.activityLength - bytes.count)
        _ = pwrite(activity, bytes, bytes.count, 0)
    }

    func write(_ line: Line) {
        var bytes: [UInt8] = []
        func append(_ name: String, _ text: String) {
            bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
            JSONText.append(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONText.append(text, to: &bytes)
        }
        switch line {
        case .finding(let finding):
            append("check", finding.check.rawValue)
            append("severity", finding.severity.rawValue)
            append("what", finding.what)
            append("remedy", finding.remedy)
        case .note(let text): append("note", text)
        case .finished(let check): append("finished", check.rawValue)
        case .end: append("end", "")
        }
        bytes += Array("}\n".utf8)
        // The plug-in has closed our descriptors: without the last line the checker knows that something is wrong.
        if Glibc.write(results, bytes, bytes.count) != bytes.count { _exit(70) }
    }

    // MARK: - The files

    static func results(in folder: String) -> String { "\(folder)/results" }

    static func activity(in folder: String) -> String { "\(folder)/activity" }

    /// The plug-in's own folder: it meets the record nowhere that it has a name for.
    package static func dataFolder(in folder: String) -> String { "\(folder)/data" }
}

extension ProbeRecord.Line {
    /// A line as ``ProbeRecord/write(_:)`` writes it, without its end; `nil` where it is none.
    init?(_ bytes: [UInt8]) {
        guard let node = try? JSONNode(parsing: bytes) else { return nil }
        if node["end"] != nil {
            self = .end
        } else if let check = node["finished"]?.text.flatMap(PluginCheck.init) {
            self = .finished(check)
        } else if let note = node["note"]?.text {
            self = .note(note)
        } else if let check = node["check"]?.text.flatMap(PluginCheck.init),
            let severity = node["severity"]?.text.flatMap(CheckFinding.Severity.init),
            let what = node["what"]?.text, let remedy = node["remedy"]?.text
        {
            self = .finding(CheckFinding(check, severity, what, remedy: remedy))
        } else {
            return nil
        }
    }
}
