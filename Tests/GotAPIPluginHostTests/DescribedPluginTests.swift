// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Testing

@testable import GotAPIPluginHost

/// Libraries without GotAPI code, in processes of their own and in this one: PluginSDK/descriptions/README.md.
@Suite(.timeLimit(.minutes(1)))
struct DescribedPluginTests {
    private let test = TestHost()

    static let isolations: [PluginIsolation] = [.process, .none]

    private func withEcho(
        _ isolation: PluginIsolation, _ body: (PluginHost) async throws -> Void
    ) async throws {
        DescribedFixture.buildLibrary(in: test.plugins)
        DescribedFixture().write(to: test.plugins)
        try await test.withHost(test.settings(isolation)) { host, status async throws in
            try #require(status.first?.state == .running, "\(status)")
            try await body(host)
        }
    }

    @Test(arguments: isolations)
    func aDescriptionIsAPluginLikeAnyOther(isolation: PluginIsolation) async throws {
        try await withEcho(isolation) { host in
            let plugin = try #require(host.status().first)
            #expect(plugin.id == DescribedFixture.id && plugin.file == DescribedFixture.file)
            #expect(plugin.name == "Described" && plugin.version == "1" && plugin.vendor == "Example")
            #expect(plugin.services == ["fixture"] && plugin.generation == 1 && plugin.isolation == isolation)
            #expect((plugin.pid != nil) == (isolation == .process))
            #expect(try test.endpoint(DescribedFixture.id).services.first?.name == "Echo")
        }
    }

    /// Each text comes back as it is; as what it is written like where that is another text.
    static let limits: [String: [(String, String)]] = [
        "i8": [("-128", "-128"), ("127", "127"), ("0", "0"), ("-1", "-1"), ("-0", "0")],
        "i16": [("-32768", "-32768"), ("32767", "32767"), ("-1", "-1")],
        "i32": [("-2147483648", "-2147483648"), ("2147483647", "2147483647"), ("-1", "-1")],
        "i64": [
            ("-9223372036854775808", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807"),
            ("9007199254740993", "9007199254740993"), ("-9007199254740993", "-9007199254740993"),
        ],
        "u8": [("0", "0"), ("255", "255"), ("128", "128")],
        "u16": [("0", "0"), ("65535", "65535"), ("32768", "32768")],
        "u32": [("0", "0"), ("4294967295", "4294967295"), ("2147483648", "2147483648")],
        "u64": [
            ("0", "0"), ("18446744073709551615", "18446744073709551615"), ("9007199254740993", "9007199254740993"),
            ("9223372036854775808", "9223372036854775808"),
        ],
        "f32": [
            ("0", "0.0"), ("-0.0", "-0.0"), ("1e-45", "1e-45"), ("-3.4028235e38", "-3.4028235e+38"), ("0.1", "0.1"),
            ("1.1754944e-38", "1.1754944e-38"), ("16777217", "16777216.0"),
        ],
        "f64": [
            ("0", "0.0"), ("-0.0", "-0.0"), ("5e-324", "5e-324"), ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("0.1", "0.1"), ("2.2250738585072014e-308", "2.2250738585072014e-308"), ("-1e16", "-1e+16"),
            ("9007199254740993", "9007199254740992.0"),
        ],
    ]

    @Test(arguments: isolations)
    func everyTypeComesBackAtItsLimitsByResultAndByPointer(isolation: PluginIsolation) async throws {
        try await withEcho(isolation) { _ in
            for (type, values) in Self.limits {
                for (value, expected) in values {
                    let answer = try await test.call(type, [("value", value)])
                    #expect(answer["value"]?.digits == expected, "\(type) \(value)")
                    #expect(answer["copy"]?.digits == expected, "\(type) \(value)")
                }
            }
            for value in [true, false] {
                let answer = try await test.call("bool", [("value", "\(value)")])
                #expect(answer["value"]?.boolean == value && answer["copy"]?.boolean == value)
            }
            for value in ["-129", "-128", "127", "128", "255", "256", "-1"] {
                let bits = Int8(truncatingIfNeeded: try #require(Int64(value)))
                #expect(try await test.call("narrow", [("e", value)])["value"]?.digits == "\(bits)")
            }
        }
    }

    @Test(arguments: isolations)
    func textsComeBackWholeAndAreBounded(isolation: PluginIsolation) async throws {
        try await withEcho(isolation) { _ in
            let long = String(repeating: "é\u{10ffff}\"\\\n", count: 6_553)
            for text in ["", "x", "äöü \u{1f600}", long] {
                #expect(try await test.call("text", [("value", text)])["value"]?.text == text)
                #expect(try await test.call("length", [("value", text)])["value"]?.integer == text.utf8.count)
            }
            let limit = String(repeating: "x", count: 65_536)
            #expect(try await test.call("text", [("value", limit)])["value"]?.text == limit)
            let refused = try await test.call("text", [("value", limit + "x")])
            #expect(refused["errorMessage"]?.text?.contains("more than 65536 bytes") == true)
            #expect(try await test.call("endless")["statusCode"]?.integer == 500)
            #expect(try await test.call("nothing")["value"]?.content == .null)
            #expect(try await test.call("broken")["value"]?.text == "a\u{fffd}\u{fffd}")
            #expect(try await test.call("fixed")["value"]?.text == "5")
            // 15 bytes and the NUL fit; 16 do not. And a text that nobody ended ends with its memory.
            #expect(try await test.call("copy", [("value", "fifteen bytes!!")])["text"]?.text == "fifteen bytes!!")
            #expect(try await test.call("copy", [("value", "sixteen bytes!!!")])["result"]?.integer == 1)
            #expect(try await test.call("fill")["text"]?.text == "xxxxxxxx")
        }
    }

    @Test(arguments: isolations)
    func requestsThatDoNotFitGetWhatIsAllowed(isolation: PluginIsolation) async throws {
        try await withEcho(isolation) { _ in
            for (attribute, parameters, code, status, words) in [
                (
                    "i8", [("value", "128")], 10, 400,
                    "The parameter value must be an integer from -128 to 127, not \"128\"."
                ),
                ("i8", [], 10, 400, "The parameter value is missing"),
                (
                    "i8", [("value", "1"), ("x", "1")], 10, 400,
                    "There is no parameter \"x\"; this function takes value."
                ),
                ("mode", [("value", "slow")], 10, 400, "one of off, fast"), ("none", [], 4, 404, "no such attribute"),
                ("status", [("value", "-1")], 1, 404, "no lamp"),
                ("status", [("value", "9")], 1, 500, "echo_status returned 9."),
            ] as [(String, [(String, String)], Int, Int, String)] {
                let answer = try await test.call(attribute, parameters)
                #expect(answer["result"]?.integer == code && answer["statusCode"]?.integer == status, "\(answer)")
                #expect(answer["errorMessage"]?.text?.contains(words) == true, "\(answer)")
            }
            #expect(try await test.call("mode", [("value", "fast")])["value"]?.integer == 2)
            #expect(try await test.call("mode", [("_", "x"), ("serviceId", "fixture")])["value"]?.integer == 0)
            #expect(try await test.call("status", [("value", "0")])["result"]?.integer == 0)
        }
    }

    // MARK: - As a C compiler calls

    private struct Call {
        /// By the parameter's name: what the request says, and the bits that the C program is given.
        var arguments: [(name: String, text: String, bits: String)] = []

        init(_ generator: inout SplitMix) {
            func integer<Integer: FixedWidthInteger>(_ name: String, _ type: Integer.Type) {
                let choice = generator.next() % 8
                let value =
                    choice == 0
                    ? Integer.min : choice == 1 ? Integer.max : Integer(truncatingIfNeeded: generator.next())
                arguments.append((name, "\(value)", String(UInt64(truncatingIfNeeded: value), radix: 16)))
            }
            func double(_ name: String) {
                var value = Double(bitPattern: generator.next())
                while !value.isFinite { value = Double(bitPattern: generator.next()) }
                arguments.append((name, "\(value)", String(value.bitPattern, radix: 16)))
            }
            func single(_ name: String) {
                var value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
                while !value.isFinite { value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) }
                arguments.append((name, "\(value)", String(value.bitPattern, radix: 16)))
            }
            integer("a", Int8.self)
            double("b")
            integer("c", UInt16.self)
            single("d")
            integer("e", Int64.self)
            integer("f", UInt8.self)
            let isTrue = generator.next() & 1 == 1
            arguments.append(("g", "\(isTrue)", isTrue ? "1" : "0"))
            let text = String((0..<generator.next() % 40).map { _ in Character(Self.scalar(&generator)) })
            arguments.append(("h", text, text.isEmpty ? "-" : hexadecimal(text.utf8)))
            integer("i", Int32.self)
            single("j")
            double("k")
            integer("l", UInt32.self)
            integer("m", Int16.self)
            integer("n", UInt64.self)
            for name in ["o", "p", "q"] { double(name) }
            single("r")
            for name in ["s", "t"] { double(name) }
        }

        /// Any but U+0000.
        private static func scalar(_ generator: inout SplitMix) -> Unicode.Scalar {
            while true {
                if let scalar = Unicode.Scalar(UInt32(generator.next() % 0x110000)), scalar.value > 0 { return scalar }
            }
        }
    }

    @Test(arguments: isolations)
    func whatACompiledCallerGetsARequestGets(isolation: PluginIsolation) async throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(state: seed)
        let calls = (0..<200).map { _ in Call(&generator) }
        let folder = TemporaryFolder()
        DescribedFixture.buildCaller(at: folder.path + "/caller")
        var input = String(calls.count, radix: 16) + "\n"
        for call in calls { input += call.arguments.map(\.bits).joined(separator: " ") + "\n" }
        let inputs = folder.write(Array(input.utf8), to: "input")
        run("'\(folder.path)/caller' <'\(inputs)' >'\(folder.path)/output'")
        let lines = String(decoding: TemporaryFolder.read(folder.path + "/output"), as: UTF8.self).split(
            separator: "\n")
        try #require(lines.count == calls.count)

        try await withEcho(isolation) { _ in
            for (call, line) in zip(calls, lines) {
                let words = line.split(separator: " ").map(String.init)
                let answer = try await test.call("mix", call.arguments.map { ($0.name, $0.text) })
                let sum = Double(bitPattern: try #require(UInt64(words[0], radix: 16)))
                let last = Float(bitPattern: try #require(UInt32(words[2], radix: 16)))
                let what = Comment("seed \(seed), \(call.arguments): \(answer)")
                #expect(
                    answer["value"]?.digits.flatMap(Double.init)?.bitPattern == (sum.isFinite ? sum.bitPattern : nil),
                    what)
                #expect(
                    answer["last"]?.digits.flatMap(Float.init)?.bitPattern == (last.isFinite ? last.bitPattern : nil),
                    what)
                #expect(answer["hash"]?.digits == UInt64(words[1], radix: 16).map { "\($0)" }, what)
                #expect(answer["small"]?.digits == words[3], what)
                let narrow = try await test.call(
                    "narrow", call.arguments.filter { $0.name == "e" }.map { ($0.name, $0.text) })
                #expect(narrow["value"]?.digits == words[4], what)
            }
        }
    }

    // MARK: - Libraries of the system

    @Test(arguments: isolations)
    func aLibraryOfTheSystemIsFoundByItsName(isolation: PluginIsolation) async throws {
        DescribedFixture(
            library: "libm.so.6",
            functions: [
                .init("cos", "cos", "(x: f64) -> f64"), .init("pow", "pow", "(x: f64, y: f64) -> f64"),
                .init("powf", "powf", "(x: f32, y: f32) -> f32"),
                .init("frexp", "frexp", "(x: f64, out exponent: i32) -> f64"),
            ]
        ).write(to: test.plugins)
        try await test.withHost(test.settings(isolation)) { host, status async throws in
            try #require(status.first?.state == .running, "\(status)")
            #expect(try await test.call("cos", [("x", "1.5")])["value"]?.digits == "\(cos(1.5))")
            #expect(try await test.call("pow", [("x", "2"), ("y", "0.5")])["value"]?.digits == "\(pow(2.0, 0.5))")
            #expect(try await test.call("powf", [("x", "2"), ("y", "0.5")])["value"]?.digits == "1.4142135")
            // JSON has no infinities.
            #expect(try await test.call("pow", [("x", "0"), ("y", "-1")])["value"]?.content == .null)
            let parts = try await test.call("frexp", [("x", "12")])
            #expect(parts["value"]?.digits == "0.75" && parts["exponent"]?.digits == "4")
        }
    }
}
