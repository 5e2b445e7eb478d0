// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// Opens a listener's sockets and sets up the connections that they accept.
struct ConnectionAcceptor: Sendable {
    let context: ListenerContext
    let tls: TLSContextBox?
    let loops: [ObjectIdentifier: WebLoop]

    private static let connectionIDs = NIOLockedValueBox<UInt64>(0)
    /// How often a port that is free on one address is looked for anew, where it is not on the next.
    private static let portAttempts = 16
    /// Bytes that the kernel takes beyond what is on its way (https://man7.org/linux/man-pages/man7/tcp.7.html). By itself
    /// it would take megabytes for a client that reads nothing; those could not be dropped, and nobody would see that they
    /// wait.
    private static let kernelBuffer = 128 << 10

    /// Listens on all `addresses` that this host has, on the same port.
    ///
    /// - Throws: ``BindFailure``.
    func bind(
        _ addresses: [IPAddress], port: Int, on group: any EventLoopGroup, logger: Logger
    ) async throws -> (channels: [any Channel], port: Int) {
        var attempt = 1
        while true {
            var channels: [any Channel] = []
            var boundPort = port
            var missing: BindFailure?
            do {
                for address in addresses {
                    do {
                        let channel = try await bind(address, port: boundPort, on: group)
                        channels.append(channel)
                        boundPort = channel.localAddress?.port ?? boundPort
                    } catch let failure as BindFailure
                        where failure.code == EADDRNOTAVAIL || failure.code == EAFNOSUPPORT
                    {
                        logger.info("address left out", metadata: ["reason": "\(failure)"])
                        missing = failure
                    }
                }
                if let missing, channels.isEmpty { throw missing }
                return (channels, boundPort)
            } catch {
                for channel in channels { try? await channel.close() }
                let isTaken = (error as? BindFailure)?.code == EADDRINUSE
                guard port == 0, isTaken, attempt < Self.portAttempts else { throw error }
                attempt += 1
            }
        }
    }

    private func bind(_ address: IPAddress, port: Int, on group: any EventLoopGroup) async throws -> any Channel {
        var bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 2_048, maximum: 16_384)
            )
            .childChannelOption(
                ChannelOptions.socket(SocketOptionLevel(IPPROTO_TCP), SocketOptionName(TCP_NOTSENT_LOWAT)),
                value: Self.kernelBuffer
            )
            .childChannelInitializer(setUp)
        if address.bytes.count == 16 {
            // 0.0.0.0 has a socket of its own, so :: must not take its connections.
            bootstrap = bootstrap.serverChannelOption(
                ChannelOptions.socket(SocketOptionLevel(IPPROTO_IPV6), SocketOptionName(IPV6_V6ONLY)), value: 1)
        }
        do {
            return try await bootstrap.bind(to: SocketAddress(ipAddress: address.description, port: port)).get()
        } catch let error as IOError {
            throw BindFailure(address: address, port: port, code: error.errnoCode)
        }
    }

    @Sendable private func setUp(_ channel: any Channel) -> EventLoopFuture<Void> {
        // A failure closes the connection. One without an address has ended already.
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)],
            let source = channel.remoteAddress?.ipAddress.flatMap({ IPAddress($0) }),
            context.connections.take(1)
        else { return channel.eventLoop.makeFailedFuture(ChannelError.connectPending) }
        let id = Self.connectionIDs.withLockedValue { last in
            last += 1
            return last
        }
        let pipeline = channel.pipeline.syncOperations
        let connection = HTTPConnectionHandler(loop: loop, shared: context, source: source, id: id)
        do {
            try pipeline.addHandlers([connection.decoder, connection.reader])
            // The handler gives back the connection that it counts for as soon as it leaves the pipeline.
            try pipeline.addHandler(connection, position: .first)
        } catch {
            context.connections.giveBack(1)
            return channel.eventLoop.makeFailedFuture(error)
        }
        do {
            if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.current), position: .first) }
            return channel.eventLoop.makeSucceededVoidFuture()
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
    }
}
