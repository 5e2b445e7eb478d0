// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOConcurrencyHelpers

extension PluginSupervisor {
    /// What an owner is told; the caller adds what it knows of the file.
    func fill(_ status: inout PluginStatus) {
        let state = state.withLockedValue { $0 }
        let current = state.current
        var earlier = state.counters
        for replaced in state.replaced { earlier.add(replaced.plugin.traffic.withLockedValue(\.counters)) }
        current.fill(&status)
        status.file = state.plan.library.file.path
        status.sha256 = state.plan.library.copy.sha256
        status.signature = state.signature
        status.isolation = current.transport.isIsolated ? .process : PluginIsolation.none
        if state.isQuarantined { status.state = .quarantined }
        status.crashes = state.record
        status.output = Array((state.output + status.output).suffix(HostedPlugin.keptLines))
        status.requests += earlier.requests
        status.errors += earlier.errors
        status.pushes += earlier.pushes
        status.draining = state.replaced.count
        status.memory = status.pid.flatMap { ResidentSize.bytes(of: $0) }
    }
}
