// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

@testable import GotAPICore

/// The `signature` of descriptions: PluginSDK/descriptions/README.md.
@Suite struct FunctionSignatureTests {
    private typealias Parameter = FunctionSignature.Parameter

    @Test func aSignatureNamesParametersWithRangesChoicesAndDefaults() throws {
        let signature = try FunctionSignature(
            """
            (channel: i32 0..15, on: bool = true, level: f64 -1.5..1e3 = 0, label: string 0..31 = "a\\u00e9\\"",
             mode: u8 {off: 0, slow: 1, "very fast": 255} = "very fast", _: u32 = 7, _: string = "x") -> status
            """)
        let expected: [FunctionSignature.Argument] = [
            .parameter(
                Parameter(
                    name: "channel", kind: .scalar(.i32), rule: .range(.signed(0), .signed(15)), standard: nil)),
            .parameter(Parameter(name: "on", kind: .scalar(.bool), rule: .any, standard: .boolean(true))),
            .parameter(
                Parameter(
                    name: "level", kind: .scalar(.f64), rule: .range(.double(-1.5), .double(1_000)),
                    standard: .double(0))),
            .parameter(Parameter(name: "label", kind: .text, rule: .length(0...31), standard: .text("aé\""))),
            .parameter(
                Parameter(
                    name: "mode", kind: .scalar(.u8),
                    rule: .choices([
                        .init(label: "off", value: .unsigned(0)), .init(label: "slow", value: .unsigned(1)),
                        .init(label: "very fast", value: .unsigned(255)),
                    ]), standard: .unsigned(255))),
            .fixed(.scalar(.u32), .unsigned(7)),
            .fixed(.text, .text("x")),
        ]
        #expect(signature.arguments == expected)
        #expect(signature.result == .status)
    }

    @Test func aSignatureNamesOutputsAndAResult() throws {
        let signature = try FunctionSignature(
            "(out value: f64, size(text): i16, out text: string[64], out big: u64 as text) -> count: i64 as text")
        #expect(
            signature.arguments == [
                .output(.init(name: "value", type: .f64, isQuoted: false)), .outputSize(.i16, 64),
                .outputText(name: "text", size: 64), .output(.init(name: "big", type: .u64, isQuoted: true)),
            ])
        #expect(signature.result == .value(.init(name: "count", type: .i64, isQuoted: true)))
    }

    @Test(arguments: [
        ("()", FunctionSignature.Result.none), ("( )->status", .status), ("() -> string", .text(name: "value")),
        ("() -> name: string", .text(name: "name")),
        ("() -> f32", .value(.init(name: "value", type: .f32, isQuoted: false))),
        // A result may have any name, that one too.
        ("() -> status: bool", .value(.init(name: "status", type: .bool, isQuoted: false))),
    ])
    func theResultIsNothingAStatusAValueOrAText(text: String, result: FunctionSignature.Result) throws {
        #expect(try FunctionSignature(text).result == result)
    }

    @Test(arguments: ["(out: i32)", "(size: i32)", "(out out: i32)", "(as: u8, status: i8, string: string)"])
    func wordsOfTheGrammarMayBeNames(text: String) throws {
        #expect(try FunctionSignature(text).arguments.count > 0)
    }

    @Test(arguments: [
        ("", 1, "begins with '('"), ("x", 1, "begins with '('"), ("(", 2, "expected a parameter"),
        ("(a", 3, "expected ':'"), ("(a:)", 4, "expected a type: i8, i16"), ("(a: int)", 5, "expected a type"),
        ("(a: i32", 8, "expected ',' or ')'"), ("(a: i32,)", 9, "expected a parameter"),
        ("(a: i32) x", 10, "nothing may stand behind"), ("(a: i32, a: i32)", 10, "two parameters are named a"),
        ("(a: u8 0..256)", 11, "an integer from 0 to 255"), ("(a: u8 5..4)", 11, "ends below"),
        ("(a: u8 -1..4)", 8, "an integer from 0 to 255"), ("(a: u8 1)", 9, "low..high"),
        ("(a: i64 0..9223372036854775808)", 12, "to 9223372036854775807"),
        ("(a: f32 0..1e39)", 12, "a decimal number that f32 holds"), ("(a: bool 0..1)", 10, "bool has no range"),
        ("(a: bool {x: true})", 10, "bool has no choices"), ("(a: u8 {})", 9, "expected a choice"),
        ("(a: u8 {x: 1, x: 2})", 15, "two choices are \"x\""), ("(a: u8 {x: 1} = y)", 17, "the default is the label"),
        ("(a: u8 1..3 = 4)", 15, "the default is outside"), ("(a: string 2..1)", 15, "not below 2"),
        ("(a: string 1..3 = \"\")", 19, "the default is outside"), ("(a: string = x)", 14, "a text in quotes"),
        ("(a: string = \"\\u0000\")", 14, "U+0000"), ("(a: string = \"x)", 14, "no closing quote"),
        ("(a: string = \"\\x\")", 16, "no text as JSON writes it"), ("(a: string[8])", 11, "only an output text"),
        ("(a: bool = 1)", 12, "true or false"), ("(a: i32 = 1.5)", 11, "an integer from"),
        ("(a: i32 = 01)", 11, "an integer from"), ("(a: f64 = nan)", 11, "a decimal number"),
        ("(_: i32)", 8, "needs its value"), ("(_a: i32)", 2, "keeps for itself"), ("(key: i32)", 2, "keeps for itself"),
        ("(serviceId: string)", 2, "keeps for itself"), ("(out result: i32)", 6, "keeps for itself"),
        ("(out a: string)", 9, "needs its size"), ("(out a: string[0])", 16, "from 1 to 65536"),
        ("(out a: string[65537])", 16, "from 1 to 65536"), ("(out a: string[+64])", 16, "from 1 to 65536"),
        ("(out a: string[064])", 16, "from 1 to 65536"), ("(out a: string[])", 16, "from 1 to 65536"),
        ("(out a: string[8], out b: string[8])", 24, "one output text"),
        ("(out a: i32, out a: i32)", 18, "two members of the answer"), ("(out a: i32 0..3)", 13, "no range"),
        ("(out a: i32) -> a: i32", 17, "two members of the answer"), ("(size(a): u64)", 2, "needs an output text"),
        ("(out a: string[200], size(a): i8)", 22, "cannot hold the size 200"),
        ("(out a: string[8], size(a): f64)", 20, "an integer type"),
        ("(out a: string[8], size(a): u8, size(a): u8)", 33, "once at most"), ("() -> ", 7, "expected status"),
        ("() -> int", 7, "expected status"), ("() -> string[3]", 13, "has no size"),
        ("() -> i32 as text", 11, "only behind i64 and u64"),
        ("() -> u64 as", 11, "only 'as text'"), ("() -> result: i32", 7, "keeps for itself"),
        ("(é: i32)", 2, "expected a parameter"),
        ("(a: string = \"é\", b: x)", 22, "expected a type"),
    ])
    func whatIsNoSignatureIsRefusedWithThePlaceAndTheRemedy(text: String, column: Int, words: String) {
        #expect {
            _ = try FunctionSignature(text)
        } throws: { error in
            let error = error as? SignatureError
            #expect(error?.column == column, "\(text): \(error?.reason ?? "")")
            #expect(error?.reason.contains(words) == true, "\(text): \(error?.reason ?? "")")
            return error != nil
        }
    }

    @Test func sizesAreBounded() throws {
        let most = (0..<32).map { "a\($0): i32" }.joined(separator: ",")
        #expect(try FunctionSignature("(\(most))").arguments.count == 32)
        #expect(throws: SignatureError.self) { try FunctionSignature("(\(most), a32: i32)") }
        #expect(throws: SignatureError.self) { try FunctionSignature("(" + String(repeating: " ", count: 4_096) + ")") }
        let choices = (0..<256).map { "a\($0): \($0)" }.joined(separator: ",")
        #expect(try FunctionSignature("(a: u16 {\(choices)})").parameters.count == 1)
        #expect(throws: SignatureError.self) { try FunctionSignature("(a: u16 {\(choices), b: 1})") }
    }
}

/// What requests are held to.
@Suite struct FunctionSignatureRequestTests {
    private func read(
        _ signature: String, _ request: [(name: String, value: String)]
    ) throws -> [FunctionSignature.Value] {
        try FunctionSignature(signature).values(of: request)
    }

    @Test(arguments: [
        ("i8", "-128", FunctionSignature.Value.signed(-128)), ("i8", "127", .signed(127)),
        ("u8", "255", .unsigned(255)),
        ("i16", "-32768", .signed(-32_768)), ("u16", "65535", .unsigned(65_535)),
        ("i32", "-2147483648", .signed(-2_147_483_648)), ("u32", "4294967295", .unsigned(4_294_967_295)),
        ("i64", "-9223372036854775808", .signed(.min)), ("i64", "9223372036854775807", .signed(.max)),
        ("i64", "9007199254740993", .signed(9_007_199_254_740_993)), ("u64", "18446744073709551615", .unsigned(.max)),
        ("i32", "-0", .signed(0)), ("u64", "-0", .unsigned(0)), ("bool", "true", .boolean(true)),
        ("f64", "0.1", .double(0.1)), ("f64", "5e-324", .double(.leastNonzeroMagnitude)),
        ("f64", "1E+308", .double(1e308)),
        ("f64", "1e-400", .double(0)), ("f32", "0.1", .single(0.1)), ("f32", "1e-45", .single(.leastNonzeroMagnitude)),
        ("f64", "9007199254740993", .double(9_007_199_254_740_992)), ("string", "", .text("")),
        ("string", " ä\n", .text(" ä\n")), ("string 3..3", "aé", .text("aé")),
        ("u8 {a: 1, \"b c\": 2}", "b c", .unsigned(2)),
        ("f64 -1..1", "-1", .double(-1)), ("string {on: \"ON\"}", "on", .text("ON")),
    ])
    func aValueOfItsTypeIsRead(type: String, text: String, value: FunctionSignature.Value) throws {
        #expect(try read("(a: \(type))", [("a", text)]) == [value])
    }

    @Test func minusZeroStaysMinusZero() throws {
        guard case .double(let number) = try read("(a: f64)", [("a", "-0.0")])[0] else { return #expect(Bool(false)) }
        #expect(number.sign == .minus)
        #expect(FunctionSignature.Value.double(number).json == Array("-0.0".utf8))
    }

    @Test(arguments: [
        ("i8", "128", "an integer from -128 to 127, not \"128\"."), ("i8", "-129", "from -128 to 127"),
        ("u8", "-1", "an integer from 0 to 255"), ("u8", "256", "from 0 to 255"), ("u8", "", "not \"\"."),
        ("u8", " 1", "not \" 1\""), ("u8", "1 ", ""), ("u8", "+1", ""), ("u8", "01", ""), ("u8", "0x1", ""),
        ("u8", "1.0", ""),
        ("u8", "1e1", ""), ("u8", "١", ""), ("u8", "1_0", ""), ("i64", "9223372036854775808", "to 9223372036854775807"),
        ("u64", "18446744073709551616", "to 18446744073709551615"), ("bool", "1", "true or false"),
        ("bool", "TRUE", ""),
        ("f64", "nan", "a decimal number that f64 holds"), ("f64", "inf", ""), ("f64", "1e400", ""),
        ("f32", "1e39", ""),
        ("f64", ".5", ""), ("f64", "5.", ""), ("f64", "0x1p3", ""), ("f64", "1,5", ""), ("f64", "1e", ""),
        ("i32 0..15", "16", "an integer from 0 to 15, not \"16\"."),
        ("f64 -1.5..2", "2.1", "a decimal number from -1.5 to 2.0"),
        ("string 1..3", "éé", "a text of 1 to 3 bytes (UTF-8)"),
        ("string", "a\0b", "a text without U+0000, not \"a\\u0000b\"."),
        ("u8 {off: 0, on: 1}", "1", "one of off, on, not \"1\"."), ("u8 {off: 0}", "OFF", ""),
    ])
    func whatIsNotAllowedIsRefusedWithTheNameAndWhatIs(type: String, text: String, words: String) throws {
        #expect {
            _ = try read("(speed: \(type))", [("speed", text)])
        } throws: { error in
            let reason = (error as? ParameterFault)?.reason ?? ""
            #expect(reason.hasPrefix("The parameter speed must be ") && reason.contains(words), "\(reason)")
            return error is ParameterFault
        }
    }

    @Test func aMissingParameterIsRefusedUnlessItHasADefault() throws {
        #expect(try read("(a: u8 = 7, b: string = \"x\")", []) == [.unsigned(7), .text("x")])
        #expect(throws: ParameterFault(reason: "The parameter a is missing; it must be an integer from 0 to 3.")) {
            try read("(a: u8 0..3)", [])
        }
    }

    @Test func anUnknownParameterIsRefusedSinceADefaultWouldHideTheMistake() throws {
        #expect(
            throws: ParameterFault(
                reason: "There is no parameter \"spead\"; this function takes channel, speed (optional).")
        ) {
            try read("(channel: u8, speed: u8 = 1)", [("channel", "1"), ("spead", "2")])
        }
        #expect(throws: ParameterFault(reason: "There is no parameter \"a\"; this function takes none.")) {
            try read("(_: u8 = 1)", [("a", "1")])
        }
        // What every request may have, and what libraries add against caches.
        #expect(try read("()", [("serviceId", "s"), ("_", "1"), ("_t", "2"), ("nonce", "n")]) == [])
    }

    @Test func aLongHostileValueIsShownInPart() throws {
        // One Character, and many.
        let accents = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect {
            _ = try read("(a: u8)", [(accents, "1")])
        } throws: { error in
            ((error as? ParameterFault)?.reason.utf8.count).map { $0 < 600 } ?? false
        }
        let text = String(repeating: "\u{202e}", count: 100_000)
        #expect {
            _ = try read("(a: u8)", [("a", text)])
        } throws: { error in
            let reason = (error as? ParameterFault)?.reason ?? ""
            return reason.utf8.count < 600 && !reason.unicodeScalars.contains("\u{202e}") && reason.hasSuffix("….")
        }
    }

    @Test(arguments: [
        (FunctionSignature.Value.single(0.1), "0.1"), (.single(3.4028235e38), "3.4028235e+38"),
        (.single(.leastNonzeroMagnitude), "1e-45"),
        (.double(1e16), "1e+16"), (.double(.leastNonzeroMagnitude), "5e-324"),
        (.double(.nan), "null"), (.double(-.infinity), "null"),
        (.single(.infinity), "null"), (.signed(9_007_199_254_740_993), "9007199254740993"),
        (.unsigned(.max), "18446744073709551615"), (.boolean(false), "false"), (.text("a\"\n"), #""a\"\n""#),
    ])
    func aValueIsWrittenAsJSONWithNothingLost(value: FunctionSignature.Value, json: String) throws {
        #expect(String(decoding: value.json, as: UTF8.self) == json)
        #expect(throws: Never.self) { try JSONScanner.validate(value.json) }
    }
}
