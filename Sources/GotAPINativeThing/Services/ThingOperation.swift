// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What an application's request asks of a thing: the table of native-thing.md, "As a GotAPI service". It is decided by
/// the request and the prototype alone.
enum ThingOperation: Sendable, Equatable {
    /// The last known state, of one property or all.
    case properties(name: String?)
    case prototype
    /// Begins or ends pushes of changed properties.
    case watch(Bool)
    case perform(verb: String, parameter: String, testOnly: Bool)
    /// Begins or ends pushes of an event.
    case event(EventName, isPresence: Bool, begins: Bool)
    case lightState
    case powerState
    case measurement(Facade)

    /// - Throws: what the application is answered instead.
    init(_ message: PluginMessage, _ prototype: Prototype) throws(ApplicationFault) {
        let parameters = Parameters(message.parameters)
        switch message.profile {
        case "nativeThing": self = try Self.nativeThing(message, parameters, prototype)
        case "light": self = try Self.light(message, parameters, prototype)
        case "power": self = try Self.power(message, prototype)
        case "humanDetection": self = try Self.humanDetection(message, prototype)
        default:
            guard let facade = Facade(rawValue: message.profile) else { throw .noAttribute }
            let attributes = facade == .battery ? ["", "level"] : [""]
            guard attributes.contains(message.attribute) else { throw .noAttribute }
            guard message.method == "get" else { throw .noMethod }
            self = .measurement(facade)
        }
    }

    /// The request's parameters by name.
    private struct Parameters {
        private let all: [PluginMessage.Parameter]

        init(_ all: [PluginMessage.Parameter]) { self.all = all }

        subscript(name: String) -> String? { all.first { $0.name == name }?.value }

        /// The parameter of a verb: always a text on the wire.
        func ofVerb() throws(ApplicationFault) -> String {
            let text = self["parameter"] ?? ""
            guard text.utf8.count <= ThingLimits.text else {
                throw .parameter("The parameter `parameter` has at most \(ThingLimits.text) bytes.")
            }
            return text
        }
    }

    // MARK: - The profile nativeThing

    private static func nativeThing(
        _ message: PluginMessage, _ parameters: Parameters, _ prototype: Prototype
    ) throws(ApplicationFault) -> ThingOperation {
        switch (message.attribute, message.method) {
        case ("properties", "get"):
            return .properties(name: parameters["name"])
        case ("prototype", "get"): return .prototype
        case ("onPropertyChange", "put"): return .watch(true)
        case ("onPropertyChange", "delete"): return .watch(false)
        case ("onEvent", "put"), ("onEvent", "delete"):
            let begins = message.method == "put"
            // What the prototype has no more can still be ended.
            let verb = try verb(parameters["verb"], of: begins ? prototype.observe : nil)
            let name = EventName(verb: verb, parameter: try parameters.ofVerb())
            return .event(name, isPresence: false, begins: begins)
        case ("perform", "post"):
            let verb = try verb(parameters["verb"], of: prototype.perform)
            let testOnly = try testOnly(parameters["testOnly"], prototype)
            return .perform(verb: verb, parameter: try parameters.ofVerb(), testOnly: testOnly)
        case ("properties", _), ("prototype", _), ("onPropertyChange", _), ("onEvent", _), ("perform", _):
            throw .noMethod
        default: throw .noAttribute
        }
    }

    /// - Parameter verbs: `nil` where any will do.
    private static func verb(_ verb: String?, of verbs: [String]?) throws(ApplicationFault) -> String {
        guard let verb, !verb.isEmpty else { throw .parameter("The parameter `verb` is required.") }
        if let verbs, !verbs.contains(verb) {
            throw .parameter("The thing's prototype does not have the verb; it has: \(verbs.joined(separator: ", ")).")
        }
        return verb
    }

    private static func testOnly(_ text: String?, _ prototype: Prototype) throws(ApplicationFault) -> Bool {
        switch text {
        case nil, "false": return false
        case "true" where prototype.validatesPerform: return true
        case "true": throw .parameter("The thing's prototype says that it cannot test a task.")
        default: throw .parameter("The parameter `testOnly` is true or false.")
        }
    }

    // MARK: - Facades

    private static func light(
        _ message: PluginMessage, _ parameters: Parameters, _ prototype: Prototype
    ) throws(ApplicationFault) -> ThingOperation {
        guard ["", "0"].contains(parameters["lightId"] ?? "") else {
            throw .parameter("The thing has one light, with the `lightId` 0.")
        }
        switch (message.attribute, message.method) {
        case ("", "get"), ("state", "get"): return .lightState
        case ("", "post"), ("", "put"):
            return .perform(verb: "on", parameter: try lightParameter(parameters), testOnly: false)
        case ("", "delete"): return .perform(verb: "off", parameter: "", testOnly: false)
        case ("", _), ("state", _): throw .noMethod
        default: throw .noAttribute
        }
    }

    /// The text with which `on` is performed: only what was given.
    private static func lightParameter(_ parameters: Parameters) throws(ApplicationFault) -> String {
        var members: [(String, JSONNode)] = []
        if let text = parameters["brightness"] {
            guard let value = Double(text), 0...1 ~= value else {
                throw .parameter("The parameter `brightness` is a number from 0 to 1.")
            }
            members.append(("brightness", JSONNode(integerLiteral: Int((value * 100).rounded()))))
        }
        if let text = parameters["color"] {
            let digits = Array((text.hasPrefix("#") ? text.dropFirst() : text[...]).utf8).map(hexadecimalValue)
            guard digits.count == 6, !digits.contains(nil) else {
                throw .parameter("The parameter `color` is RRGGBB, six hexadecimal digits.")
            }
            let values = digits.compactMap { $0.map { Int($0) } }
            let rgb: JSONNode = [
                "r": JSONNode(integerLiteral: values[0] * 16 + values[1]),
                "g": JSONNode(integerLiteral: values[2] * 16 + values[3]),
                "b": JSONNode(integerLiteral: values[4] * 16 + values[5]),
            ]
            members.append(("color", ["model": "rgb", "rgb": rgb]))
        }
        return members.isEmpty ? "" : String(decoding: JSONNode(members: members).bytes, as: UTF8.self)
    }

    private static func power(
        _ message: PluginMessage, _ prototype: Prototype
    ) throws(ApplicationFault) -> ThingOperation {
        switch (message.attribute, message.method) {
        case ("", "get"), ("powerstatus", "get"): return .powerState
        case ("", "put"): return .perform(verb: try verb("on", of: prototype.perform), parameter: "", testOnly: false)
        case ("", "delete"):
            return .perform(verb: try verb("off", of: prototype.perform), parameter: "", testOnly: false)
        case ("", _), ("powerstatus", _): throw .noMethod
        default: throw .noAttribute
        }
    }

    private static func humanDetection(
        _ message: PluginMessage, _ prototype: Prototype
    ) throws(ApplicationFault) -> ThingOperation {
        guard message.attribute == "onDetection" else { throw .noAttribute }
        guard message.method == "put" || message.method == "delete" else { throw .noMethod }
        let begins = message.method == "put"
        let name = EventName(verb: try verb("motion", of: begins ? prototype.observe : nil), parameter: "")
        return .event(name, isPresence: true, begins: begins)
    }
}

/// What is observed of a thing.
struct EventName: Sendable, Hashable {
    let verb: String
    let parameter: String
}
