// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Cuts what a process prints into lines of a bounded length; the rest of a longer one is left out.
struct LineSplitter: Sendable {
    /// In bytes.
    static let maximumLength = 1_024

    private var line: [UInt8] = []
    private var isCut = false

    /// Takes bytes in and returns the lines that ended in them, printable, empty ones left out.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> [String] {
        var lines: [String] = []
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            // memchr(3)
            let end = memchr(base, 0x0a, rest.count).map { UnsafeRawPointer($0) - base }
            let room = Self.maximumLength - line.count
            let length = end ?? rest.count
            line.append(contentsOf: rest.prefix(min(length, room)))
            if length > room { isCut = true }
            guard let end else { break }
            if let line = finish() { lines.append(line) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(end + 1))
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
