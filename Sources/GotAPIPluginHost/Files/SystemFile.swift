// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// The text files of proc(5) and cgroups(7).
enum SystemFile {
    /// Empty where it cannot be read: then nothing is known.
    static func read(_ path: String) -> String {
        guard let file = try? FileDescriptor(opening: path, O_RDONLY), let bytes = try? file.readAll(limit: .max) else {
            return ""
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
