// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// The reader's side of a ``ProbeRecord``: makes its two files before the child is there, and reads what it has opened itself.
/// Whatever the plug-in puts in their place, a link or a FIFO, is never looked at.
package struct ProbeRecordFiles: ~Copyable {
    /// Far more than any phase writes.
    private static let maximumSize = 4 << 20

    private let results: CInt
    private let activity: CInt

    /// `nil` where the files cannot be made, or are there already; errno says why.
    package init?(folder: String) {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let results = open(ProbeRecord.results(in: folder), flags, 0o600)
        guard results >= 0 else { return nil }
        let activity = open(ProbeRecord.activity(in: folder), flags, 0o600)
        guard activity >= 0 else {
            close(results)
            return nil
        }
        self.results = results
        self.activity = activity
    }

    deinit {
        close(results)
        close(activity)
    }

    /// The lines of a child that is gone; what is none is left out, since a plug-in may have written to the file.
    package var lines: [ProbeRecord.Line] {
        Self.contents(of: results).split(separator: UInt8(ascii: "\n")).compactMap { ProbeRecord.Line(Array($0)) }
    }

    /// What the plug-in was asked last; empty where it was nothing.
    package var lastActivity: String {
        Printable.text(String(decoding: Self.contents(of: activity).prefix { $0 != 0 }, as: UTF8.self))
    }

    private static func contents(of file: CInt) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: maximumSize)
        var length = 0
        while length < maximumSize {
            let count = bytes[length...].withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, off_t(length)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            length += count
        }
        return Array(bytes.prefix(length))
    }
}
