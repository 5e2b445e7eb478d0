// Swift GotAPI · SPDX-License-Identifier: MIT

/// Who has which service: a serviceId and a profile together belong to one plug-in
/// (gotapi-wire.md, "Service discovery").
package struct ServiceOwners: Sendable {
    /// Two services with one id and a profile in common.
    package struct Conflict: Sendable, Equatable, CustomStringConvertible {
        package let serviceID: String
        package let profile: String
        /// The id of the plug-in that has it.
        package let owner: String

        package init(serviceID: String, profile: String, owner: String) {
            self.serviceID = serviceID
            self.profile = profile
            self.owner = owner
        }

        package var description: String { "service \(serviceID) with profile \(profile) belongs to \(owner)" }
    }

    /// By serviceId, then by profile.
    private var owners: [String: [String: String]] = [:]

    package init() {}

    /// Takes the service down as its plug-in's, unless that or another plug-in has it already.
    package mutating func add(_ service: Service, of plugin: String) -> Conflict? {
        let profiles = service.routes
        for profile in profiles {
            guard let owner = owners[service.serviceID]?[profile] else { continue }
            return Conflict(serviceID: service.serviceID, profile: profile, owner: owner)
        }
        for profile in profiles { owners[service.serviceID, default: [:]][profile] = plugin }
        return nil
    }
}
