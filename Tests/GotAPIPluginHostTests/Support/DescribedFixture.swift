// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIPluginHost

/// A description, and the library without GotAPI code that it describes.
struct DescribedFixture {
    static let id = "com.example.described"
    static let file = "libgotapi-plugin-described.json"
    private static let sources =
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Fixtures/Described"

    /// A function: attribute, symbol, signature, and errors as JSON.
    struct Function {
        var attribute: String
        var symbol: String
        var signature: String
        var errors = "{}"

        init(_ attribute: String, _ symbol: String, _ signature: String, errors: String = "{}") {
            self.attribute = attribute
            self.symbol = symbol
            self.signature = signature
            self.errors = errors
        }
    }

    var id = Self.id
    var version = "1"
    var library = "libecho.so"
    var serviceID = "fixture"
    var functions = Self.echoes

    var text: String {
        let functions = functions.map { function in
            """
            {"profile": "t", "attribute": "\(function.attribute)", "symbol": "\(function.symbol)",
             "signature": "\(function.signature)"\(function.errors == "{}" ? "" : ", \"errors\": \(function.errors)")}
            """
        }
        return """
            {"id": "\(id)", "name": "Described", "version": "\(version)", "vendor": "Example", "library": "\(library)",
             "services": [{"serviceId": "\(serviceID)", "name": "Echo", "online": true, "scopes": ["t"]}],
             "functions": [\(functions.joined(separator: ",\n"))]}
            """
    }

    /// All of echo.c.
    static let echoes: [Function] =
        ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool"].map { type in
            Function(type, "echo_\(type)", "(value: \(type), out copy: \(type)) -> \(type)")
        } + [
            Function("text", "echo_text", "(value: string) -> string"),
            Function("copy", "echo_copy", "(value: string, out text: string[16], size(text): u64) -> status"),
            Function("fill", "echo_fill", "(out text: string[8])"),
            Function("length", "echo_length", "(value: string) -> u64"),
            Function("fixed", "echo_length", "(_: string = \\\"fixed\\\") -> u64 as text"),
            Function("nothing", "echo_nothing", "() -> string"),
            Function("endless", "echo_endless", "() -> string"), Function("broken", "echo_broken", "() -> string"),
            Function(
                "status", "echo_status", "(value: i32) -> status",
                errors: #"{"-1": {"errorMessage": "no lamp", "statusCode": 404}}"#),
            Function("mode", "echo_i32", "(value: i32 {off: 0, fast: 2} = off, out copy: i32) -> i32"),
            Function("narrow", "echo_narrow", "(e: i64) -> i8"),
            Function(
                "mix", "echo_mix",
                """
                (a: i8, b: f64, c: u16, d: f32, e: i64, f: u8, g: bool, h: string, i: i32, j: f32, k: f64, l: u32, m: i16, \
                n: u64, o: f64, p: f64, q: f64, r: f32, s: f64, t: f64, out hash: u64, out last: f32, out small: i16) -> f64
                """),
        ]

    /// Puts the description there as an owner should: beside its place first.
    func write(to folder: String, as file: String = Self.file) {
        let new = TemporaryFolder()
        let source = new.write(Array(text.utf8), to: "new", mode: 0o644)
        run("cp '\(source)' '\(folder)/.new' && mv '\(folder)/.new' '\(folder)/\(file)'")
    }

    /// Puts the library there, compiled as a vendor would; each is compiled once.
    static func buildLibrary(in folder: String, as name: String = "libecho.so", arguments: String = "") {
        let library = compiled.withLockedValue { compiled in
            if let library = compiled[arguments] { return library }
            let library = Self.folder.path + "/\(compiled.count).so"
            run("cc -shared -fPIC -O1 -ffp-contract=off \(arguments) '\(sources)/echo.c' -o '\(library)'")
            compiled[arguments] = library
            return library
        }
        run("cp '\(library)' '\(folder)/.new' && mv '\(folder)/.new' '\(folder)/\(name)'")
    }

    /// Removed when the tests are over; nobody releases a static.
    private static let folder: TemporaryFolder = {
        atexit { _ = system("rm -rf '\(DescribedFixture.folder.path)'") }
        return TemporaryFolder()
    }()
    private static let compiled = NIOLockedValueBox<[String: String]>([:])

    /// Compiles the program that calls the library's functions directly.
    static func buildCaller(at path: String) {
        run("cc -O1 -ffp-contract=off '\(sources)/caller.c' '\(sources)/echo.c' -o '\(path)'")
    }
}

extension TestHost {
    /// Calls a described function and returns the answer.
    func call(
        _ attribute: String, _ parameters: [(String, String)] = [], of id: String = DescribedFixture.id
    ) async throws -> JSONNode {
        let message = makeMessage(attribute, parameters: parameters.map { .init(name: $0.0, value: $0.1) })
        guard case .members(let members) = await (try endpoint(id)).reply(to: message) else {
            Issue.record("no answer")
            return .init(.null)
        }
        return try JSONNode(parsing: members)
    }
}

extension JSONNode {
    /// A number as it is written.
    var digits: String? { if case .number(let text) = content { text } else { nil } }
}
