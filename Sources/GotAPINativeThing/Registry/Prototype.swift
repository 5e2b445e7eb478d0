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
    private let syntaxes: [String: PropertySyntax]
    /// The profiles under which things of this kind can be used, beside `nativeThing`.
    private(set) var facades: [Facade] = []
    /// The declared property that a profile answers with.
    let measured: [Facade: String]
    /// Whether the thing checks parameters on request.
    let validatesObserve: Bool
    let validatesPerform: Bool
    /// What things of this kind are, where the prototype says it (Simple Thing).
    let device: JSONNode?
    /// Its bytes as JSON, as it is kept.
    private(set) var size = 0

    init(path: String, _ item: JSONNode) throws(ThingFault) {
        guard item.object != nil else { throw .invalid("prototype", "an object") }
        guard Self.isPath(path) else { throw .invalid("prototype", "a path /device/CATEGORY/MAKER/MODEL") }
        self.path = path
        guard let declared = item["properties"] else { throw .missing("properties") }
        guard var properties = declared.object else { throw .invalid("properties", "an object") }
        guard properties.count <= ThingLimits.properties, properties.allSatisfy({ Self.isSmall($0.value) }) else {
            throw .limit("a prototype has at most \(ThingLimits.properties) properties, and each as many values")
        }
        for name in ["name", "status"] where declared[name] == nil {
            guard let value = item[name] else { throw .missing("properties.\(name)") }
            properties.append(JSONNode.Member(name: name, value: value))
        }
        self.properties = properties
        let parsed = properties.map { (name: $0.name, syntax: PropertySyntax($0.value)) }
        syntaxes = Dictionary(parsed.map { ($0.name, $0.syntax) }) { _, last in last }
        measured = Facade.measured(in: parsed)
        observe = try Self.verbs(item, "observe")
        perform = try Self.verbs(item, "perform")
        validatesObserve = try Self.validates(item, "observe")
        validatesPerform = try Self.validates(item, "perform")
        device = item["device"].flatMap { $0.object == nil ? nil : $0 }
        facades = Facade.all(of: self)
        size = json(withPath: false).bytes.count
        guard size <= ThingLimits.propertyBytes else {
            throw .limit("a prototype has at most \(ThingLimits.propertyBytes >> 10) KiB")
        }
    }

    /// Whether a property's syntax names so many values that they can be looked through.
    private static func isSmall(_ syntax: JSONNode) -> Bool {
        (syntax.array?.count ?? syntax.object?.count ?? 0) <= ThingLimits.values
    }

    private static func isPath(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 5 && parts[0].isEmpty && parts[1] == "device" && parts[2...].allSatisfy { !$0.isEmpty }
            && path.utf8.count <= ThingLimits.prototypePath && path.isPrintable
            && JSONNode(.text(path)).bytes.count <= ThingLimits.prototypePath + 2
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

    func syntax(of property: String) -> PropertySyntax? { syntaxes[property] }
}
