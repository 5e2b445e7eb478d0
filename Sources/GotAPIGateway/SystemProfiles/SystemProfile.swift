// Swift GotAPI · SPDX-License-Identifier: MIT

/// The profiles that the gateway answers for itself; all others are plug-ins'.
enum SystemProfile: Sendable {
    case availability
    case authorization
    /// `servicediscovery` and `serviceDiscovery`.
    case serviceDiscovery
    case networkServiceDiscovery

    init?(_ profile: String) {
        switch profile {
        case "availability": self = .availability
        case "authorization": self = .authorization
        case "servicediscovery", "serviceDiscovery": self = .serviceDiscovery
        case "networkServiceDiscovery": self = .networkServiceDiscovery
        default: return nil
        }
    }
}
