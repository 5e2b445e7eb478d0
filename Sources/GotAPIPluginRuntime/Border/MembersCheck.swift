// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Whether bytes may be the members of an answer or a push: one JSON object (RFC 8259) of at most
/// ``Limits/pluginMembers`` bytes, nested at most ``Limits/jsonDepth`` deep.
enum MembersCheck {
    /// What a plug-in passed as members, copied.
    enum Outcome {
        case members([UInt8])
        case refused(Status, reason: String)
    }

    /// Copies and checks text that a plug-in passed.
    static func copy(_ start: UnsafePointer<CChar>?, _ length: UInt64) -> Outcome {
        guard length <= UInt64(Limits.pluginMembers) else {
            return .refused(.tooLarge, reason: "it has \(length) bytes, at most \(Limits.pluginMembers) are allowed")
        }
        guard length == 0 || start != nil else { return .refused(.invalidArgument, reason: "the text is NULL") }
        let members = [UInt8](UnsafeRawBufferPointer(start: start, count: Int(length)))
        if let (status, reason) = defect(of: members) { return .refused(status, reason: reason) }
        return .members(members)
    }

    static func defect(of members: [UInt8]) -> (Status, reason: String)? {
        guard members.count <= Limits.pluginMembers else {
            return (.tooLarge, "it has \(members.count) bytes, at most \(Limits.pluginMembers) are allowed")
        }
        guard members.withUnsafeBytes(isUTF8) else { return (.invalidArgument, "the text is not UTF-8") }
        let first = members.first { ![0x20, 0x0a, 0x0d, 0x09].contains($0) }
        guard first == UInt8(ascii: "{") else { return (.badJSON, "it is no JSON object") }
        do throws(JSONScanner.SyntaxError) { try JSONScanner.validate(members) } catch {
            return (.badJSON, "no valid JSON: \(error.reason), at byte \(error.offset)")
        }
        return nil
    }
}
