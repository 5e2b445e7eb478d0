// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Logging
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
import NIOSSL

/// HTTP, WebSocket and TLS on one or several ports, on the event loops that it is given.
///
///     listener ─▶ (TLS) ─▶ HTTPConnectionHandler ─▶ Responder │ file │ WebSocketSession
///
/// It knows no rule of GotAPI: whatever a path means is its responder's business.
package final class WebServer: Sendable {
    /// The port of each listener of the configuration, in its order.
    package let boundPorts: [Int]

    private let channels: [any Channel]
    private let loops: [WebLoop]
    private let filePool: NIOThreadPool
    private let connections: Allowance

    private init(
        boundPorts: [Int], channels: [any Channel], loops: [WebLoop], filePool: NIOThreadPool, connections: Allowance
    ) {
        self.boundPorts = boundPorts
        self.channels = channels
        self.loops = loops
        self.filePool = filePool
        self.connections = connections
    }

    /// HTTP connections at the moment, upgraded ones not counted. [any thread]
    package var connectionCount: Int { connections.count }

    /// All connections at the moment, WebSockets too. [any thread]
    package var openCount: Int { loops.reduce(0) { $0 + $1.connectionCount } }

    /// Opens all listeners, or none.
    ///
    /// - Throws: ``BindFailure``.
    package static func start(
        _ configuration: WebConfiguration, on group: any EventLoopGroup
    ) async throws -> WebServer {
        let loops = group.makeIterator().map { WebLoop(eventLoop: $0, timeouts: configuration.timeouts) }
        let filePool = NIOThreadPool(numberOfThreads: 2)
        filePool.start()
        let connections = Allowance(limit: configuration.connectionLimit)
        let bodies = Allowance(limit: configuration.bodyBudget)
        var channels: [any Channel] = []
        var ports: [Int] = []
        do {
            for listener in configuration.listeners {
                let context = ListenerContext(
                    routes: RouteTable(listener), connections: connections, bodies: bodies, filePool: filePool,
                    isSecure: listener.tls != nil, onDroppedPushes: configuration.onDroppedPushes)
                let acceptor = ConnectionAcceptor(
                    context: context, tls: listener.tls,
                    loops: Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) }))
                let (bound, port) = try await acceptor.bind(
                    listener.addresses, port: listener.port, on: group, logger: configuration.logger)
                channels += bound
                ports.append(port)
            }
        } catch {
            for channel in channels { try? await channel.close() }
            try? await filePool.shutdownGracefully()
            throw error
        }
        return WebServer(
            boundPorts: ports, channels: channels, loops: loops, filePool: filePool, connections: connections)
    }

    /// Closes the listeners; connections live on. May be called more than once.
    package func stopAccepting() async {
        // A listener that is closed already is what is wanted.
        for channel in channels { try? await channel.close() }
    }

    /// Ends the server: idle connections are closed at once, requests in flight may finish until `grace` is over,
    /// WebSockets are closed with 1001. Returns when no connection is left.
    package func shutDown(grace: Duration) async {
        await stopAccepting()
        await withTaskGroup(of: Void.self) { group in
            for loop in loops {
                group.addTask {
                    // The future never fails; a group that was shut down before has no connections left.
                    try? await loop.eventLoop.flatSubmit { loop.drain(grace: TimeAmount(grace)) }.get()
                }
            }
        }
        // It fails only where it was ended before.
        try? await filePool.shutdownGracefully()
    }
}
