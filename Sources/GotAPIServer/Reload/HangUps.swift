// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOConcurrencyHelpers
import ServiceLifecycle
import UnixSignals

/// Hears SIGHUP: has the gateway reload, or ends where its terminal has closed, and with it the service group.
struct HangUps: ServiceLifecycle.Service {
    private let signals: UnixSignalsSequence
    private let watch: NIOLockedValueBox<TerminalWatch>
    private let reload: @Sendable () -> Void

    /// From here on SIGHUP no longer ends the process.
    init(reload: @escaping @Sendable () -> Void) async {
        let isMeantToStay = TerminalWatch.isHangUpIgnored
        watch = NIOLockedValueBox(TerminalWatch(hasTerminal: TerminalWatch.isThere && !isMeantToStay))
        self.reload = reload
        signals = await UnixSignalsSequence(trapping: .sighup)
    }

    func run() async throws {
        await withTaskGroup { tasks in
            tasks.addTask { [watch] in
                while (try? await Task.sleep(for: .seconds(1))) != nil {
                    watch.withLockedValue { $0.look(isThere: TerminalWatch.isThere) }
                }
            }
            for await _ in signals.cancelOnGracefulShutdown() {
                switch watch.withLockedValue({ $0.hangUp(isThere: TerminalWatch.isThere) }) {
                case .reload: reload()
                case .terminalClosed: return tasks.cancelAll()
                }
            }
            tasks.cancelAll()
        }
    }
}
