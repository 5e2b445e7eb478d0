// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import NIOConcurrencyHelpers
import NIOPosix

/// The process's standard output and standard error. Writing never waits: a thread of its own writes, so that whoever reads
/// slowly, or not at all, holds no event loop up.
package final class ProcessOutput: TextOutputStream, Sendable {
    package static let standard = ProcessOutput(descriptor: STDOUT_FILENO)
    package static let error = ProcessOutput(descriptor: STDERR_FILENO)

    /// What waits for a reader at the most, in bytes; what comes then is left out and counted.
    private static let limit = 1 << 20

    private struct State {
        var waiting: [UInt8] = []
        var isWriting = false
        var lost = 0
    }

    private let descriptor: CInt
    private let state = NIOLockedValueBox(State())
    private let thread = NIOThreadPool(numberOfThreads: 1)

    package init(descriptor: CInt) {
        self.descriptor = descriptor
        thread.start()
    }

    /// Has `text` written as it is, soon. [any thread]
    @Sendable
    package func write(_ text: String) {
        let begins = state.withLockedValue { state in
            guard state.waiting.count + text.utf8.count <= Self.limit else {
                state.lost += 1
                return false
            }
            state.waiting += text.utf8
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { thread.submit { [self] _ in drain() } }
    }

    /// Waits until everything is written, but no longer than `time`.
    package func flush(within time: Duration = .milliseconds(500)) {
        let deadline = ContinuousClock.now + time
        while state.withLockedValue(\.isWriting), ContinuousClock.now < deadline { usleep(1_000) }
    }

    private func drain() {
        while let bytes = next() { writeAll(bytes) }
    }

    private func next() -> [UInt8]? {
        state.withLockedValue { state in
            guard !state.waiting.isEmpty else {
                state.isWriting = false
                return nil
            }
            var bytes = state.waiting
            if state.lost > 0 { bytes += Array("(\(state.lost) messages were left out: nobody read them)\n".utf8) }
            state.lost = 0
            state.waiting = []
            return bytes
        }
    }

    private func writeAll(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                return  // Nobody reads any more.
            }
        }
    }
}
