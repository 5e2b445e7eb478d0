// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOConcurrencyHelpers

extension PluginSupervisor {
    /// What an owner is told; the caller adds what it knows of the file.
    func fill(_ status: inout PluginStatus) {
        let (current, isQuarantined, record, earlier, output) = state.withLockedValue {
            ($0.current, $0.isQuarantined, $0.record, $0.counters, $0.output)
        }
        current.fill(&status)
        status.isolation = current.transport.isIsolated ? .process : PluginIsolation.none
        if isQuarantined { status.state = .quarantined }
        status.crashes = record
        status.output = Array((output + status.output).suffix(HostedPlugin.keptLines))
        status.requests += earlier.requests
        status.errors += earlier.errors
        status.pushes += earlier.pushes
        status.memory = status.pid.flatMap { ResidentSize.bytes(of: $0) }
    }
}
