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
        case .battery, .temperature, .humidity, .atmosphericPressure, .illuminance: property(in: prototype) != nil
        }
    }

    /// The declared property that the profile answers with: one whose name says it, else the first of its syntax. What is
    /// only a percentage must say it by its name.
    func property(in prototype: Prototype) -> String? {
        let (unit, names, needsName) = measure
        let candidates = prototype.properties.filter { PropertySyntax($0.value) == .number(unit: unit) }.map(\.name)
        let named = candidates.first { name in
            let name = name.lowercased()
            return names.contains { name.contains($0) }
        }
        return named ?? (needsName ? nil : candidates.first)
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
        case .battery: ["level": Self.number(value / 100)]
        case .humidity: ["humidity": Self.number(value / 100)]
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
