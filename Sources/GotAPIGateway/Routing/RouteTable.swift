// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// An endpoint as the router knows it.
final class RoutedPlugin: Sendable {
    /// Never used again, so that what is kept for this generation of the plug-in cannot be taken for another's.
    let number: UInt64
    let endpoint: any PluginEndpoint
    /// Those that are routed, in the plug-in's order.
    let services: [Service]

    init(number: UInt64, endpoint: any PluginEndpoint, services: [Service]) {
        self.number = number
        self.endpoint = endpoint
        self.services = services
    }
}

/// Which plug-in answers for which service and profile: an immutable snapshot, replaced as a whole.
final class RouteTable: Sendable {
    enum Route: Sendable {
        case found(RoutedPlugin)
        case unknownService
        case outOfScope
    }

    /// In the order in which discovery lists them.
    let plugins: [RoutedPlugin]
    /// All services as a JSON array: the answer to a discovery.
    let servicesJSON: [UInt8]
    /// By serviceId, then by profile.
    private let routes: [String: [String: RoutedPlugin]]

    init(_ plugins: [RoutedPlugin]) {
        self.plugins = plugins
        var routes: [String: [String: RoutedPlugin]] = [:]
        var json: [UInt8] = [UInt8(ascii: "[")]
        for plugin in plugins {
            for service in plugin.services {
                for profile in service.routes {
                    routes[service.serviceID, default: [:]][profile] = plugin
                }
                if json.count > 1 { json.append(UInt8(ascii: ",")) }
                json += service.json
            }
        }
        json.append(UInt8(ascii: "]"))
        self.routes = routes
        servicesJSON = json
    }

    /// Where a request goes: among plug-ins with the same serviceId to the one whose scopes hold the profile
    /// (gotapi-wire.md, "Service discovery").
    func route(serviceID: String, profile: String) -> Route {
        guard let profiles = routes[serviceID] else { return .unknownService }
        guard let plugin = profiles[Service.canonical(profile)] else { return .outOfScope }
        return .found(plugin)
    }

    /// - Parameter number: ``RoutedPlugin/number``.
    func hasPlugin(_ number: UInt64) -> Bool { plugins.contains { $0.number == number } }

    func plugin(of endpoint: any PluginEndpoint) -> RoutedPlugin? { plugins.first { $0.endpoint === endpoint } }
}
