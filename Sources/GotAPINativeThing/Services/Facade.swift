// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A profile under which a thing is a GotAPI device like others, beside `nativeThing`.
enum Facade: String, Sendable, CaseIterable {
    case light
    case power
    case battery
    case temperature
    case humidity
    case atmosphericPressure
    case illuminance
    case humanDetection

    /// The profiles of things with this prototype, in the order of this type.
    static func all(of prototype: Prototype) -> [Facade] { allCases.filter { $0.fits(prototype) } }

    private func fits(_ prototype: Prototype) -> Bool {
        switch self {
        case .light:
            prototype.path.hasPrefix("/device/lighting/") && prototype.perform.contains("on")
                && prototype.perform.contains("off")
        case .power: prototype.path.hasPrefix("/device/switch/")
        case .humanDetection: prototype.observe.contains("motion")
        case .battery, .temperature, .humidity, .atmosphericPressure, .illuminance: prototype.measured[self] != nil
        }
    }

    /// The declared property that each profile answers with: one whose name says it, else the first of its syntax. What is
    /// only a percentage must say it by its name.
    static func measured(in properties: [(name: String, syntax: PropertySyntax)]) -> [Facade: String] {
        var named: [Facade: String] = [:]
        var first: [Facade: String] = [:]
        for property in properties {
            guard case .number(let unit) = property.syntax else { continue }
            let name = property.name.lowercased()
            for facade in allCases where facade.measure.unit == unit {
                let (_, names, needsName) = facade.measure
                if named[facade] == nil, names.contains(where: { name.contains($0) }) { named[facade] = property.name }
                if first[facade] == nil, !needsName { first[facade] = property.name }
            }
        }
        return named.merging(first) { named, _ in named }
    }

    private var measure: (unit: String, names: [String], needsName: Bool) {
        switch self {
        case .battery: ("percentage", ["battery"], true)
        case .humidity: ("percentage", ["humidity"], true)
        case .temperature: ("celsius", ["temperature"], false)
        case .atmosphericPressure: ("millibars", ["pressure"], false)
        case .illuminance: ("lux", ["light", "illuminance"], false)
        case .light, .power, .humanDetection: ("", [], true)
        }
    }

    /// The members that answer a reading of the profile's property.
    func members(_ value: Double) -> JSONNode {
        switch self {
        case .battery: ["level": Self.number(min(max(value, 0), 100) / 100)]
        case .humidity: ["humidity": Self.number(min(max(value, 0), 100) / 100)]
        case .temperature: ["temperature": Self.number(value), "type": 1]
        case .atmosphericPressure: ["atmosphericPressure": Self.number(value)]
        case .illuminance: ["illuminance": Self.number(value)]
        case .light, .power, .humanDetection: []
        }
    }

    /// A whole number without a fraction, as sensors mean it.
    private static func number(_ value: Double) -> JSONNode {
        JSONNode(.number(Int(exactly: value).map { "\($0)" } ?? "\(value)"))
    }
}
