// Swift GotAPI · SPDX-License-Identifier: MIT

/// What became of a call.
package struct CallOutcome: Sendable, Equatable {
    package enum Returned: Sendable, Equatable {
        case nothing
        case value(FunctionSignature.Value)
        /// A text that is NULL.
        case null
        /// A text with more than ``FunctionSignature/maximumText`` bytes.
        case endlessText
    }

    package let returned: Returned
    /// Of the arguments that are outputs, in their order.
    package let outputs: [FunctionSignature.Value]

    package init(returned: Returned, outputs: [FunctionSignature.Value]) {
        self.returned = returned
        self.outputs = outputs
    }
}

extension LibraryDescription {
    /// The function that a request is for.
    ///
    /// - Parameter method: in lower case.
    package func function(
        profile: String, attribute: String, method: String
    ) -> Result<Int, RequestFault> {
        let profile = Service.canonical(profile)
        let ofProfile = functions.indices.filter { functions[$0].profile == profile }
        guard !ofProfile.isEmpty else {
            return .failure(RequestFault(.invalidProfile, "The profile has no functions here."))
        }
        let ofAttribute = ofProfile.filter { functions[$0].attribute == attribute }
        guard !ofAttribute.isEmpty else {
            return .failure(RequestFault(.invalidAttribute, "The profile has no such attribute here."))
        }
        guard let index = ofAttribute.first(where: { functions[$0].method == method }) else {
            let methods = ofAttribute.map { functions[$0].method.uppercased() }.joined(separator: ", ")
            return .failure(RequestFault(.invalidMethod, "The attribute takes \(methods)."))
        }
        return .success(index)
    }

    /// A request that reaches no function.
    package struct RequestFault: Error, Sendable, Equatable {
        package let code: ErrorCode
        package let words: String

        package init(_ code: ErrorCode, _ words: String) {
            self.code = code
            self.words = words
        }

        /// The answer's members.
        package var members: [UInt8] {
            LibraryDescription.members(
                result: code.rawValue, statusCode: code.status, message: "[\(code.name)] \(words)")
        }
    }

    fileprivate static func members(result: Int, statusCode: Int, message: String) -> [UInt8] {
        var bytes = Array("{\"result\":\(result),\"statusCode\":\(statusCode),\"errorMessage\":".utf8)
        JSONText.append(message, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

extension LibraryDescription.Function {
    /// The answer's members, a JSON object.
    package func members(for outcome: CallOutcome) -> [UInt8] {
        if let failure = failure(of: outcome.returned) { return failure }
        var members: [(String, [UInt8])] = []
        switch (signature.result, outcome.returned) {
        case (.value(let output), .value(let value)): members.append((output.name, output.json(value)))
        case (.text(let name), .value(let value)): members.append((name, value.json))
        case (.text(let name), _): members.append((name, Array("null".utf8)))
        default: break
        }
        var outputs = outcome.outputs[...]
        for argument in signature.arguments {
            switch argument {
            case .output(let output):
                if let value = outputs.popFirst() { members.append((output.name, output.json(value))) }
            case .outputText(let name, _): if let value = outputs.popFirst() { members.append((name, value.json)) }
            case .parameter, .fixed, .outputSize: break
            }
        }
        var bytes = Array("{\"result\":0".utf8)
        for (name, value) in members {
            bytes.append(UInt8(ascii: ","))
            JSONText.append(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            bytes += value
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private func failure(of returned: CallOutcome.Returned) -> [UInt8]? {
        let text: String
        switch returned {
        case .nothing: return nil
        case .endlessText:
            return LibraryDescription.RequestFault(
                .error, "\(symbol) returned a text of more than \(FunctionSignature.maximumText) bytes."
            ).members
        case .null: text = "null"
        case .value(.text): return nil
        case .value(let value): text = String(decoding: value.json, as: UTF8.self)
        }
        if let error = errors.first(where: { $0.returned == text }) {
            return LibraryDescription.members(
                result: error.errorCode, statusCode: error.statusCode, message: error.errorMessage)
        }
        guard signature.result == .status, text != "0" else { return nil }
        return LibraryDescription.RequestFault(.error, "\(symbol) returned \(text).").members
    }
}

extension FunctionSignature.Output {
    func json(_ value: FunctionSignature.Value) -> [UInt8] {
        isQuoted ? [UInt8(ascii: "\"")] + value.json + [UInt8(ascii: "\"")] : value.json
    }
}
