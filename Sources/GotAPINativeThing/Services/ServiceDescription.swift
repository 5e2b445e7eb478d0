// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A thing as a service object: what a discovery lists.
enum ServiceDescription {
    static func json(of thing: Thing, _ prototype: Prototype?, isOnline: Bool) -> JSONNode {
        let scopes = ["nativeThing"] + (prototype.map { $0.facades.map(\.rawValue) } ?? [])
        return [
            "serviceId": JSONNode(.text(thing.serviceID)), "name": shown(thing.shownName),
            "manufacturer": shown(thing.maker), "version": shown(thing.model), "type": "",
            "online": JSONNode(booleanLiteral: isOnline),
            "scopes": JSONNode(.array(scopes.map { JSONNode(.text($0)) })),
            "prototype": JSONNode(.text(thing.prototype)), "status": shown(thing.status),
        ]
    }

    private static func shown(_ text: String) -> JSONNode { JSONNode(.text(short(text))) }

    /// As much of the text as may stand in a list of many: ``ThingLimits/shownText``.
    static func short(_ text: String) -> String {
        var size = 0
        // Where the text is cut if it is too long, before the dots.
        var cut = text.startIndex
        for index in text.unicodeScalars.indices {
            size += jsonSize(of: text.unicodeScalars[index])
            guard size <= ThingLimits.shownText else { return text[..<cut] + "…" }
            if size <= ThingLimits.shownText - 3 { cut = text.unicodeScalars.index(after: index) }
        }
        return text
    }

    /// In bytes, at most.
    private static func jsonSize(of scalar: Unicode.Scalar) -> Int {
        switch scalar {
        case "\"", "\\": 2
        case "\0"..."\u{1f}": 6
        default: UTF8.width(scalar)
        }
    }
}
