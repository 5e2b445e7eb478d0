// Swift GotAPI · SPDX-License-Identifier: MIT

/// Why a request's parameters are not what a function takes: answered with code 10 and status 400.
package struct ParameterFault: Error, Sendable, Equatable {
    /// Names the parameter and says what is allowed.
    package let reason: String
}

extension FunctionSignature {
    /// What a request may have whatever the function takes; names that begin with `_` are passed over, too.
    private static let passedOver: Set<String> = ["serviceId", "accessToken", "nonce", "key"]

    /// Reads the values of all parameters, in the order of ``parameters``.
    ///
    /// - Parameter request: the request's parameters, each name once.
    package func values(
        of request: [(name: String, value: String)]
    ) throws(ParameterFault) -> [Value] {
        let parameters = parameters
        for (name, _) in request {
            guard name.utf8.first != UInt8(ascii: "_"), !Self.passedOver.contains(name),
                !parameters.contains(where: { $0.name == name })
            else { continue }
            let names = parameters.map { $0.standard == nil ? $0.name : "\($0.name) (optional)" }
            throw ParameterFault(
                reason: "There is no parameter \(Printable.quoted(name.beginning(64))); this function takes "
                    + (names.isEmpty ? "none." : names.joined(separator: ", ") + "."))
        }
        var values: [Value] = []
        for parameter in parameters {
            if let text = request.first(where: { $0.name == parameter.name })?.value {
                values.append(try parameter.read(text))
            } else if let standard = parameter.standard {
                values.append(standard)
            } else {
                throw ParameterFault(
                    reason: "The parameter \(parameter.name) is missing; it must be \(parameter.allowed).")
            }
        }
        return values
    }
}

extension FunctionSignature.Parameter {
    /// What is allowed, in words that follow "must be".
    var allowed: String { rule.words(kind) }

    func read(_ text: String) throws(ParameterFault) -> FunctionSignature.Value {
        guard let value = value(of: text) else {
            let beginning = text.beginning(64)
            let isWhole = beginning.utf8.count == text.utf8.count
            throw ParameterFault(
                reason: "The parameter \(name) must be \(allowed), not \(Printable.quoted(beginning))"
                    + (isWhole ? "." : "…."))
        }
        return value
    }

    private func value(of text: String) -> FunctionSignature.Value? {
        if case .choices(let choices) = rule { return choices.first { $0.label == text }?.value }
        let value: FunctionSignature.Value?
        switch kind {
        // C would take what stands before it for the whole text.
        case .text: value = text.utf8.contains(0) ? nil : .text(text)
        case .scalar(let type): value = type.read(text)
        }
        return value.flatMap { rule.allows($0) ? $0 : nil }
    }
}

extension FunctionSignature.Rule {
    func allows(_ value: FunctionSignature.Value) -> Bool {
        switch self {
        case .any: return true
        case .range(let low, let high): return low <= value && value <= high
        case .length(let range):
            guard case .text(let text) = value else { return false }
            return range.contains(text.utf8.count)
        case .choices(let choices): return choices.contains { $0.value == value }
        }
    }

    /// What a value of this type under this rule is, in words.
    func words(_ kind: FunctionSignature.Kind) -> String {
        switch (self, kind) {
        case (.choices(let choices), _):
            return "one of " + choices.map { Printable.text($0.label) }.joined(separator: ", ")
        case (.length(let range), _): return "a text of \(range.lowerBound) to \(range.upperBound) bytes (UTF-8)"
        case (.range(let low, let high), .scalar(let type)):
            return (type.isInteger ? "an integer" : "a decimal number") + " from \(low.words) to \(high.words)"
        case (_, .text): return "a text without U+0000"
        case (_, .scalar(.bool)): return "true or false"
        case (_, .scalar(let type)):
            guard let (low, high) = type.limits else {
                return "a decimal number that \(type.rawValue) holds, such as -2.5e3"
            }
            return "an integer from \(low.words) to \(high.words)"
        }
    }
}

extension String {
    /// At most so many Unicode scalars. A Character may have any number of them.
    func beginning(_ count: Int) -> String { String(unicodeScalars.prefix(count)) }
}
