// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIStorage

/// A registered thing and the last that is known of it.
struct Thing: Sendable, Equatable {
    let name: ThingName
    let serviceID: String
    /// The prototype's path.
    var prototype: String
    /// What it calls itself.
    var ownName: String
    /// What the owner calls it.
    var ownerName: String?
    var status: String
    /// In the order in which the properties came.
    var info: [JSONNode.Member]
    /// Milliseconds since 1970; never in our future.
    var updated: Int64
    /// Who made it and which model it is.
    var maker: String
    var model: String

    var shownName: String { ownerName ?? ownName }

    var record: ThingRecord {
        ThingRecord(
            pairing: name.pairing, udn: name.udn, prototype: prototype, name: ownName, ownerName: ownerName,
            status: status, info: JSONNode(.object(info)).bytes, updated: updated, maker: maker, model: model)
    }

    /// The object that applications see.
    ///
    /// - Parameter info: of all properties, or of those that have changed.
    func json(info: [JSONNode.Member]) -> JSONNode {
        [
            "name": JSONNode(.text(shownName)), "status": JSONNode(.text(status)),
            "updated": JSONNode(.number(String(updated))), "info": JSONNode(.object(info)),
        ]
    }

    var json: JSONNode { json(info: info) }

    /// Takes in properties: a value replaces the one that is there, `null` clears it.
    ///
    /// - Returns: those that were another value before.
    mutating func merge(_ members: [JSONNode.Member]) -> [JSONNode.Member] {
        var changed: [JSONNode.Member] = []
        for member in members {
            let index = info.firstIndex { $0.name == member.name }
            if member.value.content == .null {
                guard let index else { continue }
                info.remove(at: index)
            } else if let index {
                guard !info[index].value.isSame(as: member.value) else { continue }
                info[index] = JSONNode.Member(name: member.name, value: member.value)
            } else {
                info.append(JSONNode.Member(name: member.name, value: member.value))
            }
            changed.append(member)
        }
        return changed
    }
}

extension JSONNode {
    /// Whether both are written alike, wherever they stand in their texts.
    func isSame(as other: JSONNode) -> Bool {
        switch (content, other.content) {
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { $0.name == $1.name && $0.value.isSame(as: $1.value) }
        default: content == other.content
        }
    }
}
