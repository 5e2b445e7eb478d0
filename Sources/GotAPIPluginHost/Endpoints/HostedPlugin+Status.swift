// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers

extension HostedPlugin {
    /// What an owner is told; the caller adds what it knows of the file.
    func fill(_ status: inout PluginStatus) {
        let traffic = traffic.withLockedValue { $0 }
        status.id = id
        status.name = traffic.descriptor?.name.printable
        status.version = traffic.descriptor?.version.printable
        status.vendor = traffic.descriptor?.vendor.printable
        status.pid = transport.pid
        status.generation = generation
        status.services = traffic.services.map(\.serviceID)
        status.requests = traffic.counters.requests
        status.errors = traffic.counters.errors
        status.pushes = traffic.counters.pushes
        status.cage = traffic.cage
        status.output = traffic.output
        status.lane = traffic.isInline ? .inline : .thread
        switch traffic.state {
        case .idle, .loading, .loaded: status.state = .loading
        case .starting: status.state = .starting
        case .running: status.state = traffic.isHung ? .blocked : .running
        case .ending: status.state = .blocked
        case .stopping: status.state = .stopping
        case .stopped: status.state = .stopped
        case .crashed(let reason):
            status.state = .crashed
            status.failure = LoadFailure(.crashed, reason)
        case .failed(let failure):
            status.state = .refused
            status.failure = failure
        }
    }
}
