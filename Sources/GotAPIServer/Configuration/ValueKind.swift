// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore

/// What a key of config.json may hold: how it is read, and how it is called in a message.
struct ValueKind<Value> {
    /// What stands behind "expected".
    let expected: String
    /// `nil` where the value has another type or is not possible.
    let convert: (JSONNode) -> Value?
}

extension ValueKind where Value == Bool {
    static var boolean: ValueKind { ValueKind(expected: "true or false") { $0.boolean } }
}

extension ValueKind where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> ValueKind {
        ValueKind(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { node in
            node.integer.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A memory limit in MiB, a tebibyte at most.
    static var memory: ValueKind {
        let range = ValueKind.integer(1...1_048_576)
        return ValueKind(expected: range.expected + " (MiB)", convert: range.convert)
    }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static func choice(_: Value.Type) -> ValueKind {
        let names = Value.allCases.map { "\"\($0.rawValue)\"" }
        return ValueKind(expected: names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]) {
            $0.text.flatMap(Value.init(rawValue:))
        }
    }
}

extension ValueKind where Value == String {
    static var text: ValueKind { ValueKind(expected: "text") { $0.text } }

    /// A name that people see and that fits into a TXT record of mDNS (RFC 6763, section 6.1, 255 bytes with its key).
    static var shownName: ValueKind {
        ValueKind(expected: "text of 1 to 200 bytes without control characters") { node in
            node.text.flatMap { text in
                let isClean = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
                return isClean && 1...200 ~= text.utf8.count ? text : nil
            }
        }
    }

    /// A path, made absolute.
    static func path(in folder: String, of what: String) -> ValueKind {
        ValueKind(expected: "the path of \(what)") { node in
            node.text.flatMap { $0.isEmpty || $0.utf8.contains(0) ? nil : absolutePath($0, in: folder) }
        }
    }

    static var addressOrBlock: ValueKind {
        ValueKind(expected: "an address such as \"192.168.1.20\" or a block such as \"192.168.1.0/24\" or \"fd00::/8\"")
        {
            node in node.text.flatMap { (try? AddressRanges([$0])) == nil ? nil : $0 }
        }
    }

    static var origin: ValueKind {
        ValueKind(expected: "an origin such as \"https://app.example:8443\", without a path or a slash behind it") {
            node in node.text.flatMap { isOrigin($0) ? $0 : nil }
        }
    }
}

/// Whether `text` is an origin that a page can have: http or https, and no port 0.
private func isOrigin(_ text: String) -> Bool {
    guard let origin = Origin(text)?.text else { return false }
    return (origin.hasPrefix("http://") || origin.hasPrefix("https://")) && !origin.hasSuffix(":0")
}
