// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPINativeThing
import GotAPITesting
import Testing

/// Every error of native-thing.md that a thing can be answered, and every limit of its messages, over a real TLS WebSocket.
/// The socket stays open through all of them.
@Suite(.timeLimit(.minutes(1))) struct ErrorItemTests {
    /// A request, and what it is answered.
    private struct Case {
        let verb: String
        let members: String
        /// The item whose error it is; `nil` for the message's.
        var item: String?
        let diagnostic: String
        var isPermanent = true
    }

    private static let bulb = "/device/lighting/acme/bulb"

    private static func prototype(_ value: String, _ diagnostic: String, path: String = "/device/a/b/c") -> Case {
        Case(verb: "prototype", members: #""things": {"\#(path)": \#(value)}"#, item: path, diagnostic: diagnostic)
    }

    private static func register(_ members: String, _ diagnostic: String) -> Case {
        Case(verb: "register", members: #""things": {"u": {\#(members)}}"#, item: "u", diagnostic: diagnostic)
    }

    private static func report(_ value: String, _ diagnostic: String, event: String) -> Case {
        Case(verb: "report", members: #""events": {"\#(event)": \#(value)}"#, item: event, diagnostic: diagnostic)
    }

    /// `count` members of an object.
    private static func members(_ count: Int, _ value: String = "1") -> String {
        (0..<count).map { #""p\#($0)": \#(value)"# }.joined(separator: ",")
    }

    private static let long = String(repeating: "x", count: 4_097)
    private static let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)

    private static let messages = [
        Case(verb: "nothing", members: #""x": 1"#, diagnostic: "unknown path"),
        Case(verb: "pair", members: #""uuid": """#, diagnostic: "invalid uuid"),
        Case(verb: "pair", members: #""uuid": "another""#, diagnostic: "pairing is closed", isPermanent: false),
        Case(verb: "pair", members: #""uuid": "\#(String(repeating: "u", count: 129))""#, diagnostic: "invalid uuid"),
        Case(verb: "hello", members: #""uuid": "x", "passcode": "y""#, diagnostic: "authentication failed"),
        Case(verb: "update", members: #""x": 1"#, diagnostic: "missing things"),
        Case(verb: "update", members: #""things": {}"#, diagnostic: "invalid things"),
        Case(verb: "report", members: #""things": {}"#, diagnostic: "missing events"),
        Case(verb: "update", members: #""things": {\#(members(257, "{}"))}"#, diagnostic: "256 items"),
        Case(verb: "update", members: #""things": {"t": {"name": "\#(long)"}}"#, diagnostic: "4 KiB"),
        Case(verb: "update", members: #""things": {"\#(long)": {}}"#, diagnostic: "4 KiB"),
        Case(verb: "update", members: #""things": {"t": \#(deep)}"#, diagnostic: "32 levels"),
        Case(
            verb: "update", members: #""x": [\#(String(repeating: "1,", count: 140_000))1]"#, diagnostic: "256 KiB"),
    ]

    private static let things = [
        prototype("1", "invalid prototype"), prototype("{}", "missing properties"),
        prototype(#"{"properties": []}"#, "invalid properties"),
        prototype(#"{"properties": {"name": true}}"#, "missing properties.status"),
        prototype(#"{"properties": {"name": true, "status": []}}"#, "a path", path: "/device/a/b"),
        prototype(#"{"properties": {"name": true, "status": []}, "perform": "on"}"#, "invalid perform"),
        prototype(#"{"properties": {"name": true, "status": []}, "validate": {"observe": 1}}"#, "invalid validate"),
        prototype(#"{"properties": {"name": true, "status": [], \#(members(255))}}"#, "256 properties"),
        prototype(
            #"{"properties": {"name": true, "status": [], \#(members(40, #""\#(long.dropLast())""#))}}"#, "64 KiB"),
        register(#""prototype": "\#(bulb)", "status": "on""#, "missing name"),
        register(#""prototype": "\#(bulb)", "name": "n""#, "missing status"),
        register(#""name": "n", "status": "on""#, "missing prototype"),
        register(#""prototype": "/device/x/y/z", "name": "n", "status": "on""#, "unknown prototype"),
        register(#""prototype": "\#(bulb)", "name": "n", "status": "on", "updated": "x""#, "invalid updated"),
        register(#""prototype": "\#(bulb)", "name": "n", "status": "on", "info": 1"#, "invalid info"),
        register(
            #""prototype": "\#(bulb)", "name": "n", "status": "on", "device": {"unit": {"udn": "lamp-1"}}"#,
            "already registered"),
        register(
            #""prototype": "\#(bulb)", "name": "n", "status": "on", "device": {"unit": {"udn": "theirs"}}"#,
            "already registered"),
        register(
            #""prototype": "\#(bulb)", "name": "n", "status": "on", "info": {\#(members(257))}"#, "256 properties"),
        register(
            #""prototype": "\#(bulb)", "name": "n", "status": "on", "info": {\#(members(40, #""\#(long.dropLast())""#))}"#,
            "64 KiB"),
        Case(verb: "update", members: #""things": {"t": {}}"#, item: "t", diagnostic: "no such thingID"),
    ]

    @Test func everyErrorIsSaidOfWhatItIsAbout() async throws {
        try await withThings { gateway in
            let (other, _, theirs) = try await ScriptedThing.lamp(at: gateway, uuid: "other", udn: "theirs")
            let (thing, _, thingID) = try await ScriptedThing.lamp(at: gateway)
            let event = try await Self.observe(thing, gateway)
            let rest = [
                Case(
                    verb: "update", members: #""things": {"\#(thingID)": 1}"#, item: thingID,
                    diagnostic: "invalid thing"),
                Case(
                    verb: "update", members: #""things": {"\#(thingID)": {"status": 1}}"#, item: thingID,
                    diagnostic: "invalid status"),
                Case(
                    verb: "update", members: #""things": {"\#(theirs)": {"status": "on"}}"#, item: theirs,
                    diagnostic: "no such thingID"),
                Self.report(#"{"reason": "observe"}"#, "invalid eventID", event: "x"),
                Self.report("{}", "missing reason", event: event),
                Self.report(#"{"reason": "because"}"#, "invalid reason", event: event),
            ]
            for (number, test) in (Self.messages + Self.things + rest).enumerated() {
                let answer = try await thing.ask(test.verb, test.members, id: "\(number)")
                #expect(answer["requestID"]?.integer == number)
                let about = test.item.flatMap { answer[test.verb == "report" ? "events" : "things"]?[$0] } ?? answer
                #expect((test.item != nil) == (answer["error"] == nil), "\(test.verb): \(answer.string)")
                #expect(about.diagnostic?.contains(test.diagnostic) == true, "\(test.verb): \(answer.string)")
                #expect(about.isPermanent == test.isPermanent, "\(test.verb): \(answer.string)")
            }
            let stranger = try await other.ask("report", #""events": {"\#(event)": {"reason": "failure"}}"#)
            #expect(stranger["events"]?[event]?.diagnostic == "invalid eventID", "it is another session's")
            let update = try await thing.ask("update", #""things": {"\#(thingID)": {"status": "on"}}"#)
            #expect(update["things"]?[thingID]?["status"]?.text == "success")
        }
    }

    /// Has the thing's motion observed.
    ///
    /// - Returns: the eventID.
    private static func observe(_ thing: ScriptedThing, _ gateway: TestGateway) async throws -> String {
        let application = try await gateway.connect()
        let services = try await application.request("GET", "servicediscovery").json["services"]?.array ?? []
        for id in services.compactMap({ $0["serviceId"]?.text }) {
            let read = try await application.request("GET", "nativeThing/properties", service: id)
            guard read.status == 200 else { throw TestConnectionError(description: read.text) }
        }
        let status = await gateway.steward?.things().pairings.first { $0.uuid == thing.uuid }
        let id = status?.services.first?.serviceID ?? ""
        async let observed = application.request(
            "PUT", "nativeThing/onEvent", service: id, parameters: [("verb", "motion")])
        let request = try await thing.next()
        try await thing.answer(request, #""events": {}"#)
        guard try await observed.status == 200 else { throw TestConnectionError(description: "not observed") }
        return request["events"]?.object?.first?.name ?? ""
    }

    @Test func aPairingHasSoManyPrototypes() async throws {
        try await withThings { gateway in
            let (thing, _) = try await ScriptedThing.paired(with: gateway)
            let items = (0..<65).map { #""/device/a/b/\#($0)": {"properties": {"name": true, "status": []}}"# }
            let answer = try await thing.ask("prototype", #""things": {\#(items.joined(separator: ","))}"#)
            let outcomes = answer["things"]?.object ?? []
            #expect(outcomes.count { $0.value["status"]?.text == "success" } == 64)
            #expect(outcomes.last?.value.diagnostic?.contains("64 prototypes") == true)
        }
    }
}
