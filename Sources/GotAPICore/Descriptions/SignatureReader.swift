// Swift GotAPI · SPDX-License-Identifier: MIT

/// Why a text is no signature.
package struct SignatureError: Error, Sendable, Equatable {
    /// Where, in characters from 1.
    package let column: Int
    /// What is wrong there, and what to write instead.
    package let reason: String
}

extension FunctionSignature {
    /// Reads a signature: the grammar of PluginSDK/descriptions/README.md.
    ///
    /// The work grows with the text's length only, which is at most ``maximumSize``.
    package init(_ text: String) throws(SignatureError) {
        guard text.utf8.count <= Self.maximumSize else {
            throw SignatureError(
                column: 1, reason: "the signature has \(text.utf8.count) bytes; at most \(Self.maximumSize) are read")
        }
        var reader = SignatureReader(text)
        self = try reader.read()
    }
}

/// Reads one signature from left to right.
private struct SignatureReader {
    /// Names that the gateway or every answer has for itself.
    private static let reservedParameters: Set<String> = ["serviceId", "accessToken", "nonce", "key"]
    private static let reservedMembers: Set<String> = [
        "result", "errorCode", "errorMessage", "errorText", "statusCode", "if_type", "request_id", "request_url",
        "params", "package", "api", "profile", "attribute", "method", "receiver", "requestCode", "clientId",
        "accessToken", "action", "product", "version", "hmac", "serviceId",
    ]

    private let bytes: [UInt8]
    private var offset = 0

    private var parameters: Set<String> = []
    private var members: Set<String> = []
    private var outputText: (name: String, size: Int)?
    /// Where the arguments are that pass the output text's size, and whose size they say it is.
    private var sizes: [(argument: Int, name: String, type: FunctionSignature.Scalar, offset: Int)] = []

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func read() throws(SignatureError) -> FunctionSignature {
        try expect("(", "a signature begins with '(', as in (channel: i32 0..15) -> status")
        var arguments: [FunctionSignature.Argument] = []
        if !take(")") {
            repeat {
                guard arguments.count < FunctionSignature.maximumArguments else {
                    throw error("more than \(FunctionSignature.maximumArguments) arguments")
                }
                arguments.append(try readArgument(at: arguments.count))
            } while take(",")
            try expect(")", "expected ',' or ')' behind an argument")
        }
        for size in sizes {
            guard let outputText, outputText.name == size.name else {
                throw error(
                    "size(\(size.name)) needs an output text of that name: out \(size.name): string[64]", size.offset)
            }
            guard let (_, high) = size.type.limits, Self.holds(high, outputText.size) else {
                throw error("\(size.type.rawValue) cannot hold the size \(outputText.size)", size.offset)
            }
            arguments[size.argument] = .outputSize(size.type, outputText.size)
        }
        let result = try readResult()
        skipSpace()
        guard offset == bytes.count else { throw error("nothing may stand behind the signature") }
        return FunctionSignature(arguments: arguments, result: result)
    }

    private static func holds(_ high: FunctionSignature.Value, _ size: Int) -> Bool {
        switch high {
        case .signed(let number): Int64(size) <= number
        case .unsigned(let number): UInt64(size) <= number
        default: false
        }
    }

    // MARK: - Arguments

    private mutating func readArgument(at index: Int) throws(SignatureError) -> FunctionSignature.Argument {
        skipSpace()
        let start = offset
        guard let word = takeWord() else {
            throw error("expected a parameter, as in channel: i32, or an output, as in out value: f64")
        }
        if word == "out", !isNext(":") { return try readOutput() }
        if word == "size", take("(") { return try readSize(at: index, start) }
        try expect(":", "expected ':' and a type behind \(word), as in \(word): i32")
        let kind = try readKind()
        if word == "_" {
            try expect("=", "an argument named _ is no parameter and needs its value, as in _: i32 = 0")
            return .fixed(kind, try readLiteral(kind))
        }
        try check(word, at: start, among: &parameters, reserved: Self.reservedParameters, "parameters")
        let rule = try readRule(kind)
        var standard: FunctionSignature.Value?
        if take("=") { standard = try readStandard(kind, rule) }
        return .parameter(.init(name: word, kind: kind, rule: rule, standard: standard))
    }

    private mutating func readOutput() throws(SignatureError) -> FunctionSignature.Argument {
        skipSpace()
        let start = offset
        guard let name = takeWord() else { throw error("expected the output's name, as in out value: f64") }
        try check(name, at: start, among: &members, reserved: Self.reservedMembers, "members of the answer")
        try expect(":", "expected ':' and a type behind \(name), as in out \(name): f64")
        skipSpace()
        let typeOffset = offset
        guard case .scalar(let type) = try readKind() else {
            guard take("[") else {
                throw error("an output text needs its size in bytes, as in out \(name): string[64]", typeOffset)
            }
            skipSpace()
            let sizeOffset = offset
            // As everywhere: no sign, no leading zeros.
            guard case .unsigned(let bytes)? = FunctionSignature.Scalar.u32.read(takeNumber()),
                1...UInt64(FunctionSignature.maximumText) ~= bytes
            else {
                throw error("the size is a number from 1 to \(FunctionSignature.maximumText)", sizeOffset)
            }
            let size = Int(bytes)
            try expect("]", "expected ']' behind the size")
            guard outputText == nil else { throw error("a function has one output text at most", start) }
            outputText = (name, size)
            return .outputText(name: name, size: size)
        }
        let output = FunctionSignature.Output(name: name, type: type, isQuoted: try readQuoting(type))
        skipSpace()
        guard isNext(",") || isNext(")") else {
            throw error("an output has no range, choices or default: expected ',' or ')'")
        }
        return .output(output)
    }

    /// `size(NAME): TYPE`
    private mutating func readSize(at index: Int, _ start: Int) throws(SignatureError) -> FunctionSignature.Argument {
        guard sizes.isEmpty else { throw error("size(…) stands once at most", start) }
        skipSpace()
        guard let name = takeWord() else { throw error("expected the output text's name, as in size(text): u64") }
        try expect(")", "expected ')' behind \(name)")
        try expect(":", "expected ':' and an integer type, as in size(\(name)): u64")
        guard case .scalar(let type) = try readKind(), type.isInteger else {
            throw error("a size has an integer type, as in size(\(name)): u64", start)
        }
        sizes.append((index, name, type, start))
        // Replaced when the text's size is known.
        return .outputSize(type, 0)
    }

    private func check(
        _ name: String, at start: Int, among names: inout Set<String>, reserved: Set<String>, _ what: String
    ) throws(SignatureError) {
        guard name.utf8.first != UInt8(ascii: "_"), !reserved.contains(name) else {
            throw error("\(name) is a name that the gateway keeps for itself; choose another one", start)
        }
        guard name.utf8.count <= 64 else { throw error("a name has at most 64 characters", start) }
        guard names.insert(name).inserted else { throw error("two \(what) are named \(name)", start) }
    }

    // MARK: - Types, rules and values

    private mutating func readKind() throws(SignatureError) -> FunctionSignature.Kind {
        skipSpace()
        let start = offset
        let word = takeWord() ?? ""
        if word == "string" { return .text }
        guard let type = FunctionSignature.Scalar(rawValue: word) else {
            let types = FunctionSignature.Scalar.allCases.map(\.rawValue).joined(separator: ", ")
            throw error("expected a type: \(types) or string", start)
        }
        return .scalar(type)
    }

    private mutating func readRule(_ kind: FunctionSignature.Kind) throws(SignatureError) -> FunctionSignature.Rule {
        skipSpace()
        let start = offset
        if take("{") { return try readChoices(kind, start) }
        if kind == .text, isNext("[") {
            throw error("only an output text has a size; a range limits the bytes of an input, as in string 0..63")
        }
        guard let byte = current, byte == UInt8(ascii: "-") || 0x30...0x39 ~= byte else { return .any }
        guard kind != .scalar(.bool) else { throw error("bool has no range") }
        guard case .scalar(let type) = kind else {
            guard case .unsigned(let low)? = FunctionSignature.Scalar.u32.read(takeNumber()) else {
                throw error("a text's range is of its length in bytes, as in string 1..31", start)
            }
            try expect("..", "a range is written low..high, as in 1..31")
            skipSpace()
            let highOffset = offset
            guard case .unsigned(let high)? = FunctionSignature.Scalar.u32.read(takeNumber()), low <= high else {
                throw error("expected the greatest length, not below \(low)", highOffset)
            }
            return .length(Int(low)...Int(high))
        }
        let low = try readNumber(type)
        try expect("..", "a range is written low..high, as in 0..15")
        skipSpace()
        let highOffset = offset
        let high = try readNumber(type)
        guard low <= high else { throw error("the range ends below its beginning", highOffset) }
        return .range(low, high)
    }

    private mutating func readChoices(
        _ kind: FunctionSignature.Kind, _ start: Int
    ) throws(SignatureError) -> FunctionSignature.Rule {
        guard kind != .scalar(.bool) else { throw error("bool has no choices", start) }
        var choices: [FunctionSignature.Choice] = []
        var labels: Set<String> = []
        repeat {
            skipSpace()
            let labelOffset = offset
            let label: String
            if isNext("\"") {
                label = try readText()
            } else if let word = takeWord() {
                label = word
            } else {
                throw error("expected a choice, as in {off: 0, slow: 1} or {\"9600\": 13}")
            }
            guard labels.insert(label).inserted else {
                throw error("two choices are \(Printable.quoted(label))", labelOffset)
            }
            guard choices.count < FunctionSignature.maximumChoices else {
                throw error("more than \(FunctionSignature.maximumChoices) choices", labelOffset)
            }
            try expect(":", "expected ':' and the value that the function gets for this choice, as in slow: 1")
            choices.append(.init(label: label, value: try readLiteral(kind)))
        } while take(",")
        try expect("}", "expected ',' or '}' behind a choice")
        return .choices(choices)
    }

    private mutating func readStandard(
        _ kind: FunctionSignature.Kind, _ rule: FunctionSignature.Rule
    ) throws(SignatureError) -> FunctionSignature.Value {
        skipSpace()
        let start = offset
        if case .choices(let choices) = rule {
            let label = isNext("\"") ? try readText() : takeWord() ?? ""
            guard let choice = choices.first(where: { $0.label == label }) else {
                throw error("the default is the label of one of the choices", start)
            }
            return choice.value
        }
        let value = try readLiteral(kind)
        guard rule.allows(value) else { throw error("the default is outside the range", start) }
        return value
    }

    private mutating func readLiteral(_ kind: FunctionSignature.Kind) throws(SignatureError) -> FunctionSignature.Value
    {
        skipSpace()
        switch kind {
        case .text:
            guard isNext("\"") else { throw error("expected a text in quotes") }
            let start = offset
            let text = try readText()
            guard !text.utf8.contains(0) else { throw error("a text of C cannot hold U+0000", start) }
            return .text(text)
        case .scalar(.bool):
            let start = offset
            guard let value = FunctionSignature.Scalar.bool.read(takeWord() ?? "") else {
                throw error("expected true or false", start)
            }
            return value
        case .scalar(let type): return try readNumber(type)
        }
    }

    private mutating func readNumber(_ type: FunctionSignature.Scalar) throws(SignatureError) -> FunctionSignature.Value
    {
        skipSpace()
        let start = offset
        guard let value = type.read(takeNumber()) else {
            throw error("expected \(FunctionSignature.Rule.any.words(.scalar(type)))", start)
        }
        return value
    }

    // MARK: - The result

    private mutating func readResult() throws(SignatureError) -> FunctionSignature.Result {
        guard take("->") else { return .none }
        skipSpace()
        let start = offset
        guard let word = takeWord() else { throw error("expected status, or a result as in -> value: f64") }
        var name = "value"
        var type = word
        if take(":") {
            name = word
            skipSpace()
            type = takeWord() ?? ""
        } else if word == "status" {
            return .status
        }
        try check(name, at: start, among: &members, reserved: Self.reservedMembers, "members of the answer")
        if type == "string" {
            guard !isNext("[") else { throw error("a text that is returned has no size; write string") }
            return .text(name: name)
        }
        guard let scalar = FunctionSignature.Scalar(rawValue: type) else {
            throw error("expected status, or a result as in -> f64, -> name: string or -> count: i32", start)
        }
        return .value(.init(name: name, type: scalar, isQuoted: try readQuoting(scalar)))
    }

    /// `as text`
    private mutating func readQuoting(_ type: FunctionSignature.Scalar) throws(SignatureError) -> Bool {
        skipSpace()
        let start = offset
        guard let word = takeWord() else { return false }
        skipSpace()
        guard word == "as", takeWord() == "text", type == .i64 || type == .u64 else {
            throw error("only 'as text' may stand behind an output's type, and only behind i64 and u64", start)
        }
        return true
    }

    // MARK: - Characters

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { offset += 1 }
    }

    private mutating func isNext(_ text: StaticString) -> Bool {
        skipSpace()
        return bytes[offset...].starts(with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard isNext(text) else { return false }
        offset += text.utf8CodeUnitCount
        return true
    }

    private mutating func expect(_ text: StaticString, _ reason: String) throws(SignatureError) {
        guard take(text) else { throw error(reason) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        0x41...0x5a ~= byte || 0x61...0x7a ~= byte || byte == UInt8(ascii: "_")
    }

    private mutating func takeWord() -> String? {
        skipSpace()
        guard let first = current, Self.isLetter(first) else { return nil }
        let start = offset
        while let byte = current, Self.isLetter(byte) || 0x30...0x39 ~= byte { offset += 1 }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// What may be a number, up to the two dots of a range.
    private mutating func takeNumber() -> String {
        skipSpace()
        let start = offset
        while let byte = current {
            let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            let isDot = byte == UInt8(ascii: ".") && !bytes[(offset + 1)...].starts(with: [UInt8(ascii: ".")])
            guard isSign || isDot || Self.isLetter(byte) || 0x30...0x39 ~= byte else { break }
            offset += 1
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    /// A text in quotes, as JSON writes it.
    private mutating func readText() throws(SignatureError) -> String {
        let start = offset
        offset += 1
        while let byte = current, byte != UInt8(ascii: "\"") { offset += byte == UInt8(ascii: "\\") ? 2 : 1 }
        guard offset < bytes.count else { throw error("the text has no closing quote", start) }
        offset += 1
        do throws(JSONScanner.SyntaxError) {
            return try JSONNode(parsing: Array(bytes[start..<offset])).text ?? ""
        } catch {
            throw self.error("no text as JSON writes it: \(error.reason)", start + error.offset)
        }
    }

    private func error(_ reason: String, _ place: Int? = nil) -> SignatureError {
        let before = bytes[..<min(place ?? offset, bytes.count)]
        return SignatureError(column: String(decoding: before, as: UTF8.self).unicodeScalars.count + 1, reason: reason)
    }
}
