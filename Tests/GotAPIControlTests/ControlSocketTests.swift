// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import GotAPIControl

/// Both ends over a real socket.
@Suite(.timeLimit(.minutes(1)))
struct ControlSocketTests {
    /// For calls that block: tests run side by side, and none shall wait for another's.
    private static let blockingCalls: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 32)
        pool.start()
        return pool
    }()

    /// Runs a server for the length of a closure.
    private func withServer(
        at path: String, stallTimeout: TimeAmount = .seconds(10),
        handler: @escaping ControlServer.Handler = { .success(["echo": JSONNode(.text($0.command))]) },
        _ work: (ControlServer) async throws -> Void
    ) async throws {
        let server = try await ControlServer.start(
            path: path, group: .singletonMultiThreadedEventLoopGroup, stallTimeout: stallTimeout, handler: handler)
        do {
            try await work(server)
        } catch {
            await server.shutDown()
            throw error
        }
        await server.shutDown()
    }

    /// Sends from a thread of its own, since the client blocks.
    private func send(
        _ command: String, path: String, timeout: Duration = .seconds(30)
    ) async throws -> ControlResponse {
        try await ControlSocketTests.blockingCalls.runIfActive {
            try ControlClient.send(ControlRequest(command: command), path: path, timeout: timeout)
        }
    }

    /// A client that sends what it likes and reads to the end.
    private final class RawClient: Sendable {
        let descriptor: CInt

        /// - Parameter key: what it sends first; by default the server's key.
        init(path: String, key: String? = nil) throws {
            descriptor = try ControlSocket.make()
            let client = descriptor
            let code = try ControlSocket.withAddress(of: path) { connect(client, $0, $1) }
            try #require(code == 0)
            let file = ControlSocket.keyPath(besideSocket: path)
            send(try key ?? ControlKey(readingFrom: file, socket: path).text + "\n")
        }

        deinit { close(descriptor) }

        func send(_ text: String) {
            // Even an attempt to send nothing fails where the server has closed already.
            guard !text.isEmpty else { return }
            let bytes = Array(text.utf8)
            #expect(Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count)
        }

        func endSending() { shutdown(descriptor, CInt(SHUT_WR)) }

        /// The next line; nothing may be behind it.
        func readLine() async throws -> String {
            let descriptor = descriptor
            return try await ControlSocketTests.blockingCalls.runIfActive {
                var text: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 4_096)
                while text.last != UInt8(ascii: "\n") {
                    let count = Glibc.read(descriptor, &chunk, chunk.count)
                    guard count > 0 else { break }
                    text += chunk[..<count]
                }
                return String(decoding: text, as: UTF8.self)
            }
        }

        /// What came until the server closed.
        func readToEnd() async throws -> [String] {
            let descriptor = descriptor
            return try await ControlSocketTests.blockingCalls.runIfActive {
                var text: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 4_096)
                while true {
                    let count = Glibc.read(descriptor, &chunk, chunk.count)
                    guard count > 0 else { break }
                    text += chunk[..<count]
                }
                return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
            }
        }
    }

    @Test func aRequestIsAnswered() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        try await withServer(at: path) { _ in
            guard case .success(let result) = try await send("plugin list", path: path) else {
                Issue.record("no success")
                return
            }
            #expect(result["echo"]?.text == "plugin list")
            #expect(try folder.mode(of: "control.sock") == S_IFSOCK | 0o600)
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test func aPathLongerThanAnAddressWorks() async throws {
        let folder = try TemporaryFolder()
        var long = folder.path
        while long.utf8.count < 300 {
            long += "/" + String(repeating: "d", count: 60)
            #expect(mkdir(long, 0o700) == 0)
        }
        let path = ControlSocket.path(inStateFolder: long)
        await #expect { try await send("x", path: path) } throws: { $0 as? ControlError == .notRunning(path: path) }
        try await withServer(at: path) { _ in
            let response = try await send("x", path: path)
            #expect(response != .failure(""))
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test func withoutAGatewayTheErrorSaysHowToStartOne() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        for _ in 0..<2 {
            await #expect { try await send("x", path: path) } throws: {
                "\($0)" == "no gateway is running with this state folder (\(path)): start it with `gotapi serve`"
            }
            // The second time: a dead gateway's socket lies there.
            let dead = try ControlSocket.make()
            #expect(try ControlSocket.withAddress(of: path) { bind(dead, $0, $1) } == 0 || access(path, F_OK) == 0)
            close(dead)
        }
        // It is replaced.
        try await withServer(at: path) { _ in _ = try await send("x", path: path) }
    }

    @Test func whatIsNoSocketIsNotReplaced() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        await #expect { try await withServer(at: path) { _ in } } throws: {
            $0 as? ControlError == .notASocket(path: path)
        }
    }

    @Test func requestsOfOneConnectionAreAnsweredInOrderAlsoAfterItsEndOfInput() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        try await withServer(at: path) { _ in
            let client = try RawClient(path: path)
            client.send("{\"command\":\"a\"}\nnonsense\n{\"command\":\"b\"}\n")
            client.endSending()
            let lines = try await client.readToEnd()
            #expect(
                lines == [
                    #"{"ok":true,"result":{"echo":"a"}}"#,
                    #"{"ok":false,"error":"not understood: no valid JSON at byte 0: expected null"}"#,
                    #"{"ok":true,"result":{"echo":"b"}}"#,
                ])
        }
    }

    @Test func thousandsOfEmptyLinesAreHarmless() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        try await withServer(at: path) { _ in
            let client = try RawClient(path: path)
            client.send(String(repeating: "\n", count: 8_000))
            client.endSending()
            let lines = try await client.readToEnd()
            #expect(lines.count == 8_000)
        }
    }

    @Test func aLineThatIsTooLongEndsTheConnection() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        try await withServer(at: path) { _ in
            let client = try RawClient(path: path)
            client.send(String(repeating: "x", count: ControlRequest.maximumLength + 1))
            let lines = try await client.readToEnd()
            #expect(lines == [#"{"ok":false,"error":"the request is longer than 65536 bytes"}"#])
        }
        #expect(throws: ControlError.requestTooLong) {
            try ControlClient.send(
                ControlRequest(command: String(repeating: "x", count: ControlRequest.maximumLength)), path: path)
        }
    }

    @Test func aLargeAnswerArrivesWhole() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        let text = String(repeating: "é", count: 4 << 20)
        let handler: ControlServer.Handler = { _ in .success(JSONNode(.text(text))) }
        try await withServer(at: path, handler: handler) { _ in
            guard case .success(let result) = try await send("x", path: path) else {
                Issue.record("no success")
                return
            }
            #expect(result.text == text)
        }
    }

    @Test func aClientThatStallsIsDropped() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        try await withServer(at: path, stallTimeout: .milliseconds(100)) { _ in
            let silent = try RawClient(path: path)
            silent.send("{\"command\":")
            #expect(try await silent.readToEnd() == [])
        }
    }

    @Test func aClientThatDoesNotReadIsDropped() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        let text = String(repeating: "x", count: 8 << 20)
        let handler: ControlServer.Handler = { _ in .success(JSONNode(.text(text))) }
        try await withServer(at: path, stallTimeout: .milliseconds(100), handler: handler) { _ in
            let lazy = try RawClient(path: path)
            lazy.send("{\"command\":\"x\"}\n")
            // The hang-up arrives without a byte being read. <https://man7.org/linux/man-pages/man2/poll.2.html>
            let descriptor = lazy.descriptor
            let events = try await ControlSocketTests.blockingCalls.runIfActive {
                var entry = pollfd(fd: descriptor, events: 0, revents: 0)
                _ = poll(&entry, 1, 30_000)
                return entry.revents
            }
            #expect(CInt(events) & POLLHUP != 0)
        }
    }

    @Test func theConnectionBeyondTheLimitIsRefused() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        try await withServer(at: path) { _ in
            var open: [RawClient] = []
            for _ in 0..<ControlServer.maximumConnections {
                let client = try RawClient(path: path)
                client.send("{\"command\":\"a\"}\n")
                #expect(try await client.readLine() == "{\"ok\":true,\"result\":{\"echo\":\"a\"}}\n")
                open.append(client)
            }
            // It sends nothing: the server closes at once.
            let beyond = try RawClient(path: path, key: "")
            #expect(
                try await beyond.readToEnd()
                    == [#"{"ok":false,"error":"too many commands talk to this gateway: try again"}"#])
            // The others are served, and one that ends makes room.
            open[0].send("{\"command\":\"b\"}\n")
            #expect(try await open[0].readLine() == "{\"ok\":true,\"result\":{\"echo\":\"b\"}}\n")
            open[1].endSending()
            #expect(try await open[1].readToEnd() == [])
            // The server forgets a connection when it has closed it, which the client may see first.
            while case .failure = try await send("c", path: path) {}
        }
    }

    @Test func theClientDoesNotWaitForEver() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        let handler: ControlServer.Handler = { _ in
            // Ends when the server is shut down.
            try? await Task.sleep(for: .seconds(60))
            return .failure("late")
        }
        try await withServer(at: path, handler: handler) { _ in
            await #expect { try await send("x", path: path, timeout: .milliseconds(50)) } throws: {
                $0 as? ControlError == .timedOut(.milliseconds(50))
            }
        }
    }

    @Test func whoWaitsIsToldThatTheGatewayStops() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let handler: ControlServer.Handler = { _ in
            arrival.yield()
            try? await Task.sleep(for: .seconds(60))
            return .success(JSONNode(.boolean(Task.isCancelled)))
        }
        let server = try await ControlServer.start(
            path: path, group: .singletonMultiThreadedEventLoopGroup, handler: handler)
        async let response = send("x", path: path)
        for await _ in arrived { break }
        await server.shutDown()
        #expect(try await response == .failure("the gateway is stopping"))
    }

    @Test(
        arguments: [
            "{\"command\":\"a\"}\n", "\n", String(repeating: "0", count: 64) + "\n",
            String(repeating: "0", count: 65) + "\n",
        ])
    func whoHasNotTheKeyIsNotServed(first: String) async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        try await withServer(at: path) { _ in
            let client = try RawClient(path: path, key: first + "{\"command\":\"a\"}\n")
            #expect(
                try await client.readToEnd() == [
                    #"{"ok":false,"error":"the first line is not this gateway's key, which is in control.key beside "#
                        + #"its socket"}"#
                ])
        }
    }

    @Test func theKeyIsForTheGatewaysUserAloneAndNewForEachGateway() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        let file = ControlSocket.keyPath(besideSocket: path)
        var keys: [ControlKey] = []
        for _ in 0..<2 {
            try await withServer(at: path) { _ in
                #expect(try folder.mode(of: "control.key") == S_IFREG | 0o600)
                keys.append(try ControlKey(readingFrom: file, socket: path))
            }
            #expect(access(file, F_OK) != 0)
            // As a gateway leaves it that was killed.
            close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644))
        }
        #expect(keys.count == 2 && keys[0] != keys[1])
    }

    @Test(
        arguments: [(1_000, 1_000, true), (0, 1_000, true), (1_001, 1_000, false), (1_000, 0, false)]
            as [(uid_t, uid_t, Bool)])
    func onlyTheGatewaysUserAndRootAreServed(user: uid_t, owner: uid_t, isAdmitted: Bool) {
        let peer = ControlPeer(process: 0, user: user)
        #expect(peer.isAdmitted(owner: owner, gateway: 10) == isAdmitted)
    }

    /// 10 is the gateway, 20 a shell, 21 its child, 30 a runner, 31 its child; 40 is its own parent; 50 is gone.
    @Test(arguments: [(10, true), (20, true), (21, true), (30, false), (31, false), (40, false), (50, false)])
    func noneOfThoseThatTheGatewayHasStartedIsServed(process: pid_t, isAdmitted: Bool) {
        let parents: [pid_t: pid_t] = [10: 20, 20: 15, 21: 20, 30: 10, 31: 30, 40: 40]
        let peer = ControlPeer(process: process, user: 1_000)
        #expect(peer.isAdmitted(owner: 1_000, gateway: 10) { parents[$0] } == isAdmitted)
    }

    @Test func aChildOfTheGatewayIsRefused() async throws {
        let folder = try TemporaryFolder()
        let path = ControlSocket.path(inStateFolder: folder.path)
        try await withServer(at: path) { _ in
            let answer = try await ControlSocketTests.blockingCalls.runIfActive { try runChild(that: path) }
            #expect(answer.contains("started by one of its plug-ins"))
        }
    }
}

/// A program that this process starts, which sends the key and a command: what the server says to it.
private func runChild(that path: String) throws -> String {
    let script = """
        import socket, sys
        s = socket.socket(socket.AF_UNIX)
        s.connect(sys.argv[1])
        print(s.makefile().readline())
        """
    var ends: [CInt] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    let words = ["python3", "-c", script, path]
    var arguments = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var pid = pid_t()
    let code = posix_spawnp(&pid, "python3", &actions, nil, &arguments, environ)
    close(ends[1])
    try #require(code == 0)
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
        let count = read(ends[0], &chunk, chunk.count)
        guard count > 0 else { break }
        text += chunk[..<count]
    }
    waitpid(pid, nil, 0)
    return String(decoding: text, as: UTF8.self)
}
