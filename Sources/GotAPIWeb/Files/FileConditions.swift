// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A file's validators (RFC 9110, section 8.8), and what a request's conditions say of them (section 13).
struct FileConditions: Equatable {
    enum Outcome: Equatable {
        case serve
        /// As `serve`, but the whole file whatever range is asked for.
        case serveWhole
        case notModified
        case preconditionFailed
    }

    /// Strong: made of what changes with every change of the file.
    let entityTag: String
    /// Seconds since 1970.
    let lastModified: Int

    init(size: Int, modifiedSeconds: Int, modifiedNanoseconds: Int, inode: UInt64) {
        func hex(_ number: some BinaryInteger) -> String { String(number, radix: 16) }
        entityTag = "\"\(hex(size))-\(hex(modifiedSeconds)).\(hex(modifiedNanoseconds))-\(hex(inode))\""
        lastModified = modifiedSeconds
    }

    /// Section 13.2.2 in its order.
    func evaluate(_ headers: [WebRequest.Header]) -> Outcome {
        func field(_ name: String) -> String? {
            let values = headers.lazy.filter { isEqualIgnoringCase($0.name, name) }.map(\.value)
            return values.isEmpty ? nil : values.joined(separator: ",")
        }
        if let tags = field("if-match") {
            if !contains(tags, weakly: false) { return .preconditionFailed }
        } else if let date = field("if-unmodified-since").flatMap(HTTPDate.parse), lastModified > date {
            return .preconditionFailed
        }
        if let tags = field("if-none-match") {
            if contains(tags, weakly: true) { return .notModified }
        } else if let date = field("if-modified-since").flatMap(HTTPDate.parse), lastModified <= date {
            return .notModified
        }
        guard let validator = field("if-range") else { return .serve }
        // A date has to be the very same, and is no strong validator unless it is old; so only the tag counts beside it.
        return validator == entityTag || HTTPDate.parse(validator) == lastModified ? .serve : .serveWhole
    }

    private func contains(_ list: String, weakly: Bool) -> Bool {
        if list.trimmingBlanks == "*" { return true }
        // Our tags have no comma in them, so an element with one cannot be ours.
        return list.split(separator: ",").contains { element in
            let tag = element.trimmingBlanks
            return tag == entityTag || weakly && tag == "W/" + entityTag
        }
    }
}
