// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The JSON of pushes: gotapi-wire.md, "GotAPI-5".
enum PushText {
    /// The members that all pushes of a subscription share.
    static func beginning(profile: String, attribute: String, serviceID: String) -> [UInt8] {
        var writer = JSONObjectWriter(capacity: 128)
        writer.add("profile", profile)
        writer.add("attribute", attribute)
        writer.add("serviceId", serviceID)
        return writer.beginning
    }

    /// What a plug-in pushed; `nil` for what is not sent.
    static func push(_ members: [UInt8], beginning: [UInt8]) -> [UInt8]? {
        guard let answer = PluginAnswer(push: members) else { return nil }
        var writer = JSONObjectWriter(beginning: beginning, capacity: members.count + 128)
        answer.writePush(to: &writer)
        return writer.finished()
    }

    /// The text made last, with what it was made of: a plug-in that tells many clients the same says it to one after another.
    struct Last: Sendable {
        /// Texts of longer members are not kept, in bytes.
        private static let longest = 16 << 10

        private var members: [UInt8] = []
        private var beginning: [UInt8] = []
        private var text: [UInt8] = []

        /// - Returns: what ``PushText/push(_:beginning:)`` would return, or `nil` where the last push was another.
        func text(_ members: [UInt8], beginning: [UInt8]) -> [UInt8]? {
            !text.isEmpty && members.hasSameBytes(as: self.members) && beginning.hasSameBytes(as: self.beginning)
                ? text : nil
        }

        mutating func keep(_ text: [UInt8], _ members: [UInt8], beginning: [UInt8]) {
            guard members.count <= Self.longest else { return }
            self.text = text
            self.members = members
            self.beginning = beginning
        }
    }

    /// The end of a subscription whose plug-in is gone.
    static func end(_ error: GatewayError, beginning: [UInt8]) -> [UInt8] {
        var writer = JSONObjectWriter(beginning: beginning, capacity: 256)
        writer.add("result", error.code.rawValue)
        writer.add("statusCode", error.status)
        writer.add("errorCode", "\(error.code.rawValue)")
        writer.add("errorText", HTTPStatus.reasonPhrase(of: error.status) ?? "")
        writer.add("errorMessage", error.message)
        return writer.finished()
    }

    /// A push of `onServiceChange` (gotapi-wire.md, "Service discovery").
    static func serviceChange(_ change: Router.Change) -> [UInt8] {
        let json = change.service.json
        // The object was valid when the service was read from it, so this scan cannot fail.
        var service = JSONObjectWriter(capacity: json.count + 16)
        for member in (try? JSONScanner.members(of: json)) ?? [] where member.name != "state" {
            service.splice(member, of: json)
        }
        service.add("state", json: Array((change.isThere ? "true" : "false").utf8))

        var writer = JSONObjectWriter(capacity: json.count + 160)
        writer.add("profile", "serviceDiscovery")
        writer.add("attribute", "onServiceChange")
        writer.add("serviceId", "")
        writer.add("result", 0)
        writer.add("networkService", json: service.finished())
        return writer.finished()
    }
}
