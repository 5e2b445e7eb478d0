// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging
import NIOConcurrencyHelpers

/// Stands in for the gateway: takes what plug-ins do of their own accord and lets a test wait for it.
final class RecordingSink: EventSink {
    enum Event: Sendable, Equatable {
        case subscribed(subscription: UInt64, message: UInt64)
        case pushed(subscription: UInt64, members: String)
        case unsubscribed(subscription: UInt64)
        case servicesChanged
        case announced(services: String)
    }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    /// What `subscribed` returns.
    let acceptsSubscriptions = NIOLockedValueBox(true)

    init() {
        (events, continuation) = AsyncStream.makeStream()
    }

    func subscribed(_ endpoint: any PluginEndpoint, subscription: UInt64, message: PluginMessage) -> Bool {
        continuation.yield(.subscribed(subscription: subscription, message: message.id))
        return acceptsSubscriptions.withLockedValue { $0 }
    }

    func pushed(_ endpoint: any PluginEndpoint, subscription: UInt64, members: [UInt8]) {
        continuation.yield(.pushed(subscription: subscription, members: String(decoding: members, as: UTF8.self)))
    }

    func unsubscribed(_ endpoint: any PluginEndpoint, subscription: UInt64) {
        continuation.yield(.unsubscribed(subscription: subscription))
    }

    func servicesChanged(_ endpoint: any PluginEndpoint) { continuation.yield(.servicesChanged) }

    func announced(_ endpoint: any PluginEndpoint, services: [UInt8]) {
        continuation.yield(.announced(services: String(decoding: services, as: UTF8.self)))
    }
}

/// Keeps all log lines.
struct RecordingLog: LogHandler {
    final class Lines: Sendable {
        let box = NIOLockedValueBox<[String]>([])

        var all: [String] { box.withLockedValue { $0 } }
        func contains(_ text: String) -> Bool { all.contains { $0.contains(text) } }
    }

    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ lines: Lines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.box.withLockedValue { $0.append("\(event.level) \(metadata["plugin"] ?? "-"): \(event.message)") }
    }
}
