// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIServer
import GotAPITesting
import NIOConcurrencyHelpers
import Testing

@testable import GotAPINativeThing

/// Things that do what they may not, over real TLS: they are refused as specified, and others go on meanwhile.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AbuseTests {
    /// A lamp that updates itself one time after another while something else goes on, and what it has been answered.
    private final class Neighbour: Sendable {
        private let state = NIOLockedValueBox((isStopped: false, updates: 0, slowest: Duration.zero))

        var updates: Int { state.withLockedValue(\.updates) }
        /// The longest that an acknowledgement took.
        var slowest: Duration { state.withLockedValue(\.slowest) }

        func stop() { state.withLockedValue { $0.isStopped = true } }

        func run(_ lamp: ScriptedThing, _ thingID: String) async throws {
            while !state.withLockedValue(\.isStopped) {
                try Task.checkCancellation()
                let began = ContinuousClock.now
                let info = #"{"brightness": \#(updates % 100)}"#
                let answer = try await lamp.ask("update", #""things": {"\#(thingID)": {"info": \#(info)}}"#)
                guard answer["things"]?[thingID]?["status"]?.text == "success" else {
                    throw TestConnectionError(description: answer.string)
                }
                state.withLockedValue { state in
                    state.updates += 1
                    state.slowest = max(state.slowest, ContinuousClock.now - began)
                }
                // It leaves the machine to what it is beside.
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// The longest that a neighbour's update may take, on whatever machine: what a thing has for its answers, too.
    private static let patience: Duration = .nanoseconds(Int64(ThingLimits.answerPatience))

    /// Runs `body` while a lamp updates itself, an application is told of each change, and none is missing.
    private func besideANeighbour(
        _ body: @escaping @Sendable (TestGateway) async throws -> Void
    ) async throws {
        try await withThings { gateway in
            let (lamp, _, thingID) = try await ScriptedThing.lamp(at: gateway, uuid: "neighbour", udn: "theirs")
            let application = try await gateway.connect()
            let socket = try await application.openSocket()
            let id = try await application.onlyService(isOnline: true)
            #expect(try await application.request("PUT", "nativeThing/onPropertyChange", service: id).status == 200)
            let neighbour = Neighbour()
            async let life: Void = neighbour.run(lamp, thingID)
            try await waitUntil { neighbour.updates > 0 }
            let before = neighbour.updates
            do { try await body(gateway) } catch {
                neighbour.stop()
                try await life
                throw error
            }
            try await waitUntil { neighbour.updates > before + 10 }
            neighbour.stop()
            try await life
            #expect(neighbour.slowest < Self.patience, "\(neighbour.updates) updates, \(neighbour.slowest)")
            for number in 0..<neighbour.updates {
                let push = try await socket.nextPush("onPropertyChange")
                #expect(push["thing"]?["info"]?["brightness"]?.integer == number % 100)
            }
        }
    }

    @Test func aThousandWrongPasscodesOpenNothingAndDelayNobody() async throws {
        try await besideANeighbour { gateway in
            var thing = try await ScriptedThing.connect(to: gateway)
            var closes = 0
            for number in 0..<1_000 {
                let answer = try await thing.ask("hello", #""uuid": "neighbour", "passcode": "guess\#(number)""#)
                #expect(answer["error"] != nil)
                guard answer.isPermanent == false else { continue }
                #expect(try await thing.closeCode() == 1_008)
                closes += 1
                thing = try await ScriptedThing.connect(to: gateway)
            }
            #expect(closes >= 980, "five a minute are answered without a close")
        }
    }

    @Test func whoRegistersTenThousandThingsHasItsShare() async throws {
        try await besideANeighbour { gateway in
            let (thing, _) = try await ScriptedThing.paired(with: gateway)
            _ = try await thing.ask("prototype", #""things": \#(ScriptedThing.prototype)"#)
            var successes = 0
            var diagnostics: Set<String> = []
            for message in 0..<40 {
                let items = (0..<250).map { number in
                    #""u\#(message * 250 + number)": {"prototype": "/device/lighting/acme/bulb", "name": "n", "status": "s"}"#
                }
                let answer = try await thing.ask("register", #""things": {\#(items.joined(separator: ","))}"#)
                for item in answer["things"]?.object ?? [] {
                    if item.value["thingID"] != nil { successes += 1 }
                    if let diagnostic = item.value.diagnostic { diagnostics.insert(diagnostic) }
                }
            }
            #expect(successes == 256)
            #expect(diagnostics == ["limit exceeded: a pairing has at most 256 things"])
            let application = try await gateway.connect()
            let services = try await application.request("GET", "servicediscovery").json["services"]?.array
            #expect(services?.count == 257)
        }
    }

    @Test func aPairedThingThatFloodsIsClosedAndComesBack() async throws {
        try await besideANeighbour { gateway in
            let (thing, passcode) = try await ScriptedThing.paired(with: gateway)
            for _ in 0..<20_000 {
                guard (try? await thing.socket.send(#"{"path":"/x","requestID":1}"#)) != nil else { break }
            }
            #expect(try await thing.closeCode() == 1_008)
            let again = try await ScriptedThing.connect(to: gateway)
            try await again.hello(passcode)
        }
    }

    @Test func aThingThatReportsMoreThanItMayIsClosed() async throws {
        try await besideANeighbour { gateway in
            let (thing, _, thingID) = try await ScriptedThing.lamp(at: gateway)
            let text = String(repeating: "x", count: 4_000)
            let info = (0..<15).map { #""p\#($0)": "\#(text)""# }.joined(separator: ",")
            _ = try await thing.ask("update", #""things": {"\#(thingID)": {"info": {\#(info)}}}"#)
            let application = try await gateway.connect()
            let id = ThingName(pairing: thing.uuid.lowercased(), udn: "lamp-1").serviceID
            let motion = [("verb", "motion")]
            async let subscribed = application.request("PUT", "nativeThing/onEvent", service: id, parameters: motion)
            let request = try await thing.next()
            try await thing.answer(request, #""events": {}"#)
            #expect(try await subscribed.status == 200)
            let event = try #require(request["events"]?.object?.first?.name)
            let report = #"{"path": "/api/v1/report", "requestID": 1, "events": {"\#(event)": {"reason": "observe"}}}"#
            // Fewer than it may send, but each is pushed with all that the thing says.
            for _ in 0..<1_000 {
                guard (try? await thing.socket.send(report)) != nil else { break }
            }
            #expect(try await thing.closeCode() == 1_008)
        }
    }

    @Test func aThingThatNeverAnswersKeepsNobodyElseWaiting() async throws {
        try await withThings {
            $0.pluginResponseTimeout = 20
        } _: { gateway in
            let (lamp, _, _) = try await ScriptedThing.lamp(at: gateway, uuid: "good", udn: "good")
            let application = try await gateway.connect()
            let good = try await application.onlyService(isOnline: true)
            let (silent, _, _) = try await ScriptedThing.lamp(at: gateway, uuid: "silent", udn: "silent")
            let id = ThingName(pairing: "silent", udn: "silent").serviceID
            let other = try await gateway.connect()
            async let never = other.request("POST", "nativeThing/perform", service: id, parameters: [("verb", "on")])
            _ = try await silent.next()
            for _ in 0..<20 {
                async let answer = application.request(
                    "POST", "nativeThing/perform", service: good, parameters: [("verb", "on")])
                try await lamp.answer(try await lamp.next(), #""tasks": {}"#)
                #expect(try await answer.status == 200)
            }
            #expect(try await application.request("GET", "nativeThing/properties", service: id).status == 200)
            #expect(try await never.json["result"]?.integer == 7, "after 15 s, though the gateway would wait for 20")
        }
    }

    @Test(arguments: [([], 403), (["192.0.2.0/24"], 200), (["198.51.100.1"], 403)] as [([String], Int)])
    func aThingFromOutsideIsRefusedUnlessItIsListed(_ list: [String], _ status: Int) async throws {
        try await withThings {
            $0.nativeThing.allowedAddressList = list
        } _: { gateway in
            let steward = try #require(gateway.steward)
            let source = try #require(IPAddress("192.0.2.7"))
            let request = WebRequest(
                method: "GET", target: "/native", source: source, connection: 1, isSecure: true)
            switch ThingResponder(steward, dialect: .native).admit(request, outlet: NoOutlet()) {
            case .session: #expect(status == 200)
            case .refused(let response): #expect(response.status == status)
            }
        }
    }

    private struct NoOutlet: WebSocketOutlet {
        func send(_ text: [UInt8]) {}
        func close(code: UInt16) {}
    }

    @Test func whoSaysNoHelloIsClosedWhenItsTimeIsOver() async throws {
        try await withThings { gateway in
            let steward = try #require(gateway.steward)
            let socket = ThingSocket(
                number: 1_000, dialect: .native, address: .loopbackIPv4, outlet: NoOutlet(), steward: steward)
            #expect(socket.receive(.opened) == [.startTimer(after: .seconds(30))])
            #expect(socket.receive(.timerFired) == [.close(code: 1_008)])
            #expect(socket.becomeKnown())
            #expect(socket.receive(.timerFired) == [])
            #expect(socket.receive(.closed) == [])
        }
    }
}
