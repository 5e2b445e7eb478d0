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
    private(set) var info: [JSONNode.Member]
    /// The bytes of `info` as JSON.
    private(set) var infoSize: Int
    /// Milliseconds since 1970; never in our future.
    var updated: Int64
    /// Who made it and which model it is.
    var maker: String
    var model: String

    init(
        name: ThingName, serviceID: String, prototype: String, ownName: String, ownerName: String?, status: String,
        info: [JSONNode.Member], updated: Int64, maker: String, model: String
    ) {
        self.name = name
        self.serviceID = serviceID
        self.prototype = prototype
        self.ownName = ownName
        self.ownerName = ownerName
        self.status = status
        self.info = info
        infoSize = info.reduce(1) { $0 + Self.size(of: $1) }
        self.updated = updated
        self.maker = maker
        self.model = model
    }

    var shownName: String { ownerName ?? ownName }

    /// What is kept of it, in bytes.
    var storedSize: Int {
        [name.udn, ownName, ownerName ?? "", status, maker, model].reduce(infoSize) { $0 + $1.utf8.count }
    }

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

    /// Takes in properties: a value replaces the one that is there, `null` clears it. What it takes grows with the sum of
    /// both, not with their product.
    ///
    /// - Returns: whether any was another value before.
    mutating func merge(_ members: [JSONNode.Member]) -> Bool {
        var merged: [JSONNode.Member?] = info
        // Few are compared faster than hashed.
        let isHashed = members.count > 8
        var positions: [String: Int] = [:]
        if isHashed { for (index, member) in info.enumerated() { positions[member.name] = index } }
        var isChanged = false
        for member in members {
            let index = isHashed ? positions[member.name] : merged.firstIndex { $0?.name == member.name }
            let known = index.flatMap { merged[$0] }
            let isCleared = member.value.content == .null
            guard isCleared ? known != nil : known?.value.isSame(as: member.value) != true else { continue }
            isChanged = true
            infoSize -= known.map(Self.size) ?? 0
            let value = isCleared ? nil : JSONNode.Member(name: member.name, value: member.value)
            infoSize += value.map(Self.size) ?? 0
            if let index, known != nil {
                merged[index] = value
            } else {
                positions[member.name] = merged.count
                merged.append(value)
            }
        }
        if isChanged { info = merged.compactMap(\.self) }
        return isChanged
    }

    /// The bytes of a property as JSON, with what parts it from the next.
    private static func size(of member: JSONNode.Member) -> Int { JSONNode(.object([member])).bytes.count - 1 }
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
