// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A request's path as names of folders and a file below the document root.
struct FilePath: Sendable, Equatable {
    /// Decoded, none of them empty, beginning with a dot, or with a slash or NUL in it.
    let names: [String]
    /// The path names a folder.
    let endsInSlash: Bool

    enum Failure: Error, Equatable {
        /// A `%` without two hexadecimal digits, bytes that are no UTF-8, or a NUL.
        case malformed
        /// A path that is nobody's, whatever files there are.
        case nothingThere
    }

    /// - Parameter path: as sent, beginning with `/`.
    init(_ path: Substring) throws(Failure) {
        var names: [String] = []
        var segments = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let last = segments.removeLast()
        endsInSlash = last.isEmpty
        if !last.isEmpty { segments.append(last) }
        for segment in segments {
            guard let name = PercentEncoding.decode(segment, plusIsSpace: false) else { throw .malformed }
            // A dot at the beginning stands for "." and "..", too.
            guard !name.isEmpty, name.utf8.first != UInt8(ascii: "."), !name.utf8.contains(UInt8(ascii: "/")) else {
                throw .nothingThere
            }
            names.append(name)
        }
        self.names = names
    }
}
