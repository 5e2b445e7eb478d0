// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// One value behind one mutex, and a condition to wait on: the only lock of the runtime and its runner, which import
/// neither NIO nor Foundation.
///
/// `@unchecked Sendable`: the value is touched only between `pthread_mutex_lock` and `pthread_mutex_unlock`, and mutex,
/// condition and value have addresses of their own on the heap, which stay until the last reference to the monitor is gone,
/// hence until nobody can be inside. What a body hands out is up to it: here numbers, values, and pointers
/// and objects of which only what never changes is read outside.
package final class Monitor<State>: @unchecked Sendable {
    /// What a body of ``wait(_:)`` decides.
    package enum Step<Result> {
        case done(Result)
        /// Wait for ``signal()``, at most until this moment on CLOCK_MONOTONIC in nanoseconds; then ask again.
        case wait(until: UInt64?)
    }

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private let state: UnsafeMutablePointer<State>

    package init(_ initial: State) {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        state = .allocate(capacity: 1)
        state.initialize(to: initial)
        // The bodies are short: whoever meets another thread inside spins a moment before it sleeps.
        var mutexAttributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&mutexAttributes)
        pthread_mutexattr_settype(&mutexAttributes, CInt(PTHREAD_MUTEX_ADAPTIVE_NP))
        var error = pthread_mutex_init(mutex, &mutexAttributes)
        precondition(error == 0, "pthread_mutex_init(3p): error \(error)")
        pthread_mutexattr_destroy(&mutexAttributes)
        var conditionAttributes = pthread_condattr_t()
        pthread_condattr_init(&conditionAttributes)
        pthread_condattr_setclock(&conditionAttributes, CLOCK_MONOTONIC)
        error = pthread_cond_init(condition, &conditionAttributes)
        precondition(error == 0, "pthread_cond_init(3p): error \(error)")
        pthread_condattr_destroy(&conditionAttributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Runs `body` under the lock. It calls nothing that may wait, and no code of a plug-in.
    @inline(__always)
    package func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&state.pointee)
    }

    /// Runs `body` under the lock, again and again, until it is done; sleeps in between, without the lock.
    package func wait<Result>(_ body: (inout State) -> Step<Result>) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch body(&state.pointee) {
            case .done(let result): return result
            case .wait(nil): pthread_cond_wait(condition, mutex)
            case .wait(let moment?):
                var time = timespec(
                    tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
                pthread_cond_timedwait(condition, mutex, &time)
            }
        }
    }

    /// Wakes the one thread that waits in ``wait(_:)``.
    package func signal() { pthread_cond_signal(condition) }

    /// Wakes all threads that wait in ``wait(_:)``. May be called under the lock too.
    package func signalAll() { pthread_cond_broadcast(condition) }
}
