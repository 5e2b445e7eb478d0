// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// A system call's `errno`, with the system's words for it (strerror_r(3)).
struct SystemError: Error, Equatable, CustomStringConvertible {
    let number: Int32

    /// Takes the calling thread's `errno`: make it before any other call.
    init() { number = errno }

    init(_ number: Int32) { self.number = number }

    var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, strerror_r(number, base, buffer.count) == 0 else {
                return "error \(number)"
            }
            return String(cString: base)
        }
    }
}
