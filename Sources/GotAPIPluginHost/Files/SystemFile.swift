// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// The text files of proc(5) and cgroups(7).
enum SystemFile {
    /// Empty where it cannot be read: then nothing is known.
    static func read(_ path: String) -> String {
        var bytes: [UInt8] = []
        do throws(SystemError) {
            let file = try FileDescriptor(opening: path, O_RDONLY)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
            defer { buffer.deallocate() }
            while true {
                let count = try file.read(into: buffer)
                guard count > 0 else { break }
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        } catch {
            return ""
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
