// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What things of a kind can do and what is known of them: the document's "Define Prototypes".
struct Prototype: Sendable, Equatable {
    /// `/device/CATEGORY/MAKER/MODEL`
    let path: String
    /// Events that can be observed.
    let observe: [String]
    /// Tasks that can be performed.
    let perform: [String]
    /// Names and syntaxes; `name` and `status` are among them.
    let properties: [JSONNode.Member]
    /// Whether the thing checks parameters on request.
    let validatesObserve: Bool
    let validatesPerform: Bool
    /// What things of this kind are, where the prototype says it (Simple Thing).
    let device: JSONNode?

    init(path: String, _ item: JSONNode) throws(ThingFault) {
        guard item.object != nil else { throw .invalid("prototype", "an object") }
        guard Self.isPath(path) else { throw .invalid("prototype", "a path /device/CATEGORY/MAKER/MODEL") }
        self.path = path
        guard let declared = item["properties"] else { throw .missing("properties") }
        guard var properties = declared.object else { throw .invalid("properties", "an object") }
        for name in ["name", "status"] where declared[name] == nil {
            guard let value = item[name] else { throw .missing("properties.\(name)") }
            properties.append(JSONNode.Member(name: name, value: value))
        }
        self.properties = properties
        observe = try Self.verbs(item, "observe")
        perform = try Self.verbs(item, "perform")
        validatesObserve = try Self.validates(item, "observe")
        validatesPerform = try Self.validates(item, "perform")
        device = item["device"].flatMap { $0.object == nil ? nil : $0 }
    }

    private static func isPath(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 5 && parts[0].isEmpty && parts[1] == "device" && parts[2...].allSatisfy { !$0.isEmpty }
            && path.utf8.count <= 256 && path.isPrintable
    }

    private static func verbs(_ item: JSONNode, _ name: String) throws(ThingFault) -> [String] {
        guard let node = item[name], node.content != .null else { return [] }
        guard let verbs = node.array?.map(\.text), !verbs.contains(nil), verbs.count <= ThingLimits.items else {
            throw .invalid(name, "an array of texts")
        }
        return verbs.compactMap(\.self)
    }

    private static func validates(_ item: JSONNode, _ name: String) throws(ThingFault) -> Bool {
        guard let node = item["validate"]?[name], node.content != .null else { return false }
        guard let value = node.boolean else { throw .invalid("validate.\(name)", "true or false") }
        return value
    }

    /// The object of `GET nativeThing/prototype`, with `path` only there.
    func json(withPath: Bool) -> JSONNode {
        var members: [(String, JSONNode)] = withPath ? [("path", JSONNode(.text(path)))] : []
        members += [
            ("observe", JSONNode(.array(observe.map { JSONNode(.text($0)) }))),
            ("perform", JSONNode(.array(perform.map { JSONNode(.text($0)) }))),
            ("properties", JSONNode(.object(properties))),
            (
                "validate",
                [
                    "observe": JSONNode(booleanLiteral: validatesObserve),
                    "perform": JSONNode(booleanLiteral: validatesPerform),
                ]
            ),
        ]
        if !withPath, let device { members.append(("device", device)) }
        return JSONNode(members: members)
    }

    func syntax(of property: String) -> PropertySyntax? {
        properties.last { $0.name == property }.map { PropertySyntax($0.value) }
    }
}
