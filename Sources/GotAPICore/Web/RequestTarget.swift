// Swift GotAPI · SPDX-License-Identifier: MIT

/// A request target, split as RFC 9112, section 3.2, says: origin-form or absolute-form. Nothing is decoded.
package struct RequestTarget: Sendable, Equatable {
    /// The path as sent, beginning with `/`.
    package let path: Substring
    /// What follows the first `?`, or `nil` where there is none.
    package let query: Substring?

    /// Returns `nil` for a target that is neither in origin-form nor in absolute-form (`*`, an authority, nothing).
    package init?(_ target: String) {
        var rest = Substring(target)
        if target.utf8.first != UInt8(ascii: "/"),
            let scheme = ["http://", "https://"].first(where: { target.lowercased().hasPrefix($0) })
        {
            rest = rest.dropFirst(scheme.count)
            rest = rest[(rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex)...]
            if !rest.hasPrefix("/") { rest = "/" + rest }
        }
        guard rest.utf8.first == UInt8(ascii: "/") else { return nil }
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = rest[..<mark]
            query = rest[rest.utf8.index(after: mark)...]
        } else {
            path = rest
            query = nil
        }
    }

    /// The path's segments as sent, without the empty ones that a leading or trailing slash makes at the ends.
    package var segments: [Substring] {
        var segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        if segments.last?.isEmpty == true { segments.removeLast() }
        return segments
    }
}
