// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPIPluginDriver
import Testing

@testable import GotAPIPluginProbes

/// What the checker reads of a child whose plug-in may write to, and put in place of, whatever it finds.
struct ProbeRecordTests {
    @Test func whatIsWrittenIsRead() throws {
        let folder = try #require(TemporaryFolder())
        defer { folder.remove() }
        guard let files = ProbeRecordFiles(folder: folder.path) else {
            Issue.record("the files cannot be made")
            return
        }
        let record = try #require(ProbeRecord(folder: folder.path))
        let lines: [ProbeRecord.Line] = [
            .finding(CheckFinding(.json, .warning, "a\n\"b\"", remedy: "c")), .note("d"),
            .finished(.stopInFlight), .end,
        ]
        record.doing("a long request")
        record.doing("stop")
        for line in lines { record.write(line) }
        let (read, activity) = (files.lines, files.lastActivity)
        #expect(read == lines)
        #expect(activity == "stop")
    }

    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func whatThePluginPutsInPlaceOfTheRecordIsNotRead(_ isPipe: Bool) throws {
        let folder = try #require(TemporaryFolder())
        defer { folder.remove() }
        guard let files = ProbeRecordFiles(folder: folder.path) else {
            Issue.record("the files cannot be made")
            return
        }
        let record = try #require(ProbeRecord(folder: folder.path))
        record.write(.end)
        record.doing("stop")
        for name in ["results", "activity"] {
            let path = "\(folder.path)/\(name)"
            try #require(unlink(path) == 0)
            try #require((isPipe ? mkfifo(path, 0o600) : symlink("/etc/passwd", path)) == 0)
        }
        let (read, activity) = (files.lines, files.lastActivity)
        #expect(read == [ProbeRecord.Line.end])
        #expect(activity == "stop")
    }
}
