// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// The process's standard output and standard error, unbuffered, so that whoever reads a pipe sees a line when it happens.
package struct ProcessOutput: Sendable {
    package static let standard = ProcessOutput(descriptor: STDOUT_FILENO)
    package static let error = ProcessOutput(descriptor: STDERR_FILENO)

    private let descriptor: CInt

    /// Writes `text` as it is. What cannot be written is lost: nobody reads. [any thread]
    @Sendable
    package func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                return
            }
        }
    }
}
