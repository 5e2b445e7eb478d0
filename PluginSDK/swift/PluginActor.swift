// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import Glibc

/// The plug-in's own thread. ``Plugin`` classes live on it; from elsewhere, `await` or `Task { @PluginActor in … }`
/// leads there. Nothing on it may block: await instead.
@globalActor
public final actor PluginActor {
    public static let shared = PluginActor()

    let executor = PluginExecutor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Runs `body` at once, on the plug-in thread, where the gateway's callbacks already are.
    nonisolated static func assumeIsolated<Result>(_ body: @PluginActor () throws -> Result) rethrows -> Result {
        shared.executor.checkIsolated()
        // The check above is the isolation that the type asks for; the two function types differ in nothing else.
        return try withoutActuallyEscaping(body) { body in
            try unsafeBitCast(body, to: (() throws -> Result).self)()
        }
    }
}

/// Jobs for the plug-in thread, on which the gateway calls back (call_on_plugin_thread).
///
/// `@unchecked Sendable`: `state` is used under `mutex` only, and both are allocated once and live as long as the
/// process, since the one executor is ``PluginActor/shared``'s.
final class PluginExecutor: SerialExecutor, @unchecked Sendable {
    private struct State {
        var table: HostTable?
        var thread: pthread_t?
        var jobs: [UnownedJob] = []
        /// A call is on its way: one is enough for all jobs that wait.
        var isCalled = false
    }

    private var state = State()
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "pthread_mutex_init: error \(status)")
    }

    /// The plug-in starts on this thread.
    func open(_ table: HostTable) {
        withLock {
            $0.table = table
            $0.thread = pthread_self()
            $0.isCalled = false
        }
        callIfNeeded()
    }

    /// The plug-in has stopped: jobs wait for its next start.
    func close() { withLock { $0.table = nil } }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        withLock { $0.jobs.append(job) }
        callIfNeeded()
    }

    /// On the plug-in thread: runs what waits now. What that enqueues has its own turn, so messages come between.
    func run() {
        let jobs = withLock { state in
            defer { state.jobs = [] }
            state.isCalled = false
            return state.jobs
        }
        for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }

    func checkIsolated() {
        let thread = withLock { $0.thread }
        precondition(thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false, "not on the plug-in thread")
    }

    private func callIfNeeded() {
        let table: HostTable? = withLock { state in
            guard !state.isCalled, !state.jobs.isEmpty, let table = state.table else { return nil }
            state.isCalled = true
            return table
        }
        guard let table else { return }
        let status = table.pointer.pointee.call_on_plugin_thread(table.pointer, nil)
        // Refused, the plug-in being stopped: the jobs wait.
        if Status(rawValue: status) != .ok { withLock { $0.isCalled = false } }
    }

    private func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state)
    }
}
