// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPISandbox
import Glibc
import NIOConcurrencyHelpers

/// Threads of the gateway's own for what blocks (pthreads(7)).
enum Thread {
    /// Starts a thread that nobody joins.
    ///
    /// - Parameters:
    ///   - name: at most 15 bytes are shown.
    ///   - stackSize: in bytes.
    static func detach(
        name: String, stackSize: Int, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackSize)
        // Retained here; released by the thread, or below where there is none.
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let error = pthread_create(
            &thread, &attributes,
            { pointer in
                // pthread_create passes on what it was given, and that is not NULL.
                guard let pointer else { return nil }
                let start = Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
                cgotapi_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard error == 0 else {
            start.release()
            throw SystemError(error)
        }
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}

/// The thread that starts all plug-ins' processes. It lasts as long as the gateway does, since a parent-death signal
/// fires when the *thread* ends that started the child (prctl(2), PR_SET_PDEATHSIG).
final class SpawnThread: Sendable {
    /// The one of this process, or why there is none.
    static let shared = Result { () throws(SystemError) in try SpawnThread() }

    /// 1 while jobs wait.
    private let condition = ConditionLock(value: 0)
    private let jobs = NIOLockedValueBox<[@Sendable () -> Void]>([])

    private init() throws(SystemError) {
        try Thread.detach(name: "plugin-spawn", stackSize: 512 << 10) { [condition, jobs] in
            while true {
                condition.lock(whenValue: 1)
                condition.unlock(withValue: 0)
                let batch = jobs.withLockedValue { waiting in
                    defer { waiting = [] }
                    return waiting
                }
                for job in batch { job() }
            }
        }
    }

    /// Runs a job after those that wait.
    func run(_ job: @escaping @Sendable () -> Void) {
        jobs.withLockedValue { $0.append(job) }
        condition.lock()
        condition.unlock(withValue: 1)
    }
}
