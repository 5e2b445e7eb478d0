// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Reads and writes the few small files that keys and certificates are.
enum SmallFile {
    struct Failure: Error, Equatable {
        let code: CInt
        var reason: String { SmallFile.words(for: code) }
    }

    /// The longest file that is read, in bytes.
    static let limit = 1 << 20

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        let file = OpenFile(owning: descriptor)
        guard let status = file.status else { throw Failure(code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(code: EINVAL) }
        guard status.st_size <= limit else { throw Failure(code: EFBIG) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let read = bytes.withUnsafeMutableBytes {
                file.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]), offset: count, count: $0.count - count)
            }
            guard read >= 0 else { throw Failure(code: errno) }
            if read == 0 { break }
            count += read
        }
        return Array(bytes[..<count])
    }

    /// Writes a file that is there as a whole or not at all, whatever happens meanwhile: a new file with this mode, synced,
    /// then renamed.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(Failure) {
        let temporary = path + ".new"
        // What an earlier attempt left behind; nobody else writes into the folder.
        if unlink(temporary) != 0, errno != ENOENT { throw Failure(code: errno) }
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        let file = OpenFile(owning: descriptor)
        var count = 0
        while count < bytes.count {
            let written = bytes.withUnsafeBytes {
                Glibc.write(file.descriptor, $0.baseAddress! + count, $0.count - count)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Failure(code: errno) }
            count += written
        }
        guard fsync(file.descriptor) == 0, rename(temporary, path) == 0 else { throw Failure(code: errno) }
    }

    /// Makes a folder that only its owner may enter, and those above it where they are missing.
    static func makeFolder(_ path: String) throws(Failure) {
        var partial = path.hasPrefix("/") ? "/" : ""
        for name in path.split(separator: "/") {
            partial += partial.isEmpty || partial.hasSuffix("/") ? String(name) : "/" + name
            guard mkdir(partial, 0o700) == 0 || errno == EEXIST || errno == EISDIR else { throw Failure(code: errno) }
        }
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// What `errno` says, in words.
    static func words(for code: CInt) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        // https://man7.org/linux/man-pages/man3/strerror.3.html, the form of POSIX.
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
