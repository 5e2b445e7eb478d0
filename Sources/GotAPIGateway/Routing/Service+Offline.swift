// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

extension Service {
    /// The same service while what serves it is away: it stays listed, with `online: false`.
    var offline: Service {
        guard isOnline, let members = try? JSONScanner.members(of: json) else { return self }
        var writer = JSONObjectWriter(capacity: json.count + 8)
        for member in members where member.name != "online" { writer.splice(member, of: json) }
        writer.add("online", json: Array("false".utf8))
        // Only the value of one member differs from what was read before, so this cannot fail.
        return (try? Service(writer.finished())) ?? self
    }
}
