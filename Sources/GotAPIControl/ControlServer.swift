// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// The gateway's end of the control socket: 0600, for its own user and root but not for plug-ins (``ControlKey``,
/// ``ControlPeer``); after the key one JSON object on a line both ways.
///
/// Requests of one connection are served one after another. A client that stalls, sending or reading, is dropped; the one
/// beyond the limit of connections is told so.
package final class ControlServer: Sendable {
    /// Answers one request; cancelled where nobody waits any more. Runs on no event loop, so it may take its time.
    package typealias Handler = @Sendable (ControlRequest) async -> ControlResponse

    /// How many connections may be open at once.
    static let maximumConnections = 16

    private let path: String
    private let listener: any Channel
    private let connections: ControlConnections

    private init(path: String, listener: any Channel, connections: ControlConnections) {
        self.path = path
        self.listener = listener
        self.connections = connections
    }

    /// Begins to listen. The caller holds the ``StateLock`` of the socket's folder: a socket that is there already is a dead
    /// gateway's and is replaced.
    ///
    /// - Parameters:
    ///   - path: see ``ControlSocket/path(inStateFolder:)``.
    ///   - stallTimeout: how long a client may take for a request, and for each part of an answer.
    /// - Throws: ``ControlError``, or what NIO throws.
    package static func start(
        path: String, group: any EventLoopGroup, stallTimeout: TimeAmount = .seconds(10), handler: @escaping Handler
    ) async throws -> ControlServer {
        let connections = ControlConnections()
        let key = ControlKey()
        try key.write(to: ControlSocket.keyPath(besideSocket: path))
        let descriptor = try listeningSocket(at: path)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: CInt(maximumConnections))
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                refusal(of: channel, among: connections).flatMapThrowing { words in
                    if let words {
                        try channel.pipeline.syncOperations.addHandler(ControlRefusal(words: words))
                    } else {
                        try channel.pipeline.syncOperations.addHandler(
                            ControlConnection(key: key, handler: handler, stallTimeout: stallTimeout))
                    }
                }
            }
            .withBoundSocket(descriptor).get()
        return ControlServer(path: path, listener: listener, connections: connections)
    }

    /// Removes the socket, stops listening, tells those who wait for an answer that the gateway is stopping, and ends every
    /// connection.
    package func shutDown() async {
        unlink(path)
        unlink(ControlSocket.keyPath(besideSocket: path))
        // It can only fail because it is closed already.
        try? await listener.close()
        for channel in connections.close() {
            channel.pipeline.fireUserInboundEventTriggered(ControlShutDown())
            try? await channel.closeFuture.get()
        }
    }

    /// A bound socket with mode 0600 from its first moment on.
    private static func listeningSocket(at path: String) throws(ControlError) -> CInt {
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
            guard unlink(path) == 0 else { throw .system(operation: "replace", path: path, code: errno) }
        }
        let descriptor = try ControlSocket.make()
        do throws(ControlError) {
            // The file gets the socket's own mode. <https://man7.org/linux/man-pages/man7/unix.7.html>
            guard fchmod(descriptor, 0o600) == 0 else { throw .system(operation: "make", path: path, code: errno) }
            let code = try ControlSocket.withAddress(of: path) { address, length in
                bind(descriptor, address, length) == 0 ? 0 : errno
            }
            guard code == 0 else { throw .system(operation: "make", path: path, code: code) }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Why a new connection is not served, or `nil`.
    private static func refusal(
        of channel: any Channel, among connections: ControlConnections
    ) -> EventLoopFuture<String?> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture("the connection cannot be checked")
        }
        // The kernel says who connected. <https://man7.org/linux/man-pages/man7/unix.7.html>, SO_PEERCRED
        let peer: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        return peer.map { peer -> String? in
            guard ControlPeer(process: peer.pid, user: peer.uid).isAdmitted(owner: geteuid(), gateway: getpid()) else {
                return "this gateway belongs to another user, or the command was started by one of its plug-ins"
            }
            guard connections.add(channel) else { return "too many commands talk to this gateway: try again" }
            return nil
        }
    }
}

/// `struct ucred` of unix(7), which glibc declares as an extension that Swift does not see.
private struct PeerCredentials: Sendable {
    let pid: pid_t
    let uid: uid_t
    let gid: gid_t
}

/// The open connections that are served.
final class ControlConnections: Sendable {
    private struct State {
        var isClosed = false
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// - Returns: false where there are too many.
    func add(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdded = state.withLockedValue { state in
            guard !state.isClosed, state.channels.count < ControlServer.maximumConnections else { return false }
            state.channels[key] = channel
            return true
        }
        if isAdded {
            channel.closeFuture.whenComplete { [state] _ in state.withLockedValue { $0.channels[key] = nil } }
        }
        return isAdded
    }

    /// Takes no more connections. Returns those that are open.
    func close() -> [any Channel] {
        state.withLockedValue { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
    }
}
