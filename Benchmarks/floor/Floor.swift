// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// What the gateway is measured against: the barest NIO program that does the same work, with no gateway in it.
///
///     floor PORT THREADS [CERTIFICATE KEY]
///
/// PORT is for HTTP: a request is parsed, its nonce gets an HMAC, and the bytes go out that the gateway would send. PORT + 1
/// is for WebSockets: the gateway's frames go out to everybody, again and again, from the first POST on.
@main
enum Floor {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard [2, 4].contains(arguments.count), let port = Int(arguments[0]), let threads = Int(arguments[1]) else {
            fatalError("usage: floor PORT THREADS [CERTIFICATE KEY]")
        }
        let tls = try arguments.count == 4 ? tlsContext(certificate: arguments[2], key: arguments[3]) : nil
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let audiences = group.makeIterator().map { NIOLoopBoundBox.makeBoxSendingValue(Audience(), eventLoop: $0) }
        let server = try bind(port, group, tls) { pipeline in
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
            try pipeline.addHandler(EchoHandler(audiences: audiences))
        }
        _ = try bind(port + 1, group, tls) { pipeline in
            let upgrader = NIOWebSocketServerUpgrader(shouldUpgrade: { channel, _ in
                channel.eventLoop.makeSucceededFuture([:])
            }) { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let audience = audiences.first(where: { $0.eventLoop === channel.eventLoop }) else { return }
                    try channel.pipeline.syncOperations.addHandler(SocketHandler(audience: audience))
                }
            }
            try pipeline.configureHTTPServerPipeline(
                withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
        }
        print("ready")
        fflush(nil)
        try server.closeFuture.wait()
    }

    private static func bind(
        _ port: Int, _ group: any EventLoopGroup, _ tls: NIOSSLContext?,
        _ addHandlers: @escaping @Sendable (ChannelPipeline.SynchronousOperations) throws -> Void
    ) throws -> any Channel {
        try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try addHandlers(pipeline)
                }
            }
            .bind(host: "127.0.0.1", port: port).wait()
    }

    private static func tlsContext(certificate: String, key: String) throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
    }
}
