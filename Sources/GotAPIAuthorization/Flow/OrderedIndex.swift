// Swift GotAPI · SPDX-License-Identifier: MIT

/// Lists of numbers, one for each key, in the order in which the numbers were appended.
///
/// Every operation takes constant time, whatever the length of a list. A number is in at most one of an index's lists and
/// is never 0.
struct OrderedIndex<Key: Hashable & Sendable>: Sendable {
    private struct List: Sendable {
        var oldest: UInt64
        var newest: UInt64
        var count: Int
    }

    private struct Links: Sendable {
        var previous: UInt64
        var next: UInt64
    }

    private var lists: [Key: List] = [:]
    private var links: [UInt64: Links] = [:]

    var count: Int { links.count }

    func oldest(of key: Key) -> UInt64? { lists[key]?.oldest }

    func newest(of key: Key) -> UInt64? { lists[key]?.newest }

    func count(of key: Key) -> Int { lists[key]?.count ?? 0 }

    mutating func append(_ number: UInt64, to key: Key) {
        if var list = lists[key] {
            links[list.newest]?.next = number
            links[number] = Links(previous: list.newest, next: 0)
            list.newest = number
            list.count += 1
            lists[key] = list
        } else {
            links[number] = Links(previous: 0, next: 0)
            lists[key] = List(oldest: number, newest: number, count: 1)
        }
    }

    /// Removes `number` from the list of `key`; nothing happens where it is not in it.
    mutating func remove(_ number: UInt64, from key: Key) {
        guard let link = links.removeValue(forKey: number), var list = lists[key] else { return }
        if link.previous != 0 { links[link.previous]?.next = link.next } else { list.oldest = link.next }
        if link.next != 0 { links[link.next]?.previous = link.previous } else { list.newest = link.previous }
        list.count -= 1
        lists[key] = list.count == 0 ? nil : list
    }
}

/// The key of an index that has one list.
enum Everything: Hashable, Sendable {
    case all
}
