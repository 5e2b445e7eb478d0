// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Writes messages for people, with every secret in them masked: keys, tokens, passcodes, nonces, client ids, HMACs.
enum SecretMask {
    private static let mask = "********"
    /// In lower case: a misspelt name may hide a secret, too.
    private static let names: Set<String> = [
        "key", "keyid", "nonce", "accesstoken", "clientid", "hmac", "passcode", "password", "token",
    ]

    private static func isSecret(_ name: String) -> Bool { names.contains(name.lowercased()) }

    // MARK: - URLs and forms

    static func target(_ target: String) -> String {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return Printable.text(target) }
        return Printable.text(target[...mark]) + form(target[target.utf8.index(after: mark)...])
    }

    static func form(_ form: some StringProtocol) -> String {
        Substring(form).split(separator: "&", omittingEmptySubsequences: false).map(pair).joined(separator: "&")
    }

    private static func pair(_ pair: Substring) -> String {
        let end = pair.utf8.firstIndex(of: UInt8(ascii: "="))
        let name = pair[..<(end ?? pair.endIndex)]
        guard let decoded = PercentEncoding.decode(name.utf8, plusIsSpace: true) else { return mask }
        if isSecret(decoded) { return "\(Printable.text(name))=\(mask)" }
        // `accessToken%3Dabc` is a name without a value, but was meant to be both.
        if names.contains(where: { decoded.lowercased().hasPrefix($0 + "=") }) { return mask }
        return Printable.text(pair)
    }

    // MARK: - JSON

    /// Indented as in the README. What is no JSON is not shown, since nobody could say what of it is secret.
    static func json(_ text: [UInt8]) -> String {
        do throws(JSONScanner.SyntaxError) {
            var printed = ""
            write(try JSONNode(parsing: text), indentation: "", to: &printed)
            return printed
        } catch {
            return "(\(text.count) bytes that are no JSON)"
        }
    }

    private static func write(_ node: JSONNode, indentation: String, to text: inout String) {
        let inner = indentation + "  "
        switch node.content {
        case .null: text += "null"
        case .boolean(let value): text += "\(value)"
        case .number(let number): text += number
        case .text(let value): text += Printable.quoted(value)
        case .array(let elements) where elements.isEmpty: text += "[]"
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                text += (index == 0 ? "[\n" : ",\n") + inner
                write(element, indentation: inner, to: &text)
            }
            text += "\n\(indentation)]"
        case .object(let members) where members.isEmpty: text += "{}"
        case .object(let members):
            for (index, member) in members.enumerated() {
                text += (index == 0 ? "{\n" : ",\n") + inner + Printable.quoted(member.name) + ": "
                if isSecret(member.name) {
                    text += "\"\(mask)\""
                } else {
                    write(member.value, indentation: inner, to: &text)
                }
            }
            text += "\n\(indentation)}"
        }
    }
}
