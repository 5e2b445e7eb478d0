// Swift GotAPI · SPDX-License-Identifier: MIT

/// Cuts what a process prints into lines of a bounded length; the rest of a longer one is left out.
struct LineSplitter: Sendable {
    /// In bytes.
    static let maximumLength = 1_024

    private var line: [UInt8] = []
    private var isCut = false

    /// Takes bytes in and returns the lines that ended in them, printable, empty ones left out.
    mutating func append(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == 0x0a {
                if let line = finish() { lines.append(line) }
            } else if line.count < Self.maximumLength {
                line.append(byte)
            } else {
                isCut = true
            }
        }
        return lines
    }

    /// The last line, which no line feed ended.
    mutating func finish() -> String? {
        defer {
            line.removeAll(keepingCapacity: true)
            isCut = false
        }
        if line.last == 0x0d { line.removeLast() }
        guard !line.isEmpty else { return nil }
        return String(decoding: line, as: UTF8.self).printable + (isCut ? "…" : "")
    }
}
