// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import GotAPIWeb

/// Answers as the test says.
struct ScriptedResponder: Responder {
    let script: @Sendable (WebRequest, Completion) -> Cancellation?

    init(_ script: @escaping @Sendable (WebRequest, Completion) -> Cancellation?) { self.script = script }

    /// Answers at once with the request's method, target and body.
    static let echo = ScriptedResponder { request, completion in
        completion(echo(request))
        return nil
    }

    static func echo(_ request: WebRequest) -> WebResponse {
        switch request.body {
        case .bytes(let bytes):
            WebResponse(status: 200, body: Array("\(request.method) \(request.target) ".utf8) + bytes)
        case .tooLarge: WebResponse(status: 413, body: Array("too large".utf8))
        }
    }

    func respond(to request: WebRequest, completion: Completion) -> Cancellation? { script(request, completion) }
}

/// A session that tells the test what it hears and does what the test says.
final class ScriptedSession: WebSocketSession, WebSocketResponder {
    let events: AsyncStream<WebSocketEvent>
    private let continuation: AsyncStream<WebSocketEvent>.Continuation
    private let script: @Sendable (WebSocketEvent) -> [WebSocketAction]
    private let admittedOutlet = NIOLockedValueBox<(any WebSocketOutlet)?>(nil)

    /// By default it repeats every text.
    init(
        _ script: @escaping @Sendable (WebSocketEvent) -> [WebSocketAction] = { event in
            if case .text(let text) = event { [.send(Array(text.utf8))] } else { [] }
        }
    ) {
        (events, continuation) = AsyncStream.makeStream()
        self.script = script
    }

    /// How to reach the client that was admitted last.
    var outlet: any WebSocketOutlet { admittedOutlet.withLockedValue { $0! } }

    func admit(_ request: WebRequest, outlet: any WebSocketOutlet) -> WebSocketAdmission {
        admittedOutlet.withLockedValue { $0 = outlet }
        return .session(self)
    }

    func receive(_ event: WebSocketEvent) -> [WebSocketAction] {
        continuation.yield(event)
        if event == .closed { continuation.finish() }
        return script(event)
    }
}

/// What a test can do with a running server.
struct TestServer {
    let server: WebServer
    let port: Int

    func client(receiveBuffer: CInt? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBuffer: receiveBuffer)
    }
}

/// Runs a server on a free port of 127.0.0.1, with two event loops, for the length of `work`.
func withServer(
    responder: any Responder = ScriptedResponder.echo, webSocket: any WebSocketResponder = ScriptedSession(),
    files: StaticFiles? = nil, tls: TLSContextBox? = nil,
    port: Int = 0, addresses: [IPAddress] = [.loopbackIPv4], timeouts: WebTimeouts = WebTimeouts(),
    connectionLimit: Int = 100, bodyBudget: Int = 64 << 20, overflowCode: UInt16? = nil,
    dropped: NIOLockedValueBox<Int> = NIOLockedValueBox(0),
    work: (TestServer) async throws -> Void
) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let listener = WebListener(
        addresses: addresses, port: port, tls: tls, routes: [WebRoute(path: "/gotapi", responder: responder)],
        webSocketRoutes: [
            WebSocketRoute(path: "/gotapi/websocket", responder: webSocket, overflowCode: overflowCode)
        ], files: files)
    var configuration = WebConfiguration(listeners: [listener], logger: Logger(label: "test"))
    configuration.timeouts = timeouts
    configuration.connectionLimit = connectionLimit
    configuration.bodyBudget = bodyBudget
    configuration.onDroppedPushes = { count in dropped.withLockedValue { $0 += count } }
    let server = try await WebServer.start(configuration, on: group)
    do {
        try await work(TestServer(server: server, port: server.boundPorts[0]))
    } catch {
        await server.shutDown(grace: .zero)
        try await group.shutdownGracefully()
        throw error
    }
    await server.shutDown(grace: .zero)
    try await group.shutdownGracefully()
}

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/gotapi-web-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit { Self.remove(path) }

    func write(_ text: String, to name: String) { write(Array(text.utf8), to: name) }

    func write(_ bytes: [UInt8], to name: String) {
        let file = fopen(path + "/" + name, "w")!
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    func makeFolder(_ name: String) { mkdir(path + "/" + name, 0o755) }

    func link(_ name: String, to target: String) { symlink(target, path + "/" + name) }

    private static func remove(_ path: String) {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            let child = path + "/" + name
            if unlink(child) != 0 { remove(child) }
        }
        closedir(folder)
        rmdir(path)
    }
}

extension WebTimeouts {
    /// The defaults, one of them shortened.
    static func with(_ timeout: WritableKeyPath<WebTimeouts, Duration>, _ milliseconds: Int) -> WebTimeouts {
        var timeouts = WebTimeouts()
        timeouts[keyPath: timeout] = .milliseconds(milliseconds)
        return timeouts
    }
}
