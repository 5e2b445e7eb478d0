// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// An open file or folder, closed with the last reference to it.
final class OpenFile: Sendable {
    let descriptor: CInt

    init(owning descriptor: CInt) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }

    /// What `fstat` says of it, or `nil` where that fails.
    var status: stat? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status : nil
    }

    /// Reads up to `count` bytes from `offset` on; 0 at the end of the file, or a negative number where reading fails.
    func read(into buffer: UnsafeMutableRawBufferPointer, offset: Int, count: Int) -> Int {
        while true {
            let read = pread(descriptor, buffer.baseAddress, min(count, buffer.count), offset)
            if read >= 0 || errno != EINTR { return read }
        }
    }
}
