// Swift GotAPI · SPDX-License-Identifier: MIT

/// What ``MemberList`` holds.
protocol NamedMember {
    var name: String { get }
}

/// An object's members, in order. A name that occurs again replaces the first, or, where repeated names are kept, stands
/// there again.
struct MemberList<Member: NamedMember> {
    private(set) var all: [Member] = []
    /// Where each name is. Few members: comparing beats hashing. Many: hashing keeps a hostile object linear.
    private var positions: [String: Int] = [:]
    private let keepsRepeatedNames: Bool

    private static var comparedCount: Int { 16 }

    init(keepsRepeatedNames: Bool) { self.keepsRepeatedNames = keepsRepeatedNames }

    mutating func append(_ member: Member) {
        guard !keepsRepeatedNames else { return all.append(member) }
        if all.count == Self.comparedCount, positions.isEmpty {
            positions = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })
        }
        if let index = positions.isEmpty ? all.firstIndex(where: { $0.name == member.name }) : positions[member.name] {
            all[index] = member
        } else {
            if !positions.isEmpty { positions[member.name] = all.count }
            all.append(member)
        }
    }
}
