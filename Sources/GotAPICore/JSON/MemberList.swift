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
    private var positions: [[UInt8]: Int] = [:]
    private let keepsRepeatedNames: Bool

    private static var comparedCount: Int { 16 }

    init(keepsRepeatedNames: Bool) { self.keepsRepeatedNames = keepsRepeatedNames }

    mutating func append(_ member: Member) {
        guard !keepsRepeatedNames else { return all.append(member) }
        if all.count == Self.comparedCount, positions.isEmpty {
            positions = Dictionary(uniqueKeysWithValues: all.enumerated().map { (Array($1.name.utf8), $0) })
        }
        if let index = position(of: member.name) {
            all[index] = member
        } else {
            if !positions.isEmpty { positions[Array(member.name.utf8)] = all.count }
            all.append(member)
        }
    }

    /// Names are compared as JSON has them, not as Swift compares texts: a letter and its accent are not the letter with it.
    private func position(of name: String) -> Int? {
        positions.isEmpty
            ? all.firstIndex { $0.name.utf8.elementsEqual(name.utf8) } : positions[Array(name.utf8)]
    }
}
