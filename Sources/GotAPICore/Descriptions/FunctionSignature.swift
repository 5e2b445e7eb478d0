// Swift GotAPI · SPDX-License-Identifier: MIT

/// What a described C function takes and gives: the `signature` of PluginSDK/descriptions/README.md, as a value.
package struct FunctionSignature: Sendable, Equatable {
    /// The longest signature, in bytes.
    package static let maximumSize = 4_096
    /// The most arguments of one function.
    package static let maximumArguments = 32
    /// The most choices of one parameter.
    package static let maximumChoices = 256
    /// The longest output text, and the longest text that a function may return, in bytes.
    package static let maximumText = 64 << 10

    /// A type that C passes by value.
    package enum Scalar: String, Sendable, CaseIterable {
        case i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, bool
    }

    /// What a parameter holds.
    package enum Kind: Sendable, Equatable {
        case scalar(Scalar)
        /// A text, passed as `const char *`, ended by NUL.
        case text
    }

    /// A value of a ``Kind``; the cases are as wide as the widest type.
    package enum Value: Sendable, Equatable {
        case signed(Int64)
        case unsigned(UInt64)
        case single(Float)
        case double(Double)
        case boolean(Bool)
        case text(String)
    }

    /// What a parameter's value is held to, besides its type.
    package enum Rule: Sendable, Equatable {
        case any
        /// From the first to the second, both allowed.
        case range(Value, Value)
        /// A text's length in bytes.
        case length(ClosedRange<Int>)
        /// The request names one of the labels.
        case choices([Choice])
    }

    package struct Choice: Sendable, Equatable {
        package let label: String
        package let value: Value
    }

    /// A request parameter.
    package struct Parameter: Sendable, Equatable {
        package let name: String
        package let kind: Kind
        package let rule: Rule
        /// `nil` where the request must have it.
        package let standard: Value?
    }

    /// One argument of the C function.
    package enum Argument: Sendable, Equatable {
        case parameter(Parameter)
        /// Always the same.
        case fixed(Kind, Value)
        /// A pointer to a number or a Boolean that the function writes.
        case output(Output)
        /// A pointer to this many bytes, all 0, that the function writes a text into.
        case outputText(name: String, size: Int)
        /// The size of the output text, in bytes.
        case outputSize(Scalar, Int)
    }

    /// A number or a Boolean in the answer.
    package struct Output: Sendable, Equatable {
        package let name: String
        package let type: Scalar
        /// Whether the answer has it in quotes: JavaScript's numbers have 53 bits.
        package let isQuoted: Bool
    }

    package enum Result: Sendable, Equatable {
        /// `void`
        case none
        /// An `int`; 0 is success.
        case status
        case value(Output)
        /// A `const char *`, borrowed, copied at once.
        case text(name: String)
    }

    package let arguments: [Argument]
    package let result: Result

    package init(arguments: [Argument], result: Result) {
        self.arguments = arguments
        self.result = result
    }

    package var parameters: [Parameter] {
        arguments.compactMap { if case .parameter(let parameter) = $0 { parameter } else { nil } }
    }
}

extension FunctionSignature.Scalar {
    package var isInteger: Bool {
        switch self {
        case .f32, .f64, .bool: false
        default: true
        }
    }

    /// The least and the greatest value of an integer type.
    var limits: (FunctionSignature.Value, FunctionSignature.Value)? {
        switch self {
        case .i8: (.signed(Int64(Int8.min)), .signed(Int64(Int8.max)))
        case .i16: (.signed(Int64(Int16.min)), .signed(Int64(Int16.max)))
        case .i32: (.signed(Int64(Int32.min)), .signed(Int64(Int32.max)))
        case .i64: (.signed(.min), .signed(.max))
        case .u8: (.unsigned(0), .unsigned(UInt64(UInt8.max)))
        case .u16: (.unsigned(0), .unsigned(UInt64(UInt16.max)))
        case .u32: (.unsigned(0), .unsigned(UInt64(UInt32.max)))
        case .u64: (.unsigned(0), .unsigned(.max))
        case .f32, .f64, .bool: nil
        }
    }

    /// Reads a value as JSON writes it, a decimal number or true or false: nothing before it, nothing behind it.
    ///
    /// - Returns: `nil` where it is none, or does not fit the type. What lies between two numbers of `f32` or `f64` is the
    ///   nearer one.
    package func read(_ text: some StringProtocol) -> FunctionSignature.Value? {
        if self == .bool { return text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : nil }
        let form = DecimalForm(of: text.utf8)
        guard let form else { return nil }
        switch self {
        case .f32:
            guard let number = Float(String(text)), number.isFinite else { return nil }
            return .single(number)
        case .f64:
            guard let number = Double(String(text)), number.isFinite else { return nil }
            return .double(number)
        default:
            guard form == .integer, let (low, high) = limits else { return nil }
            let value: FunctionSignature.Value
            if case .signed = low {
                guard let number = Int64(String(text)) else { return nil }
                value = .signed(number)
            } else {
                // Minus 0 is 0.
                guard let number = text == "-0" ? 0 : UInt64(String(text)) else { return nil }
                value = .unsigned(number)
            }
            return low <= value && value <= high ? value : nil
        }
    }
}

/// A decimal number as RFC 8259, section 6, writes it.
private enum DecimalForm {
    case integer, fraction

    /// The longest number that is looked at; `f64` in full has fewer digits.
    private static let maximumLength = 1_100

    /// - Returns: `nil` where the text is no such number.
    init?(of text: some Collection<UInt8>) {
        var rest = text[...]
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { 0x30...0x39 ~= $0 } ?? false }
        func skipDigits() -> Int {
            let count = rest.prefix { isDigit($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        guard text.count <= Self.maximumLength else { return nil }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let count = skipDigits()
        guard count > 0, !startsWithZero || count == 1 else { return nil }
        var form = DecimalForm.integer
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard skipDigits() > 0 else { return nil }
            form = .fraction
        }
        if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard skipDigits() > 0 else { return nil }
            form = .fraction
        }
        guard rest.isEmpty else { return nil }
        self = form
    }
}

extension FunctionSignature.Value {
    /// Whether a number is not above another one of the same type; false for what has no order.
    static func <= (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.signed(let left), .signed(let right)): left <= right
        case (.unsigned(let left), .unsigned(let right)): left <= right
        case (.single(let left), .single(let right)): left <= right
        case (.double(let left), .double(let right)): left <= right
        default: false
        }
    }

    /// The value as JSON: integers with all their digits, `f32` and `f64` with as few as lead back to the same number, and
    /// null for infinities and what is no number, which JSON does not have.
    package var json: [UInt8] {
        switch self {
        case .signed(let number): Array(String(number).utf8)
        case .unsigned(let number): Array(String(number).utf8)
        case .single(let number): Array((number.isFinite ? number.description : "null").utf8)
        case .double(let number): Array((number.isFinite ? number.description : "null").utf8)
        case .boolean(let value): Array((value ? "true" : "false").utf8)
        case .text(let text): JSONText.quoted(text)
        }
    }

    /// The value for people.
    var words: String {
        if case .text(let text) = self { Printable.quoted(text) } else { String(decoding: json, as: UTF8.self) }
    }
}
