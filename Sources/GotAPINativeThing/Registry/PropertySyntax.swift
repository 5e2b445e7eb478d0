// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What values a property has: the document's Dictionary.
enum PropertySyntax: Sendable, Equatable {
    case text
    /// A number with a unit, such as `celsius`; some have a range.
    case number(unit: String)
    case timestamp
    /// Latitude, longitude and perhaps metres.
    case coordinates
    case enumeration(Set<String>)
    case union(Set<String>)
    /// Something else: any value is right.
    case unknown

    init(_ node: JSONNode) {
        switch node.content {
        case .boolean(true): self = .text
        case .text(let name):
            let unit = name == "db" ? "decibels" : name
            switch unit {
            case "timestamp": self = .timestamp
            case "latlng", "coordinates": self = .coordinates
            case "id", "meters", "meters/second", "seconds", "milliseconds", "kilometers", "celsius", "ppm",
                "decibels", "millibars", "sigmas", "lux", "watts", "percentage", "degrees", "mireds", "u8", "s8",
                "fraction":
                self = .number(unit: unit)
            default: self = .unknown
            }
        case .array(let elements): self = .enumeration(Set(elements.compactMap(\.text)))
        case .object(let members): self = .union(Set(members.map(\.name)))
        default: self = .unknown
        }
    }

    /// Whether a value is of the kind that the syntax promises.
    func accepts(_ value: JSONNode) -> Bool {
        switch self {
        case .text: value.text != nil
        case .number(unit: "id"): value.text != nil || value.number != nil
        case .number(let unit): value.number.map { Self.range(of: unit)?.contains($0) ?? true } ?? false
        case .timestamp: ThingTime.parse(value) != nil
        case .coordinates: value.array.map { 2...3 ~= $0.count && $0.allSatisfy { $0.number != nil } } ?? false
        case .enumeration(let names): value.text.map(names.contains) ?? false
        case .union(let names): value.object.map { $0.contains { names.contains($0.name) } } ?? false
        case .unknown: true
        }
    }

    private static func range(of unit: String) -> ClosedRange<Double>? {
        switch unit {
        case "percentage": 0...100
        case "fraction": 0...1
        case "u8": 0...255
        case "s8": -128...127
        case "degrees": -360...360
        default: nil
        }
    }
}

extension JSONNode {
    /// The value of a number; of a text that is one, ``lenientNumber``.
    var number: Double? {
        if case .number(let text) = content { Double(text) } else { nil }
    }

    /// Sensors send numbers as text.
    var lenientNumber: Double? {
        let number = number ?? text.flatMap { Double($0) }
        return number.flatMap { $0.isFinite ? $0 : nil }
    }
}
