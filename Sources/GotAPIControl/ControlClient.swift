// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// The command's end of the control socket. It blocks, as a command may.
package enum ControlClient {
    /// Sends one request to the running gateway and waits for the answer.
    ///
    /// - Parameters:
    ///   - path: the socket, see ``ControlSocket/path(inStateFolder:)``.
    ///   - timeout: for everything together.
    package static func send(
        _ request: ControlRequest, path: String, timeout: Duration = .seconds(30)
    ) throws(ControlError) -> ControlResponse {
        let line = request.line
        guard line.count - 1 <= ControlRequest.maximumLength else { throw .requestTooLong }
        let key = try ControlKey(readingFrom: ControlSocket.keyPath(besideSocket: path), socket: path)
        var connection = try Connection(to: path, timeout: timeout)
        defer { connection.end() }
        try connection.write(Array(key.text.utf8) + [UInt8(ascii: "\n")] + line)
        return try ControlResponse(line: try connection.readLine())
    }

    /// A connection of one request. Whoever makes it calls ``end()``.
    private struct Connection {
        private let path: String
        private let timeout: Duration
        private let deadline: ContinuousClock.Instant
        private let descriptor: CInt

        init(to path: String, timeout: Duration) throws(ControlError) {
            self.path = path
            self.timeout = timeout
            deadline = .now + timeout
            descriptor = try ControlSocket.make()
            do throws(ControlError) {
                try connect()
            } catch {
                end()
                throw error
            }
        }

        func end() { close(descriptor) }

        private func connect() throws(ControlError) {
            // While the queue of connections is full, connect waits as long as a send may.
            // <https://man7.org/linux/man-pages/man2/connect.2.html>
            var limit = timeval(tv_sec: Int(timeout.components.seconds), tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            let code = try ControlSocket.withAddress(of: path) { address, length in
                Glibc.connect(descriptor, address, length) == 0 ? 0 : errno
            }
            switch code {
            case 0: break
            case ENOENT, ENOTDIR, ECONNREFUSED: throw .notRunning(path: path)
            case EACCES, EPERM: throw .permissionDenied(path: path)
            case EAGAIN: throw .timedOut(timeout)
            case EPROTOTYPE, ENOTSOCK: throw .notASocket(path: path)
            default: throw .system(operation: "connect to", path: path, code: code)
            }
            guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0 else {
                throw .system(operation: "use", path: path, code: errno)
            }
        }

        mutating func write(_ bytes: [UInt8]) throws(ControlError) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EPIPE {
                    // The server wants no more, and has said why.
                    return
                } else {
                    try wait(for: POLLOUT, after: errno)
                }
            }
        }

        mutating func readLine() throws(ControlError) -> [UInt8] {
            var line: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = Glibc.read(descriptor, &chunk, chunk.count)
                if count < 0 {
                    try wait(for: POLLIN, after: errno)
                    continue
                }
                guard count > 0 else { throw .connectionEnded }
                if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) { return line + chunk[..<end] }
                line += chunk[..<count]
                guard line.count <= ControlResponse.maximumLength else {
                    throw .invalidMessage("the answer is too long")
                }
            }
        }

        /// Waits until the call that failed with `code` can go on. <https://man7.org/linux/man-pages/man2/poll.2.html>
        private func wait(for events: CInt, after code: CInt) throws(ControlError) {
            switch code {
            case EINTR: return
            case EAGAIN: break
            case EPIPE, ECONNRESET: throw .connectionEnded
            default: throw .system(operation: "talk over", path: path, code: code)
            }
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .timedOut(timeout) }
            let (seconds, attoseconds) = left.components
            let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            // Nothing happened in time, or a signal: the caller tries again and comes back here.
            _ = poll(&entry, 1, CInt(clamping: milliseconds))
        }
    }
}
