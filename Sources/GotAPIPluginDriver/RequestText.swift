// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// A request as text, `/gotapi/profile/attribute?serviceId=…&name=value`, made a message as the gateway does it
/// (gotapi-wire.md, "GotAPI-1 request").
package enum RequestText {
    package struct Malformed: Error, Sendable {
        package let reason: String
    }

    /// The message of a request; who asks is put in by the caller.
    package static func message(method: String, target: String) throws(Malformed) -> PluginMessage {
        let method = method.lowercased()
        guard ["get", "post", "put", "delete"].contains(method) else {
            throw Malformed(reason: "\"\(Printable.brief(method))\" is none of the methods get, post, put and delete")
        }
        guard let parts = RequestTarget(target) else {
            throw Malformed(reason: "the target begins with \"/gotapi/\", this one is \"\(Printable.brief(target))\"")
        }
        var segments: [String] = []
        for segment in parts.segments {
            guard let text = PercentEncoding.decode(segment.utf8, plusIsSpace: false) else {
                throw Malformed(reason: "the path cannot be decoded: \"\(Printable.brief(segment))\"")
            }
            segments.append(text)
        }
        guard segments.first == "gotapi", segments.count > 1 else {
            throw Malformed(reason: "the target is /gotapi/PROFILE or /gotapi/PROFILE/ATTRIBUTE, with parameters")
        }
        var message = PluginMessage(
            id: 0, kind: .request, method: method, profile: segments[1],
            attribute: segments.count > 2 ? segments[2] : "", deadline: 0)
        for pair in (parts.query ?? "").split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = halves.compactMap { PercentEncoding.decode($0.utf8, plusIsSpace: true) }
            guard decoded.count == halves.count else {
                throw Malformed(reason: "a parameter cannot be decoded: \"\(Printable.brief(pair))\"")
            }
            let parameter = PluginMessage.Parameter(name: decoded[0], value: decoded.count > 1 ? decoded[1] : "")
            // The gateway's own, which plug-ins never see.
            guard parameter.name != "accessToken", parameter.name != "nonce" else { continue }
            if let index = message.parameters.firstIndex(where: { $0.name == parameter.name }) {
                message.parameters[index] = parameter
            } else {
                message.parameters.append(parameter)
            }
        }
        message.serviceID = message.parameters.first { $0.name == "serviceId" }?.value ?? ""
        return message
    }
}
