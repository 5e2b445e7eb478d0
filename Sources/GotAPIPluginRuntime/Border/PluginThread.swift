// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import Glibc
import GotAPICore

/// The one thread on which a plug-in's code is called. Its object belongs to that thread alone.
final class PluginThread {
    /// What a program's main thread has on Linux: device libraries are written and tried there. It is address space, of which
    /// only pages that were touched become memory.
    private static let stackSize = 8 << 20

    private let core: RuntimeCore
    private var library: PluginLibrary?
    private var table: UnsafePointer<gotapi_host>?
    /// What `start` handed out.
    private var plugin: UnsafeMutableRawPointer?

    private init(core: RuntimeCore) { self.core = core }

    /// Makes the thread: pthread_create(3). Returns why it could not, or `nil`.
    static func run(for core: RuntimeCore) -> String? {
        // Signals are the process's business: all are blocked here, and so in the threads that the plug-in makes. Those that
        // a thread raises itself by a fault stay as they are, so that a crash is a crash.
        var blocked = sigset_t()
        var before = sigset_t()
        sigfillset(&blocked)
        for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS] { sigdelset(&blocked, fault) }
        pthread_sigmask(SIG_SETMASK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        // Nobody waits for it: a plug-in may hang.
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))

        // Retained here, released by the thread, which takes it over; by us where there is no thread.
        let context = Unmanaged.passRetained(PluginThread(core: core))
        var thread = pthread_t()
        let error = pthread_create(
            &thread, &attributes,
            { context in
                // Not nil: it is what is passed below.
                Unmanaged<PluginThread>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard error != 0 else { return nil }
        context.release()
        return "the system gave no thread: \(String(cString: strerror(error)))"
    }

    private func run() {
        Self.name(core.name)
        core.monitor.withLock { $0.thread = UInt(pthread_self()) }
        while true {
            let work = core.nextWork()
            core.activity?.set(true)
            defer { core.activity?.set(false) }
            switch work {
            case .load(let instruction): load(instruction)
            case .start: start()
            case .stop: stop()
            case .message(let message, let kind): call(message, kind)
            case .expired(let message): library?.functions.onMessageExpired?(plugin, message)
            case .unsubscribed(let subscription, let reason):
                library?.functions.onUnsubscribed?(plugin, subscription, reason.rawValue)
            case .timer(let turn): library?.functions.onTimer?(plugin, turn.handle, turn.user.raw, turn.status.rawValue)
            case .call(let user): library?.functions.onCall?(plugin, user.raw, Status.ok.rawValue)
            case .end:
                stop()
                return
            }
        }
    }

    /// Names this thread for `ps -T` and debuggers: proc(5), /proc/pid/comm. Where /proc is missing it stays without.
    private static func name(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        _ = write(file, bytes, bytes.count)
        close(file)
    }

    private func load(_ instruction: LoadInstruction) {
        do throws(LoadFailure) {
            let library = try PluginLibrary(instruction, entry: core.test?.entry)
            self.library = library
            table = HostTable.make(for: core, instruction)
            core.update { $0.loaded(library.descriptor, features: library.features) }
        } catch {
            core.update { $0.refuse(error) }
        }
    }

    private func start() {
        guard let library, let table, core.monitor.withLock({ $0.beginStart() }) else { return }
        plugin = nil
        let status = library.functions.start(library.functions.context, table, &plugin)
        core.update { state in
            if status == Status.ok.rawValue {
                state.callee = .init(onMessage: library.functions.onMessage, plugin: PluginPointer(raw: plugin))
                state.started()
            } else {
                state.startFailed("start returned \(Status.describe(status))")
            }
        }
    }

    private func call(_ message: UInt64, _ kind: PluginMessage.Kind) {
        guard let functions = library?.functions else { return }
        switch kind {
        case .request: functions.onMessage(plugin, message)
        case .serviceDiscovery: functions.onServiceDiscovery?(plugin, message)
        case .clientID: functions.onClientID?(plugin, message)
        case .accessToken: functions.onAccessToken?(plugin, message)
        }
    }

    /// In this order: messages, subscriptions, timers, calls, the plug-in itself (plugin-abi.md, "Rules").
    private func stop() {
        guard let closing = core.update({ $0.beginStop(now: core.now) }) else { return }
        if let functions = library?.functions {
            // One after another: in each callback the plug-in may let go of the messages behind it.
            for message in closing.messages where core.monitor.withLock({ $0.borrowExpired(message) }) {
                functions.onMessageExpired?(plugin, message)
                core.update { $0.endBorrow(now: core.now) }
            }
            for (subscription, reason) in closing.subscriptions {
                functions.onUnsubscribed?(plugin, subscription, reason.rawValue)
            }
            for turn in closing.timers { functions.onTimer?(plugin, turn.handle, turn.user.raw, turn.status.rawValue) }
            for user in closing.calls { functions.onCall?(plugin, user.raw, Status.closed.rawValue) }
            functions.stop(plugin)
        }
        core.update { $0.finishStop() }
    }
}
