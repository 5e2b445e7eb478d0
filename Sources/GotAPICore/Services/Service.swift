// Swift GotAPI · SPDX-License-Identifier: MIT

/// A service as its plug-in describes it: node-gotapi's README, "Defining the services which your Plug-In serves".
package struct Service: Sendable, Equatable {
    package let serviceID: String
    package let name: String
    package let isOnline: Bool
    /// The profiles that it answers.
    package let scopes: [String]
    /// The object as the plug-in gave it, custom members included: what applications get to see.
    package let json: [UInt8]

    private static let knownMembers: Set<String> = ["serviceId", "name", "online", "scopes"]

    /// Why a service object is left out, in words for the log.
    package struct Defect: Error, Equatable, Sendable {
        package let reason: String

        package init(reason: String) { self.reason = reason }
    }

    /// Reads one service object.
    ///
    /// - Throws: ``Defect`` where it is no object or lacks a well-formed `serviceId`, `name`, `online` or `scopes`.
    package init(_ json: [UInt8]) throws(Defect) {
        var known: [String: JSONNode] = [:]
        do throws(JSONScanner.SyntaxError) {
            // Custom members may be large and stay text.
            for member in try JSONScanner.members(of: json) where Self.knownMembers.contains(member.name) {
                known[member.name] = try JSONNode(parsing: Array(json[member.value]))
            }
        } catch {
            throw Defect(reason: "no service object: \(error.reason) at byte \(error.offset)")
        }
        guard let serviceID = known["serviceId"]?.text, !serviceID.isEmpty else {
            throw Defect(reason: "a service needs a serviceId that is a non-empty text")
        }
        guard let name = known["name"]?.text else {
            throw Defect(reason: "service \(serviceID) needs a name that is a text")
        }
        guard let isOnline = known["online"]?.boolean else {
            throw Defect(reason: "service \(serviceID) needs online, true or false")
        }
        guard let scopes = known["scopes"]?.array?.map(\.text), !scopes.contains(nil) else {
            throw Defect(reason: "service \(serviceID) needs scopes, an array of texts")
        }
        self.serviceID = serviceID
        self.name = name
        self.isOnline = isOnline
        self.scopes = scopes.compactMap(\.self)
        self.json = json
    }

    /// Reads an array of service objects; those that are not well-formed are left out and returned with the reason.
    ///
    /// - Throws: ``Defect`` where `json` is no array.
    package static func list(_ json: [UInt8]) throws(Defect) -> (services: [Service], defects: [Defect]) {
        let ranges: [Range<Int>]
        do throws(JSONScanner.SyntaxError) { ranges = try JSONScanner.elements(of: json) } catch {
            throw Defect(reason: "services: \(error.reason) at byte \(error.offset)")
        }
        var services: [Service] = []
        var defects: [Defect] = []
        for range in ranges {
            do throws(Defect) { services.append(try Service(Array(json[range]))) } catch { defects.append(error) }
        }
        return (services, defects)
    }

    /// The names under which it is found, each as ``canonical(_:)`` has it. One without scopes has the empty one, so that it
    /// is known at all.
    package var routes: [String] { scopes.isEmpty ? [""] : scopes.map(Self.canonical) }

    /// `serviceinformation` and `serviceInformation` are one profile; other names are case-sensitive.
    package static func canonical(_ profile: String) -> String {
        profile == "serviceInformation" ? "serviceinformation" : profile
    }
}
