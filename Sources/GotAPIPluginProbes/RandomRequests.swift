// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// Requests by chance, the same for the same seed: some as an application sends them, some as only an attacker does.
package struct RandomRequests: Sendable {
    /// Values that programs stumble over.
    private static let oddTexts = [
        "", " ", "0", "-1", "1", "99999999999999999999", "9223372036854775807", "-9223372036854775808", "1e308", "NaN",
        "0x10", "1.5", "true", "null", "{\"a\":[1]}", "[", "\"", "\\", "%s%n%x", "../../../etc/passwd", "a/b", "a b",
        "grüße", "漢字", "🙂🙃", "\u{202e}x", "\u{1}\u{1b}[31m", "'; --", "<b>", "é\u{301}",
    ]
    /// The gateway lets only these through.
    private static let methods = ["get", "put", "post", "delete"]

    private var state: UInt64
    private let services: [Service]
    /// Words that the library seems to know: attributes and parameters among them.
    private let words: [String]
    /// Those that its author has named.
    private let attributes: [String]

    package init(seed: UInt64, services: [Service], words: [String], attributes: [String] = []) {
        self.attributes = attributes
        state = seed
        self.services = services
        self.words = words.isEmpty ? ["value"] : words
    }

    /// SplitMix64: a step and a mix of it.
    private mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    private mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    private mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }

    /// A value; one in 200 is 32 KiB long or more.
    private mutating func value() -> String {
        switch below(200) {
        case 0: String(repeating: one(of: ["x", "ü", "\"", "\\"]), count: 32 << 10)
        case 1..<100: one(of: words)
        default: one(of: Self.oddTexts)
        }
    }

    /// Odd in a quarter of all requests; one that the author has named in as many.
    private mutating func attribute() -> String {
        switch below(4) {
        case 0: one(of: Self.oddTexts)
        case 1 where !attributes.isEmpty: one(of: attributes)
        default: one(of: words)
        }
    }

    /// The next one. Method and texts are what they may be in a gateway.
    package mutating func request() -> PluginMessage {
        let service = services.isEmpty ? nil : one(of: services)
        let profiles = service?.scopes ?? []
        // What is no scope of the service comes to a plug-in too where it has given none.
        let profile = profiles.isEmpty || below(20) == 0 ? value() : one(of: profiles)
        var message = PluginMessage(
            id: 0, kind: .request, method: one(of: Self.methods), serviceID: service?.serviceID ?? "", profile: profile,
            attribute: attribute(), package: "https://app.example",
            clientID: "client-\(below(4))", accessToken: "token", receiver: "gotapi-check", deadline: 0)
        if !message.serviceID.isEmpty {
            message.parameters.append(.init(name: "serviceId", value: message.serviceID))
        }
        for _ in 0..<below(4) {
            let name = below(8) == 0 ? one(of: Self.oddTexts) : one(of: words)
            guard !message.parameters.contains(where: { $0.name == name }) else { continue }
            message.parameters.append(.init(name: name, value: value()))
        }
        return message
    }
}

extension PluginMessage {
    /// As an address, cut after 300 characters, for people.
    var described: String {
        let query = parameters.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        return Printable.brief("\(method.uppercased()) /gotapi/\(profile)/\(attribute)?\(query)")
    }

    /// Whether it is so long that not every plug-in can be asked to answer it.
    var isHuge: Bool { parameters.contains { $0.value.utf8.count > 1_024 } || profile.utf8.count > 1_024 }
}
