// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// The runner program, started as the gateway does it.
final class RunnerProcess {
    struct Failure: Error { let text: String }

    let pid: pid_t
    private var socket: CInt
    private let errors: CInt
    private var buffer = FrameBuffer()
    private var status: CInt?

    /// - Parameters:
    ///   - input: what is the program's standard input; `nil`: a socket pair's other end.
    ///   - leadsGroup: whether it gets a process group of its own, as the gateway gives it one.
    init(
        arguments: [String] = ["com.example.puppet", "\(getpid())"], input: String? = nil, leadsGroup: Bool = false
    ) throws {
        var ends: [CInt] = [-1, -1]
        var pipe: [CInt] = [-1, -1]
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        // A socket pair for the errors too: unlike pipe(2) it is closed on exec from the beginning, and other tests spawn.
        guard socketpair(AF_UNIX, type, 0, &ends) == 0, socketpair(AF_UNIX, type, 0, &pipe) == 0 else {
            throw Failure(text: "descriptors")
        }
        // A runner that says nothing fails the test, instead of blocking it.
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
        }
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 2)
        let path = try Self.path()
        var pointers = ([path] + arguments).map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        // Without Swift's own crash reports, which tests turn on: they take their time, and sanitizers do not like them.
        var environment = [strdup("SWIFT_BACKTRACE=enable=no")]
        for name in ["PATH", "LD_LIBRARY_PATH", "TSAN_OPTIONS", "ASAN_OPTIONS"] {
            if let value = getenv(name) { environment.append(strdup("\(name)=\(String(cString: value))")) }
        }
        environment.append(nil)
        defer { environment.forEach { free($0) } }
        var pid = pid_t()
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        if leadsGroup { posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP)) }
        let error = posix_spawn(&pid, path, &actions, &attributes, &pointers, &environment)
        guard error == 0 else { throw Failure(text: "\(path): \(String(cString: strerror(error)))") }
        self.pid = pid
        socket = ends[0]
        errors = pipe[0]
        close(ends[1])
        close(pipe[1])
    }

    deinit {
        if status == nil {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        if socket >= 0 { close(socket) }
        close(errors)
    }

    /// The program lies beside the test's own.
    private static func path() throws -> String {
        var own = [UInt8](repeating: 0, count: 4_096)
        let count = own.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { readlink("/proc/self/exe", $0, characters.count) } ?? 0
            }
        }
        let folders = [
            String(decoding: own.prefix(max(0, count)), as: UTF8.self), CommandLine.arguments[0],
            #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/.build/debug/x",
        ].map { $0.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") }
        for folder in folders where access("\(folder)/gotapi-plugin-runner", X_OK) == 0 {
            return "\(folder)/gotapi-plugin-runner"
        }
        throw Failure(text: "gotapi-plugin-runner is in none of \(folders): build it first")
    }

    func send(_ frames: HostFrame...) throws {
        var bytes: [UInt8] = []
        for frame in frames { frame.append(to: &bytes) }
        try send(bytes)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress.map { $0 + sent }, bytes.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(text: "send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// The next frame that is no log line; `nil` where the runner closed its end.
    func next() throws -> PluginFrame? {
        while true {
            while let payload = try buffer.next() {
                let frame = try PluginFrame(payload)
                if case .log = frame { continue }
                return frame
            }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(socket, &bytes, bytes.count, 0)
            if count == 0 || count < 0 && errno == ECONNRESET { return nil }
            guard count > 0 else { throw Failure(text: "recv: \(String(cString: strerror(errno)))") }
            buffer.append(bytes[..<count])
        }
    }

    func closeSocket() {
        close(socket)
        socket = -1
    }

    /// Waits for the end: the exit status, or minus the signal.
    func end() -> CInt {
        if let status { return status }
        var raw: CInt = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        let signal = raw & 0x7f
        let end = signal == 0 ? (raw >> 8) & 0xff : -signal
        status = end
        return end
    }

    /// What it wrote to standard error, after its end.
    func errorText() -> String {
        var text: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = read(errors, &bytes, bytes.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += bytes[..<count]
        }
    }
}
