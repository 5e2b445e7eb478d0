// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// What a child tells the checker, in two files of a folder that both know: files, since a plug-in may print, close
/// descriptors and end its process. Whoever writes never waits for whoever reads.
package struct ProbeRecord: Sendable {
    /// One line of the results.
    package enum Line: Sendable, Equatable {
        case finding(CheckFinding)
        /// For people: what was done less of, and why.
        case note(String)
        /// The phase was gone through to its end.
        case end
    }

    private static let activityLength = 1_024

    private let results: CInt
    private let activity: CInt

    /// `nil` where the files cannot be made.
    init?(folder: String) {
        results = open("\(folder)/results", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        activity = open("\(folder)/activity", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
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
        case .end: append("end", "")
        }
        bytes += Array("}\n".utf8)
        // The plug-in has closed our descriptors: without the last line the checker knows that something is wrong.
        if Glibc.write(results, bytes, bytes.count) != bytes.count { _exit(70) }
    }

    // MARK: - The reader's side

    /// The lines of a child that is gone; what is none is left out, since a plug-in may have written to the file.
    package static func lines(in folder: String) -> [Line] {
        contents(of: "\(folder)/results").split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let node = try? JSONNode(parsing: Array(line)) else { return nil }
            if node["end"] != nil { return .end }
            if let note = node["note"]?.text { return .note(note) }
            guard let check = node["check"]?.text.flatMap(PluginCheck.init),
                let severity = node["severity"]?.text.flatMap(CheckFinding.Severity.init),
                let what = node["what"]?.text, let remedy = node["remedy"]?.text
            else { return nil }
            return .finding(CheckFinding(check, severity, what, remedy: remedy))
        }
    }

    /// What the plug-in was asked last; empty where it was nothing.
    package static func activity(in folder: String) -> String {
        Printable.text(String(decoding: contents(of: "\(folder)/activity").prefix { $0 != 0 }, as: UTF8.self))
    }

    /// At most 4 MiB of a file.
    private static func contents(of path: String) -> [UInt8] {
        guard let file = fopen(path, "re") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
