// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import NIOConcurrencyHelpers

/// A program that a test started: its output line by line, and its end.
///
/// It is started with posix_spawn(3) and nothing blocked or ignored, as from a shell; Foundation's `Process` would leave
/// SIGTERM blocked.
package final class TestProcess: Sendable {
    package struct Outcome: Sendable, Equatable {
        /// The exit status, or the signal's number plus 128.
        package let status: Int32
        package let output: String
    }

    package let pid: Int32

    private struct State {
        var output: [UInt8] = []
        var isAtEnd = false
        var waiting: [(condition: @Sendable (String) -> Bool, continuation: CheckedContinuation<String, any Error>)] =
            []
        var status: Int32?
        var exits: [CheckedContinuation<Int32, Never>] = []
        var ends: [CheckedContinuation<String, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    /// Starts `program`; its standard output and standard error come together.
    package init(_ program: String, _ arguments: [String], in folder: String? = nil) throws {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw TestConnectionError(description: "no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let words = folder.map { ["/usr/bin/env", "-C", $0, program] } ?? [program]
        var argv = (words + arguments).map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, words[0], &actions, &attributes, &argv, environ)
        Glibc.close(ends[1])
        guard code == 0 else {
            Glibc.close(ends[0])
            throw TestConnectionError(description: "\(program): \(String(cString: strerror(code)))")
        }
        self.pid = pid
        let descriptor = ends[0]
        try Self.detach { self.read(descriptor) }
        try Self.detach { self.wait() }
    }

    /// Runs a program to its end, which a thread of its own waits for.
    package static func run(
        _ program: String, _ arguments: [String], in folder: String? = nil
    ) async throws -> Outcome {
        let process = try TestProcess(program, arguments, in: folder)
        let status = await process.waitForExit()
        return Outcome(status: status, output: await process.waitForEndOfOutput())
    }

    /// Everything that it has printed so far.
    package var output: String { state.withLockedValue { String(decoding: $0.output, as: UTF8.self) } }

    /// Waits until the output fulfils a condition, and returns it.
    ///
    /// - Throws: where the output ends before that.
    @discardableResult
    package func waitForOutput(_ condition: @escaping @Sendable (String) -> Bool) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            state.withLockedValue { $0.waiting.append((condition, continuation)) }
            serveWaiting()
        }
    }

    private func waitForEndOfOutput() async -> String {
        await withCheckedContinuation { continuation in
            let isAtEnd = state.withLockedValue { state in
                if !state.isAtEnd { state.ends.append(continuation) }
                return state.isAtEnd
            }
            if isAtEnd { continuation.resume(returning: output) }
        }
    }

    /// Waits for its end and returns the exit status, or the signal's number plus 128.
    package func waitForExit() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLockedValue { state -> Int32? in
                if state.status == nil { state.exits.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// Its number may be another process's after its end.
    package func signal(_ number: CInt) {
        state.withLockedValue { state in
            if state.status == nil { kill(pid, number) }
        }
    }

    private func read(_ descriptor: CInt) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                state.withLockedValue { $0.output += buffer.prefix(count) }
                serveWaiting()
            } else if count == 0 || errno != EINTR {
                break
            }
        }
        Glibc.close(descriptor)
        let ends = state.withLockedValue { state in
            state.isAtEnd = true
            defer { state.ends = [] }
            return state.ends
        }
        for end in ends { end.resume(returning: output) }
        serveWaiting()
    }

    private func serveWaiting() {
        let (ready, ended) = state.withLockedValue { state in
            let text = String(decoding: state.output, as: UTF8.self)
            let ready = state.waiting.filter { $0.condition(text) }.map { ($0.continuation, text) }
            state.waiting.removeAll { $0.condition(text) }
            let ended = state.isAtEnd ? state.waiting.map { ($0.continuation, text) } : []
            if state.isAtEnd { state.waiting = [] }
            return (ready, ended)
        }
        for (continuation, text) in ready { continuation.resume(returning: text) }
        for (continuation, text) in ended {
            continuation.resume(throwing: TestConnectionError(description: "the output ended with:\n\(text)"))
        }
    }

    private func wait() {
        var raw: CInt = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        let status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : (raw & 0x7f) + 128
        let exits = state.withLockedValue { state in
            state.status = status
            defer { state.exits = [] }
            return state.exits
        }
        for exit in exits { exit.resume(returning: status) }
    }

    /// Runs `work` on a thread of its own: it blocks.
    private static func detach(_ work: @escaping @Sendable () -> Void) throws {
        final class Box: Sendable {
            let work: @Sendable () -> Void
            init(_ work: @escaping @Sendable () -> Void) { self.work = work }
        }
        var thread = pthread_t()
        // Retained here, released by the thread that takes it.
        let box = Unmanaged.passRetained(Box(work))
        let code = pthread_create(
            &thread, nil,
            { pointer in
                Unmanaged<Box>.fromOpaque(pointer!).takeRetainedValue().work()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw TestConnectionError(description: "no thread: \(String(cString: strerror(code)))")
        }
        pthread_detach(thread)
    }
}
