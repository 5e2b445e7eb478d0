// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore
package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// What a test got back from ``HTTPTestConnection/send(_:_:headers:body:)``.
package struct HTTPTestResponse: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    package var json: JSONNode { get throws { try JSONNode(parsing: body) } }

    package func header(_ name: String) -> String? {
        headers.first { isEqualIgnoringCase($0.name, name) }?.value
    }
}

/// Why a test's connection could not be used.
package struct TestConnectionError: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// One HTTP/1.1 connection to a server under test, kept alive between requests. Requests go one after another.
package final class HTTPTestConnection: Sendable {
    private let channel: any Channel
    private let port: Int
    private let responses: AsyncThrowingStream<HTTPTestResponse, any Error>

    private init(
        channel: any Channel, port: Int, responses: AsyncThrowingStream<HTTPTestResponse, any Error>
    ) {
        self.channel = channel
        self.port = port
        self.responses = responses
    }

    /// Connects to 127.0.0.1. With TLS, any certificate is accepted: what is tested is not the test's trust.
    package static func connect(port: Int, tls: Bool, group: any EventLoopGroup) async throws -> HTTPTestConnection {
        let (responses, continuation) = AsyncThrowingStream<HTTPTestResponse, any Error>.makeStream()
        let channel = try await connectClient(port: port, tls: tls, group: group) { channel in
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(ResponseCollector(continuation))
        }
        return HTTPTestConnection(channel: channel, port: port, responses: responses)
    }

    /// Sends a request and waits for its answer.
    package func send(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: String = ""
    ) async throws -> HTTPTestResponse {
        var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: target)
        head.headers.add(name: "Host", value: "localhost:\(port)")
        for (name, value) in headers { head.headers.add(name: name, value: value) }
        if !body.isEmpty || method == "POST" || method == "PUT" {
            head.headers.add(name: "Content-Length", value: String(body.utf8.count))
        }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if !body.isEmpty {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
        }
        try await channel.writeAndFlush(HTTPClientRequestPart.end(nil))
        for try await response in responses { return response }
        throw TestConnectionError(description: "the server closed the connection without an answer")
    }

    package func close() async { await channel.closeOrderly() }

    /// Ends the connection with a reset.
    package func abort() async { await channel.abort() }
}

/// Made once: it reads the system's certificates, though none is asked for.
private let clientContext = Result {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    return try NIOSSLContext(configuration: configuration)
}

/// Connects a client channel to 127.0.0.1, with TLS or without.
package func connectClient(
    port: Int, tls: Bool, group: any EventLoopGroup,
    configure: @escaping @Sendable (any Channel) throws -> Void
) async throws -> any Channel {
    let context = tls ? try clientContext.get() : nil
    return try await ClientBootstrap(group: group)
        .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                if let context {
                    try channel.pipeline.syncOperations.addHandler(
                        try NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                }
                try configure(channel)
            }
        }
        .connect(host: "127.0.0.1", port: port).get()
}

private final class ResponseCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let continuation: AsyncThrowingStream<HTTPTestResponse, any Error>.Continuation
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(_ continuation: AsyncThrowingStream<HTTPTestResponse, any Error>.Continuation) {
        self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer):
            body += buffer.readableBytesView
        case .end:
            guard let head else { return }
            continuation.yield(
                HTTPTestResponse(
                    status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) }, body: body))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        continuation.finish(throwing: error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension ResponseCollector: Sendable {}
