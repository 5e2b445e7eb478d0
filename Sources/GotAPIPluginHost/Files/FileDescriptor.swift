// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// An open file or folder of ours, closed when it goes out of scope. All are closed on exec.
struct FileDescriptor: ~Copyable {
    let number: Int32

    init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// Opens a path (open(2)).
    init(opening path: String, _ flags: Int32, mode: mode_t = 0) throws(SystemError) {
        self.number = try Self.retried { open(path, flags | O_CLOEXEC, mode) }
    }

    /// Opens a name inside a folder (openat(2)).
    init(
        opening name: String, in folder: borrowing FileDescriptor, _ flags: Int32, mode: mode_t = 0
    ) throws(SystemError) {
        let folder = folder.number
        self.number = try Self.retried { openat(folder, name, flags | O_CLOEXEC, mode) }
    }

    private static func retried(_ call: () -> Int32) throws(SystemError) -> Int32 {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw SystemError() }
        }
    }

    /// fstat(2)
    func status() throws(SystemError) -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw SystemError() }
        return status
    }

    /// Reads at most the buffer's size (read(2)); 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        let number = number
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw SystemError() }
        }
    }

    /// Reads everything, a chunk at a time.
    ///
    /// - Parameter budget: how many bytes may still be read; below 0 after ``SystemError`` `EFBIG`, since there were more.
    func forEachChunk(
        budget: inout Int, _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Void
    ) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            guard count > 0 else { return }
            budget -= count
            guard budget >= 0 else { throw SystemError(EFBIG) }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Reads up to the end.
    ///
    /// - Throws: ``SystemError`` with `EFBIG` where there are more than `limit` bytes.
    func readAll(limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var budget = limit
        try forEachChunk(budget: &budget) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Writes everything (write(2)).
    func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(number, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw SystemError()
            }
        }
    }

    /// The names in this folder but `.` and `..` (fdopendir(3), readdir(3)), in no order. Names that are not UTF-8 are
    /// repaired and so will not be found again.
    func names() throws(SystemError) -> [String] {
        // The stream takes the descriptor over and closes it, and moves its position: so it gets one of its own.
        let own = openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw SystemError() }
        guard let stream = fdopendir(own) else {
            let error = SystemError()
            close(own)
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemError() }
                return names
            }
            // The name is the struct's last member, ended by NUL; its address comes from the entry itself, since a copy
            // of the struct could be longer than what readdir allocated.
            let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
            let name = String(cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
            if name != ".", name != ".." { names.append(name) }
        }
    }
}

extension stat {
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
    var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
    var isSymbolicLink: Bool { st_mode & S_IFMT == S_IFLNK }
}
