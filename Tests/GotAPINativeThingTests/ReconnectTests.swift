// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPINativeThing
import GotAPITesting
import Testing

/// A thing whose connection breaks in the middle of an exchange, whichever it is: it comes back, and all is as before.
@Suite(.timeLimit(.minutes(1))) struct ReconnectTests {
    /// What the thing does not see the end of.
    enum Exchange: String, CaseIterable {
        case hello, prototype, register, update, observe, report, perform, cancel
    }

    @Test(arguments: Exchange.allCases)
    func aThingComesBackAfterABreakInTheMiddle(of exchange: Exchange) async throws {
        try await withThings { gateway in
            let (thing, passcode, thingID) = try await ScriptedThing.lamp(at: gateway)
            let application = try await gateway.connect()
            let socket = try await application.openSocket()
            let id = try await application.onlyService(isOnline: true)
            let motion = [("verb", "motion")]
            async let subscribed = application.request("PUT", "nativeThing/onEvent", service: id, parameters: motion)
            let event = try await Self.accept(try await thing.next(), on: thing)
            #expect(try await subscribed.status == 200)
            var isObserved = true

            switch exchange {
            case .hello, .register:
                let early = try await ScriptedThing.connect(to: gateway)
                if exchange == .hello {
                    try await early.send("hello", #""uuid": "\#(thing.uuid)", "passcode": "\#(passcode)""#)
                    // It has taken over: else it might be read only after the next one.
                    _ = try await thing.closeCode()
                } else {
                    try await early.hello(passcode)
                    try await early.send("register", #""things": {"lamp-1": \#(ScriptedThing.lamp("lamp-1"))}"#)
                }
                await early.socket.abort()
            case .prototype: try await thing.send("prototype", #""things": \#(ScriptedThing.prototype)"#)
            case .update: try await thing.send("update", #""things": {"\#(thingID)": {"status": "on"}}"#)
            case .report: try await thing.send("report", #""events": {"\#(event)": {"reason": "observe"}}"#)
            case .observe, .perform, .cancel:
                let (method, path, status) =
                    switch exchange {
                    case .observe: ("PUT", "nativeThing/onEvent", 503)
                    case .perform: ("POST", "nativeThing/perform", 503)
                    default: ("DELETE", "nativeThing/onEvent", 200)
                    }
                let parameters =
                    switch exchange {
                    case .observe: motion + [("parameter", "far")]
                    case .perform: [("verb", "on")]
                    default: motion
                    }
                if exchange == .cancel { isObserved = false }
                async let answer = application.request(method, path, service: id, parameters: parameters)
                _ = try await thing.next()
                await thing.socket.abort()
                #expect(try await answer.status == status)
            }
            await thing.socket.abort()

            let again = try await ScriptedThing.connect(to: gateway)
            try await again.hello(passcode)
            _ = try await again.registerLamp()
            if isObserved {
                let request = try await again.next()
                #expect(request["path"]?.text == "/api/v1/observe")
                let event = try await Self.accept(request, on: again)
                _ = try await again.ask("report", #""events": {"\#(event)": {"reason": "observe"}}"#)
                _ = try await socket.nextPush("onEvent")
            }
            #expect(try await application.onlyService(isOnline: true) == id)
            async let performed = application.request(
                "POST", "nativeThing/perform", service: id, parameters: [("verb", "off")])
            let request = try await again.next()
            #expect(request["path"]?.text == "/api/v1/perform", "and nothing else was asked")
            try await again.answer(request, #""tasks": {}"#)
            #expect(try await performed.status == 200)
            let pairings = await gateway.steward?.things().pairings ?? []
            #expect(pairings.map(\.services.count) == [1])
        }
    }

    /// Accepts to observe.
    ///
    /// - Returns: the eventID.
    private static func accept(_ request: JSONNode, on thing: ScriptedThing) async throws -> String {
        try await thing.answer(request, #""events": {}"#)
        return request["events"]?.object?.first?.name ?? ""
    }

    @Test func aPairingWhosePasscodeWasLostIsMadeAnewByTheOwner() async throws {
        try await withThings { gateway in
            let lost = try await ScriptedThing.connect(to: gateway)
            try await gateway.steward?.openPairing(for: .seconds(60))
            try await lost.send("pair", #""uuid": "\#(lost.uuid)""#)
            // Whether it is still on its way or not, it is served before it is read.
            try await waitUntil { await gateway.steward?.things().pairings.count == 1 }
            await lost.socket.abort()
            let again = try await ScriptedThing.connect(to: gateway)
            #expect(try await again.ask("pair", #""uuid": "\#(lost.uuid)""#).diagnostic == "pairing is closed")
            try await gateway.steward?.approve(lost.uuid)
            let answer = try await again.ask("pair", #""uuid": "\#(lost.uuid)""#)
            try await again.hello(answer["result"]?["passCode"]?.text ?? "")
            _ = try await again.registerLamp()
            #expect(await gateway.steward?.things().pairings.count == 1)
        }
    }
}
