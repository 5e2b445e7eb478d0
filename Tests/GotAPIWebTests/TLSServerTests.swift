// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import GotAPIWeb

@Suite(.timeLimit(.minutes(1)))
struct TLSServerTests {
    static let now = 1_800_000_000

    /// Sends `text` over TLS and returns everything that the server sends until it closes.
    private func exchange(
        _ text: String, port: Int, serverName: String? = "localhost", trusting file: String? = nil,
        from minimum: TLSVersion = .tlsv12, to maximum: TLSVersion = .tlsv13
    ) async throws -> String {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = minimum
        configuration.maximumTLSVersion = maximum
        configuration.applicationProtocols = ["h2", "http/1.1"]
        if let file { configuration.trustRoots = .file(file) } else { configuration.certificateVerification = .none }
        let context = try NIOSSLContext(configuration: configuration)
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.next().makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLClientHandler(context: context, serverHostname: serverName), Collector(promise),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        try? await channel.writeAndFlush(ByteBuffer(string: text))
        return try await promise.futureResult.get()
    }

    /// Collects what arrives until the connection ends.
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var text = ""
        private var failure: (any Error)?
        private let promise: EventLoopPromise<String>

        init(_ promise: EventLoopPromise<String>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { text += String(buffer: unwrapInboundIn(data)) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            failure = error
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            if let failure, text.isEmpty { promise.fail(failure) } else { promise.succeed(text) }
        }
    }

    private func withTLSServer(
        files: StaticFiles? = nil, timeouts: WebTimeouts = WebTimeouts(),
        work: (TestServer, CertificateFolder, TLSContextBox) async throws -> Void
    ) async throws {
        let folder = TemporaryFolder()
        let certificates = CertificateFolder(path: folder.path)
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        _ = try certificates.ensure(names: .ofThisHost(), now: time.tv_sec)
        let box = try TLSContextBox(certificates.identity)
        try await withServer(files: files, tls: box, timeouts: timeouts) { server in
            try await work(server, certificates, box)
        }
        withExtendedLifetime(folder) {}
    }

    static let request = "GET /gotapi/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13]) func bothVersionsAreServed(version: TLSVersion) async throws {
        try await withTLSServer { server, _, _ in
            let text = try await exchange(Self.request, port: server.port, from: version, to: version)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("GET /gotapi/a "))
        }
    }

    @Test func olderVersionsAreRefused() async throws {
        try await withTLSServer { server, _, _ in
            await #expect(throws: (any Error).self) {
                try await exchange(Self.request, port: server.port, from: .tlsv1, to: .tlsv11)
            }
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func aClientThatTrustsTheCertificateAcceptsIt(
        name: String
    ) async throws {
        try await withTLSServer { server, certificates, _ in
            let text = try await exchange(
                Self.request, port: server.port, serverName: name == "localhost" ? name : nil,
                trusting: certificates.identity.certificateFile)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test func newConnectionsGetTheNewCertificate() async throws {
        try await withTLSServer { server, _, box in
            let folder = TemporaryFolder()
            let others = CertificateFolder(path: folder.path)
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            _ = try others.ensure(names: .ofThisHost(), now: time.tv_sec)
            let file = others.identity.certificateFile
            await #expect(throws: (any Error).self) {
                try await exchange(Self.request, port: server.port, trusting: file)
            }
            try box.replace(with: others.identity)
            #expect(try await exchange(Self.request, port: server.port, trusting: file).hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test func filesAndLargeBodiesGoThroughTLS() async throws {
        let folder = TemporaryFolder()
        folder.write([UInt8](repeating: 97, count: 3_000_000), to: "large.txt")
        try await withTLSServer(files: StaticFiles(documentRoot: folder.path) { _ in true }) { server, _, _ in
            let get = "GET /large.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let file = try await exchange(get, port: server.port)
            #expect(file.utf8.count > 3_000_000)
            let body = String(repeating: "x", count: 1 << 20)
            let post =
                "POST /gotapi HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                + body
            #expect(try await exchange(post, port: server.port).hasSuffix(body))
        }
    }

    @Test func aBodyThatIsTooLongIsAnsweredThroughTLS() async throws {
        try await withTLSServer { server, _, _ in
            let text =
                "POST /gotapi HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n"
                + String(repeating: "x", count: 200_000)
            let answer = try await exchange(text, port: server.port)
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func plainHTTPOnTheTLSPortIsClosed() async throws {
        try await withTLSServer { server, _, _ in
            let client = try server.client()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(!String(decoding: try client.takeAll(), as: UTF8.self).contains("HTTP/1.1"))
        }
    }

    @Test func aHandshakeThatDoesNotFinishIsClosed() async throws {
        try await withTLSServer(timeouts: .with(\.request, 80)) { server, _, _ in
            let client = try server.client()
            try client.send([0x16, 3, 1, 2])
            #expect(try client.isClosed())
        }
    }
}
