// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Reads descriptions of libraries and the signatures in them, and what requests and functions then say.
enum DescriptionReading {
    /// A signature, and behind it names and values of request parameters, all ended by NUL; few, since each is looked at
    /// many times here.
    static func readSignature(_ bytes: [UInt8]) {
        let texts = bytes.split(separator: 0, maxSplits: 80, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        do {
            let signature = try FunctionSignature(texts[0])
            precondition(signature.arguments.count <= FunctionSignature.maximumArguments)
            let names = signature.parameters.map(\.name)
            precondition(Set(names).count == names.count, "a name stands twice")
            read(texts.dropFirst(), by: signature)
        } catch {
            precondition(1...FunctionSignature.maximumSize + 1 ~= error.column && !error.reason.isEmpty)
        }
        for text in texts {
            for type in FunctionSignature.Scalar.allCases {
                guard let value = type.read(text) else { continue }
                // Nothing is lost on the way out and back.
                precondition(type.read(String(decoding: value.json, as: UTF8.self)) == value)
            }
        }
    }

    private static func read(_ texts: ArraySlice<String>, by signature: FunctionSignature) {
        var request: [(name: String, value: String)] = []
        var rest = texts
        while let name = rest.popFirst(), let value = rest.popFirst() {
            if !request.contains(where: { $0.name == name }) { request.append((name, value)) }
        }
        guard let values = try? signature.values(of: request) else { return }
        precondition(values.count == signature.parameters.count)
        for (value, parameter) in zip(values, signature.parameters) {
            switch (parameter.kind, value) {
            case (.text, .text(let text)): precondition(!text.utf8.contains(0))
            case (.scalar(let type), _):
                precondition(type.read(String(decoding: value.json, as: UTF8.self)) == value, "a value of another type")
            default: preconditionFailure("a value of another kind")
            }
        }
    }

    static func read(_ bytes: [UInt8]) {
        let description: LibraryDescription
        do { description = try LibraryDescription(bytes) } catch {
            precondition(!error.place.isEmpty && !error.reason.isEmpty)
            return
        }
        precondition(PluginID.isValid(description.id.utf8) && !description.library.contains("/"))
        precondition(try! Service.list(description.services).defects.isEmpty)
        for (index, function) in description.functions.enumerated() {
            let found = description.function(
                profile: function.profile, attribute: function.attribute, method: function.method)
            guard case .success(index) = found else { preconditionFailure("a function that no request reaches") }
            let returned: [CallOutcome.Returned] = [
                .nothing, .null, .endlessText, .value(.text("\0\u{ffff}")), .value(.signed(-1)), .value(.double(.nan)),
            ]
            for returned in returned {
                let outcome = CallOutcome(returned: returned, outputs: [.single(-0.0), .text("\""), .unsigned(.max)])
                try! JSONScanner.validate(function.members(for: outcome))
            }
        }
    }
}
