// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

@testable import GotAPICore

@Suite struct LibraryDescriptionTests {
    private static let services = #"[{"serviceId": "s", "name": "S", "online": true, "scopes": ["lamp"]}]"#

    /// A description with one member replaced, or left out where the text is empty.
    private static func make(_ member: String = "", _ text: String = "") -> String {
        var members = [
            ("id", #""com.example.lamp""#), ("library", #""liblamp.so""#), ("services", services),
            ("functions", #"[{"profile": "lamp", "symbol": "f", "signature": "()"}]"#),
        ]
        members.removeAll { $0.0 == member }
        if !text.isEmpty { members.append((member, text)) }
        return "{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ",\n") + "}"
    }

    private static func function(_ members: String) -> String { make("functions", "[{\(members)}]") }

    private static let call = #""profile": "lamp", "symbol": "f""#

    @Test func aDescriptionSaysWhatThePluginIs() throws {
        let description = try LibraryDescription(
            Array(
                """
                {"id": "com.example.lamp", "name": "Lamp", "version": "2", "vendor": "Example", "library": "libm.so.6",
                 "services": \(Self.services),
                 "functions": [
                  {"profile": "lamp", "attribute": "light", "method": "PUT", "symbol": "lamp_set",
                   "signature": "(on: bool) -> status",
                   "errors": {"-1": {"statusCode": 404, "errorCode": 7, "errorMessage": "no lamp"},
                              "5": {"errorMessage": "x"}}},
                  {"profile": "lamp", "symbol": "lamp_get", "signature": "() -> on: bool"}]}
                """.utf8))
        #expect(description.id == "com.example.lamp")
        #expect(description.name == "Lamp" && description.version == "2" && description.vendor == "Example")
        #expect(description.library == "libm.so.6")
        #expect(try Service.list(description.services).services.map(\.serviceID) == ["s"])
        #expect(description.functions.map(\.symbol) == ["lamp_set", "lamp_get"])
        #expect(description.functions.map(\.method) == ["put", "get"])
        #expect(description.functions.map(\.attribute) == ["light", ""])
        #expect(
            description.functions[0].errors == [
                .init(returned: "-1", statusCode: 404, errorCode: 7, errorMessage: "no lamp"),
                .init(returned: "5", statusCode: 500, errorCode: 1, errorMessage: "x"),
            ])
        #expect(try LibraryDescription(Array(Self.make().utf8)).name == "com.example.lamp")
    }

    static let bad: [(String, String, String)] = [
        ("", "line 1, column 1", "no valid JSON"), ("{\n \"id\": x}", "line 2, column 8", "no valid JSON"),
        ("[]", "line 1, the file", "an object"), (make("id"), "line 1, the file", "the member id is missing"),
        (make("id", "7"), "line 4, id", "a text of 1 to 63"),
        (make("id", #""1a""#), "line 4, id", "beginning with a letter"),
        (make("library", #""/lib/libm.so.6""#), "line 4, library", "without a folder"),
        (make("library", #""../libm.so""#), "line 4, library", "without a folder"),
        (make("library", #""libm""#), "line 4, library", "with .so in it"),
        (make("library", #""x.so.p7s""#), "line 4, library", ""),
        (make("services", "{}"), "line 4, services", "an array of at least one"),
        (make("services", "[]"), "services", ""),
        (make("services", #"[{"name": "S"}]"#), "line 4, services[0]", "serviceId"),
        (
            make(
                "services",
                "[{\"serviceId\":\"s\",\"name\":\"\",\"online\":true,\"scopes\":[\"lamp\"]},\n{\"serviceId\":\"s\",\"name\":\"\",\"online\":true,\"scopes\":[]}]"
            ), "line 5, services[1]", "the same serviceId"
        ),
        (
            make("services", #"[{"serviceId":"s","name":"","name":"","online":true,"scopes":[]}]"#),
            "line 4, services[0].name", "stands twice"
        ),
        (
            make("services", #"[{"serviceId":"s","name":"","online":true,"scopes":[],"x":[{"y":1,"y":2}]}]"#),
            "line 4, services[0].y", "stands twice"
        ),
        (make("functions", "[]"), "line 4, functions", "1 to 256"),
        (make("functions", "[7]"), "functions[0]", "an object"),
        (make("version", "1"), "line 5, version", "a text"),
        (make("vendor", #""a\u001b""#), "vendor", "control character"),
        (make("name", #""a\nb""#), "line 5, name", "control character"),
        (make("version", #""1\t""#), "line 5, version", "control character"),
        (make("vendor", #""a\u2028b""#), "line 5, vendor", "ends a line"),
        (make("vendor", "\"a\u{2029}b\""), "line 5, vendor", "ends a line"),
        (
            function(call + #", "signature": "() -> status", "errors": {"1": {"errorMessage": "a\r"}}"#),
            "errorMessage", "control character"
        ),
        (make("colour", "1"), "line 5, colour", "there are id, library, services, functions, name"),
        (make().replacing("{\"id\"", with: "{\"id\": \"a\",\n\"id\""), "line 2, id", "stands twice"),
        (function(#""symbol": "f", "signature": "()""#), "functions[0]", "the member profile is missing"),
        (function(#""profile": "motor", "symbol": "f", "signature": "()""#), "functions[0].profile", "in its scopes"),
        (function(call + #", "signature": "(a: int)""#), "functions[0].signature, column 5", "expected a type"),
        (
            function(call + #", "signature": "()", "method": "PATCH""#), "functions[0].method",
            "GET, POST, PUT or DELETE"
        ),
        (function(#""profile": "lamp", "symbol": "a b", "signature": "()""#), "functions[0].symbol", "C function"),
        (
            function(call + #", "signature": "()", "errors": {"1": {"errorMessage": "x"}}"#), "errors[\"1\"]",
            "returns nothing"
        ),
        (
            function(call + #", "signature": "() -> status", "errors": {"0": {"errorMessage": "x"}}"#), "errors[\"0\"]",
            "success"
        ),
        (
            function(call + #", "signature": "() -> status", "errors": {"-0": {"errorMessage": "x"}}"#),
            "errors[\"-0\"]", ""
        ),
        (
            function(call + #", "signature": "() -> u8", "errors": {"-1": {"errorMessage": "x"}}"#), "errors[\"-1\"]",
            "u8"
        ),
        (
            function(call + #", "signature": "() -> f64", "errors": {"1": {"errorMessage": "x"}}"#), "errors[\"1\"]",
            "no errors"
        ),
        (
            function(call + #", "signature": "() -> string", "errors": {"": {"errorMessage": "x"}}"#), "errors[\"\"]",
            "null"
        ),
        (
            function(call + #", "signature": "() -> status", "errors": {"1": {}}"#), "errors[\"1\"]",
            "errorMessage is missing"
        ),
        (
            function(
                call + #", "signature": "() -> status", "errors": {"1": {"errorMessage": "x", "statusCode": 200}}"#),
            "statusCode", "400 to 599"
        ),
        (
            make(
                "functions",
                #"[{"profile": "lamp", "symbol": "f", "signature": "()"}, {"profile": "lamp", "symbol": "g", "method": "get", "signature": "()"}]"#
            ), "functions[1]", "the same profile, attribute and method"
        ),
        (String(repeating: " ", count: 1 << 18) + make(), "the file", "at most 262144"),
        (String(repeating: "[", count: 100), "line 1", "nested deeper"),
    ]

    @Test(arguments: bad)
    func whatIsNoDescriptionIsRefusedWithThePlaceAndTheRemedy(text: String, place: String, words: String) {
        #expect {
            _ = try LibraryDescription(Array(text.utf8))
        } throws: { error in
            guard let defect = error as? LibraryDescription.Defect else { return false }
            #expect(defect.place.contains(place) && defect.reason.contains(words), "\(defect) for \(text.prefix(300))")
            let failure = LoadFailure(defect)
            return failure.code == .badDescription && failure.reason.hasPrefix(defect.place)
        }
    }

    @Test func aSignatureAndAMessageMayHaveLines() throws {
        let text = Self.function(
            Self.call + #", "signature": "(\n\t)\n-> status", "errors": {"1": {"errorMessage": "a\n\tb"}}"#)
        #expect(try LibraryDescription(Array(text.utf8)).functions[0].errors.map(\.errorMessage) == ["a\n\tb"])
    }

    @Test(arguments: [
        make("a" + accents, "1"),
        function(call + ", \"signature\": \"() -> status\", \"errors\": {\"a\(accents)\": {\"errorMessage\": \"x\"}}"),
    ])
    func aNameWithoutEndIsShownInPart(text: String) {
        #expect {
            _ = try LibraryDescription(Array(text.utf8))
        } throws: { error in
            ((error as? LibraryDescription.Defect)?.place.utf8.count).map { $0 < 600 } ?? false
        }
    }

    private static let accents = String(repeating: "\u{301}", count: 50_000)

    private static func members(
        _ signature: String, errors: String = "{}", _ returned: CallOutcome.Returned,
        _ outputs: [FunctionSignature.Value] = []
    ) throws -> String {
        let text = function(call + ", \"signature\": \"\(signature)\", \"errors\": \(errors)")
        let members = try LibraryDescription(Array(text.utf8)).functions[0].members(
            for: CallOutcome(returned: returned, outputs: outputs))
        try JSONScanner.validate(members)
        return String(decoding: members, as: UTF8.self)
    }

    @Test func anAnswerHasTheResultAndTheOutputsByName() throws {
        #expect(try Self.members("()", .nothing) == #"{"result":0}"#)
        #expect(try Self.members("() -> status", .value(.signed(0))) == #"{"result":0}"#)
        #expect(
            try Self.members(
                "(out a: u8, out t: string[8], out b: u64 as text) -> c: i32", .value(.signed(-1)),
                [.unsigned(1), .text("x"), .unsigned(.max)])
                == #"{"result":0,"c":-1,"a":1,"t":"x","b":"18446744073709551615"}"#)
        #expect(try Self.members("() -> string", .null) == #"{"result":0,"value":null}"#)
        #expect(try Self.members("() -> string", .value(.text("null"))) == #"{"result":0,"value":"null"}"#)
    }

    @Test func anErrorIsWhatTheDescriptionMakesOfIt() throws {
        let errors = #"{"-1": {"errorMessage": "no lamp", "statusCode": 404, "errorCode": 9}}"#
        #expect(
            try Self.members("() -> status", errors: errors, .value(.signed(-1)))
                == #"{"result":9,"statusCode":404,"errorMessage":"no lamp"}"#)
        #expect(
            try Self.members("(out a: u8) -> n: i64", errors: errors, .value(.signed(-1)), [.unsigned(1)])
                == #"{"result":9,"statusCode":404,"errorMessage":"no lamp"}"#)
        #expect(
            try Self.members("() -> status", errors: errors, .value(.signed(3)))
                == #"{"result":1,"statusCode":500,"errorMessage":"[ERROR] f returned 3."}"#)
        #expect(
            try Self.members("() -> string", errors: #"{"null": {"errorMessage": "nothing"}}"#, .null)
                == #"{"result":1,"statusCode":500,"errorMessage":"nothing"}"#)
        #expect(try Self.members("() -> string", .endlessText).contains("more than 65536 bytes"))
    }

    @Test func aRequestFindsItsFunction() throws {
        let description = try LibraryDescription(
            Array(
                Self.make(
                    "functions",
                    """
                    [{"profile": "lamp", "attribute": "a", "symbol": "f", "signature": "()"},
                     {"profile": "lamp", "attribute": "a", "method": "PUT", "symbol": "g", "signature": "()"}]
                    """
                ).utf8))
        #expect(try description.function(profile: "lamp", attribute: "a", method: "put").get() == 1)
        let faults = [("x", "a", "get"), ("lamp", "A", "get"), ("lamp", "a", "delete")].map {
            profile, attribute, method in
            if case .failure(let fault) = description.function(profile: profile, attribute: attribute, method: method) {
                return fault.code
            }
            return .error
        }
        #expect(faults == [.invalidProfile, .invalidAttribute, .invalidMethod])
        guard case .failure(let fault) = description.function(profile: "lamp", attribute: "a", method: "post") else {
            return
        }
        #expect(
            String(decoding: fault.members, as: UTF8.self)
                == #"{"result":3,"statusCode":405,"errorMessage":"[INVALID_METHOD] The attribute takes GET, PUT."}"#)
    }
}

extension String {
    fileprivate func replacing(_ text: String, with replacement: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return String(self[..<range.lowerBound]) + replacement + self[range.upperBound...]
    }
}
