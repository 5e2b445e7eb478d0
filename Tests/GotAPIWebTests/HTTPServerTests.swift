// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIWeb

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerTests {
    @Test func requestsOnOneConnectionAreAnsweredInOrder() async throws {
        // The first is answered later and from another thread, the others at once.
        let first = NIOLockedValueBox<Completion?>(nil)
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let responder = ScriptedResponder { request, completion in
            if request.target == "/gotapi/1" {
                first.withLockedValue { $0 = completion }
                arrival.yield()
            } else {
                completion(ScriptedResponder.echo(request))
            }
            return nil
        }
        try await withServer(responder: responder) { server in
            let client = try server.client()
            try client.send((1...3).map { "GET /gotapi/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
            _ = await arrived.first { true }
            first.withLockedValue { $0 }?(WebResponse(status: 201, body: Array("first".utf8)))
            #expect(try client.response().text == "first")
            #expect(try client.response().text == "GET /gotapi/2 ")
            #expect(try client.response().text == "GET /gotapi/3 ")
        }
    }

    @Test func hundredsOfPipelinedRequestsAreAllAnswered() async throws {
        try await withServer { server in
            let client = try server.client()
            let request = "POST /gotapi/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
            try client.send(String(repeating: request, count: 2_000))
            for _ in 0..<2_000 { #expect(try client.response().text == "POST /gotapi/x abc") }
        }
    }

    @Test func aSecondAnswerToARequestIsDropped() async throws {
        let responder = ScriptedResponder { request, completion in
            completion(WebResponse(status: 200, body: Array("one".utf8)))
            completion(WebResponse(status: 200, body: Array("two".utf8)))
            return nil
        }
        try await withServer(responder: responder) { server in
            let client = try server.client()
            #expect(try client.get("/gotapi").text == "one")
            #expect(try client.get("/gotapi").text == "one")
        }
    }

    @Test func bodiesArriveWholeHoweverTheyAreSent() async throws {
        try await withServer { server in
            let client = try server.client()
            let body = String(repeating: "x", count: 300_000)
            try client.send("POST /gotapi/a HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
            #expect(try client.response().body.count == 15 + 300_000)
            try client.send("PUT /gotapi/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            try client.send("1\r\nd\r\n0\r\n\r\n")
            #expect(try client.response().text == "PUT /gotapi/b abcd")
        }
    }

    @Test func aClientThatExpectsIsToldToContinue() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("POST /gotapi/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.response().status == 100)
            try client.send("ab")
            #expect(try client.response().text == "POST /gotapi/a ab")
        }
    }

    @Test(arguments: [
        "Content-Length: 1048577\r\n\r\n", "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n100001\r\n", "Content-Length: 18446744073709551615\r\n\r\nabc",
    ])
    func bodiesThatAreTooLongAreSaidSoAtOnce(fields: String) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("POST /gotapi/a HTTP/1.1\r\nHost: a\r\n" + fields)
            // What is still being sent does not take the answer away.
            for _ in 0..<17 { try client.send([UInt8](repeating: 97, count: 65_536)) }
            let response = try client.response()
            #expect(response.status == 413)
            #expect(response.headers["connection"] == "close")
            #expect(try client.isClosed())
        }
    }

    @Test func aBodyOfTheGreatestLengthIsRead() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("POST /gotapi/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n")
            try client.send([UInt8](repeating: 97, count: 1_048_576))
            #expect(try client.response().body.count == 15 + 1_048_576)
        }
    }

    @Test func bodiesTogetherHaveALimit() async throws {
        try await withServer(bodyBudget: 1 << 20) { server in
            let head = "POST /gotapi/a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n"
            let holder = try server.client()
            try holder.send(head + "Expect: 100-continue\r\n\r\n")
            #expect(try holder.response().status == 100)
            let refused = try server.client()
            try refused.send(head + "\r\n")
            #expect(try refused.response().status == 503)
            #expect(try refused.isClosed())
            try holder.send(String(repeating: "x", count: 100_000))
            #expect(try holder.response().status == 200)
            let next = try server.client()
            try next.send(head + "\r\n" + String(repeating: "x", count: 100_000))
            #expect(try next.response().status == 200)
        }
    }

    @Test(arguments: [
        ("NONSENSE\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431),
        ("GET /\(String(repeating: "x", count: 20_000)) HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        ("POST /gotapi HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
        ("POST /gotapi HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ])
    func brokenRequestsAreAnsweredInPlainWordsAndClosed(text: String, status: Int) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send(text)
            let response = try client.response()
            #expect(response.status == status)
            #expect(response.headers["content-type"]?.hasPrefix("text/plain") == true)
            #expect(response.headers["connection"] == "close")
            #expect(try client.isClosed())
        }
    }

    @Test func aRequestBeforeABrokenOneIsAnswered() async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("GET /gotapi/1 HTTP/1.1\r\nHost: a\r\n\r\nNONSENSE\r\n\r\n")
            #expect(try client.response().status == 200)
            #expect(try client.response().status == 400)
            #expect(try client.isClosed())
        }
    }

    @Test func anAnswerHasItsDateAndHEADHasNoBody() async throws {
        try await withServer { server in
            let client = try server.client()
            let response = try client.get("/gotapi", method: "HEAD")
            #expect(response.headers["content-length"] == "13")
            #expect(response.headers["date"].flatMap(HTTPDate.parse) != nil)
            #expect(response.headers["connection"] == nil)
            #expect(try client.get("/gotapi/2").status == 200)
        }
    }

    @Test(arguments: [
        ("HTTP/1.0", "", true), ("HTTP/1.0", "Connection: keep-alive\r\n", false), ("HTTP/1.1", "", false),
        ("HTTP/1.1", "Connection: close\r\n", true),
    ])
    func connectionsEndAsTheirVersionSays(version: String, field: String, ends: Bool) async throws {
        try await withServer { server in
            let client = try server.client()
            try client.send("GET /gotapi \(version)\r\nHost: a\r\n\(field)\r\n")
            let response = try client.response()
            #expect(response.status == 200)
            #expect(response.headers["connection"] == (ends ? "close" : version == "HTTP/1.0" ? "keep-alive" : nil))
            if ends { #expect(try client.isClosed()) } else { #expect(try client.get("/gotapi").status == 200) }
        }
    }

    @Test func aResponderCanEndTheConnection() async throws {
        let responder = ScriptedResponder { _, completion in
            completion(WebResponse(status: 503, endsConnection: true))
            return nil
        }
        try await withServer(responder: responder) { server in
            let client = try server.client()
            try client.send("GET /gotapi HTTP/1.1\r\nHost: a\r\n\r\nGET /gotapi HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 503)
            #expect(try client.isClosed())
        }
    }

    @Test func aClientThatClosedItsHalfStillGetsItsAnswer() async throws {
        let pending = NIOLockedValueBox<Completion?>(nil)
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let responder = ScriptedResponder { _, completion in
            pending.withLockedValue { $0 = completion }
            arrival.yield()
            return nil
        }
        try await withServer(responder: responder, timeouts: .with(\.probe, 20)) { server in
            let client = try server.client()
            try client.send("GET /gotapi HTTP/1.1\r\nHost: a\r\n\r\n")
            client.shutdownOutput()
            _ = await arrived.first { true }
            // The server asks whether somebody listens.
            #expect(try client.response().status == 100)
            pending.withLockedValue { $0 }?(WebResponse(status: 200, body: [120]))
            #expect(try client.response().text == "x")
            #expect(try client.isClosed())
        }
    }

    @Test(arguments: [true, false]) func aClientThatGoesAwayCancelsItsRequest(withReset: Bool) async throws {
        let (events, continuation) = AsyncStream<String>.makeStream()
        let responder = ScriptedResponder { _, completion in
            continuation.yield("request")
            return Cancellation { continuation.yield("cancelled") }
        }
        try await withServer(responder: responder, timeouts: .with(\.probe, 40)) { server in
            var iterator = events.makeAsyncIterator()
            let client = try server.client()
            try client.send("GET /gotapi HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await iterator.next() == "request")
            if withReset { client.reset() } else { client.close() }
            #expect(await iterator.next() == "cancelled")
        }
    }

    @Test func pathsGoWhereTheyBelong() async throws {
        let folder = TemporaryFolder()
        folder.write("file", to: "gotapi.html")
        try await withServer(files: StaticFiles(documentRoot: folder.path) { _ in true }) { server in
            let client = try server.client()
            #expect(try client.get("/gotapi").text == "GET /gotapi ")
            #expect(try client.get("/gotapi/").text == "GET /gotapi/ ")
            #expect(try client.get("/gotapi?a").text == "GET /gotapi?a ")
            #expect(try client.get("/%67otapi/x").text == "GET /%67otapi/x ")
            #expect(try client.get("http://host/gotapi/x").text == "GET http://host/gotapi/x ")
            #expect(try client.get("/gotapi/websocket").text == "GET /gotapi/websocket ")
            #expect(try client.get("/gotapi.html").text == "file")
            #expect(try client.get("/gotapix").status == 404)
            #expect(try client.get("/GotAPI").status == 404)
            #expect(try client.get("*").status == 400)
        }
    }

    @Test func theConnectionBeyondTheLimitIsRefusedAndThoseBelowAreServed() async throws {
        try await withServer(connectionLimit: 2) { server in
            let clients = [try server.client(), try server.client()]
            for client in clients { #expect(try client.get("/gotapi").status == 200) }
            #expect(try server.client().isClosed())
            // An upgraded one no longer counts.
            try clients[0].upgrade()
            #expect(try server.client().get("/gotapi").status == 200)
            #expect(try clients[1].get("/gotapi").status == 200)
        }
    }

    @Test func whatTakesTooLongIsClosed() async throws {
        var timeouts = WebTimeouts.with(\.request, 80)
        timeouts.idle = .milliseconds(120)
        try await withServer(timeouts: timeouts) { server in
            let silent = try server.client()
            let slow = try server.client()
            try slow.send("GET /gotapi HTTP/1.1\r\nHos")
            let bodiless = try server.client()
            try bodiless.send("POST /gotapi HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc")
            let idle = try server.client()
            #expect(try idle.get("/gotapi").status == 200)
            for client in [silent, slow, bodiless, idle] { #expect(try client.isClosed()) }
        }
    }

    @Test func aClientThatReadsNothingIsClosedAndHoldsLittle() async throws {
        let count = NIOLockedValueBox(0)
        let answer = WebResponse(status: 200, body: [UInt8](repeating: 1, count: 1 << 20))
        let responder = ScriptedResponder { _, completion in
            count.withLockedValue { $0 += 1 }
            completion(answer)
            return nil
        }
        try await withServer(responder: responder, timeouts: .with(\.stall, 200)) { server in
            let client = try server.client(receiveBuffer: 4_096)
            try client.send(String(repeating: "GET /gotapi HTTP/1.1\r\nHost: a\r\n\r\n", count: 300))
            // The connection goes without the client's doing.
            while server.server.connectionCount > 0 { await Task.yield() }
            // Answers are made only as fast as they are taken.
            #expect(count.withLockedValue { $0 } < 8)
        }
    }

    @Test func shuttingDownLetsRequestsInFlightFinish() async throws {
        let pending = NIOLockedValueBox<Completion?>(nil)
        let (arrived, arrival) = AsyncStream<Void>.makeStream()
        let responder = ScriptedResponder { request, completion in
            if request.target == "/gotapi/wait" {
                pending.withLockedValue { $0 = completion }
                arrival.yield()
            } else {
                completion(WebResponse(status: 200))
            }
            return nil
        }
        let session = ScriptedSession()
        try await withServer(responder: responder, webSocket: session) { server in
            let idle = try server.client()
            #expect(try idle.get("/gotapi").status == 200)
            let busy = try server.client()
            try busy.send("GET /gotapi/wait HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = await arrived.first { true }
            let webSocket = try server.client()
            try webSocket.upgrade()
            async let end: Void = server.server.shutDown(grace: .seconds(20))
            #expect(try idle.isClosed())
            #expect(try webSocket.frame().code == 1_001)
            try webSocket.sendFrame(8, [3, 0xe9])
            #expect(throws: RawClient.Failure.self) { try server.client() }
            pending.withLockedValue { $0 }?(WebResponse(status: 200, body: [120]))
            let response = try busy.response()
            #expect(response.text == "x")
            #expect(response.headers["connection"] == "close")
            busy.close()
            await end
        }
    }

    @Test func shuttingDownEndsWhatDoesNotFinish() async throws {
        let (events, continuation) = AsyncStream<String>.makeStream()
        let responder = ScriptedResponder { _, _ in
            continuation.yield("request")
            return Cancellation { continuation.yield("cancelled") }
        }
        try await withServer(responder: responder) { server in
            var iterator = events.makeAsyncIterator()
            let client = try server.client()
            try client.send("GET /gotapi HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await iterator.next() == "request")
            await server.server.shutDown(grace: .milliseconds(50))
            #expect(await iterator.next() == "cancelled")
            #expect(try client.isClosed())
        }
    }

    @Test func aPortThatIsTakenIsNamedWithItsRemedy() async throws {
        try await withServer { server in
            let error = await #expect(throws: BindFailure.self) {
                try await withServer(port: server.port) { _ in }
            }
            let text = try #require(error).description
            #expect(text.contains("127.0.0.1 port \(server.port): Address already in use."))
            #expect(text.contains("choose another port"))
        }
    }

    @Test func severalAddressesHaveTheSamePort() async throws {
        try await withServer(addresses: [.loopbackIPv4, IPAddress("127.0.0.2")!]) {
            server in
            #expect(server.server.boundPorts.count == 1)
            for address in ["127.0.0.1", "127.0.0.2"] {
                let client = try RawClient(port: server.port, address: address)
                #expect(try client.get("/gotapi").status == 200)
            }
        }
    }
}
