// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Whose services are whose, among plug-ins that are to run side by side.
struct ServiceClaims {
    /// A plug-in that runs, or is to run, or both.
    struct Party {
        let id: String
        /// What it serves now; `nil` where it does not run.
        let present: [Service]?
        /// What it would serve; `nil` where nothing of it changes.
        let wanted: [Service]?
    }

    private var owners = ServiceOwners()

    /// Takes a plug-in's services down as its own.
    ///
    /// - Returns: why it cannot run, where another has one of them; nothing of it is taken down then.
    mutating func add(_ services: [Service], of id: String) -> LoadFailure? {
        var tried = owners
        for service in services {
            guard let conflict = tried.add(service, of: id), conflict.owner != id else { continue }
            let profile = conflict.profile.isEmpty ? "no profile" : "\(conflict.profile.printable)"
            return LoadFailure(
                .duplicateService,
                "serves \(profile) of the service \(conflict.serviceID.printable), as \(conflict.owner) does: remove one"
            )
        }
        owners = tried
        return nil
    }

    /// Which of the wanted changes cannot be made, since another plug-in has the service. What runs comes first: a service
    /// passes from one plug-in to another only where the first gives it up.
    ///
    /// - Parameter parties: in scan order.
    /// - Returns: by id.
    static func refusals(among parties: [Party]) -> [String: LoadFailure] {
        var refusals: [String: LoadFailure] = [:]
        while true {
            var claims = ServiceClaims()
            // What runs on as it is has what it has; conflicts in it are older than this change.
            for party in parties where party.wanted == nil || refusals[party.id] != nil {
                _ = claims.add(party.present ?? [], of: party.id)
            }
            let before = refusals.count
            for party in parties where refusals[party.id] == nil {
                guard let wanted = party.wanted else { continue }
                if let failure = claims.add(wanted, of: party.id) { refusals[party.id] = failure }
            }
            // One that keeps its old services may now be in the way of another that was fine before.
            if refusals.count == before { return refusals }
        }
    }
}
