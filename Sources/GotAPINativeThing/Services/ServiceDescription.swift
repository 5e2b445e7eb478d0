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

    /// As much of the text as may stand in a list of thousands.
    static func short(_ text: String) -> String {
        guard text.utf8.count > ThingLimits.shownText else { return text }
        var short = Substring(text.unicodeScalars.prefix(ThingLimits.shownText))
        while short.utf8.count > ThingLimits.shownText - 3 { short.removeLast() }
        return short + "…"
    }
}
