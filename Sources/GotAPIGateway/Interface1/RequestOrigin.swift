// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore

/// What a request says about where its page comes from (gotapi-wire.md, "GotAPI-1 request", rule 2).
struct RequestOrigin: Sendable, Equatable {
    /// How the origin may be used.
    enum Kind: Sendable, Equatable {
        /// Neither `Origin` nor a `Referer` with an origin.
        case absent
        case present
        /// Two `Origin` fields, `null`, or text that is no origin.
        case unusable
    }

    let kind: Kind
    /// What tokens are bound to and plug-ins see as `package`: in ``Origin``'s form where it is one, empty where there is
    /// none. What is unusable counts only where the check is off (`--disable-auth`); it then is what was sent.
    let text: String
    /// The value of `Access-Control-Allow-Origin`.
    let allowed: String

    static let absent = RequestOrigin(kind: .absent, text: "", allowed: "*")

    private init(kind: Kind, text: String, allowed: String) {
        self.kind = kind
        self.text = text
        self.allowed = allowed
    }

    /// - Parameters:
    ///   - origin: the first `Origin` field.
    ///   - isRepeated: whether there is another one.
    ///   - referer: the `Referer`, which counts only where there is no `Origin`.
    ///   - known: origins in ``Origin``'s form, so that a browser's usual text need not be read.
    init(origin: String?, isRepeated: Bool, referer: String?, known: Set<String>) {
        guard let origin else {
            if let referer, let origin = Origin(ofURL: referer) {
                self.init(kind: .present, text: origin.text, allowed: origin.text)
            } else {
                self = .absent
            }
            return
        }
        if !isRepeated, known.contains(origin) {
            self.init(kind: .present, text: origin, allowed: origin)
        } else if !isRepeated, let parsed = Origin(origin) {
            self.init(kind: .present, text: parsed.text, allowed: origin)
        } else {
            // Only visible ASCII is sent back in a header field.
            let isVisible = !origin.isEmpty && origin.utf8.count <= 512 && origin.utf8.allSatisfy { 0x21...0x7e ~= $0 }
            self.init(kind: .unusable, text: isVisible ? origin : "", allowed: isVisible ? origin : "*")
        }
    }

    /// Whether one of the allowed origins is named.
    func isAllowed(in origins: Set<String>) -> Bool { kind == .present && origins.contains(text) }
}
