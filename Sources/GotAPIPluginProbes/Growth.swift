// Swift GotAPI · SPDX-License-Identifier: MIT

/// Whether something grows with each round of the same work.
///
/// A leak grows in each round, by about the same; caches, pools and the allocator's own reserves grow once or by steps and
/// then stop. So it counts only what grew in every round behind the first two, which warm up, and by enough in all:
/// resident memory comes in pages, and the allocator takes them in steps of up to 132 KiB (mallopt(3), M_TOP_PAD).
struct Growth {
    /// Behind each round.
    private var values: [Int] = []

    mutating func add(_ value: Int) { values.append(value) }

    /// Whether there were rounds enough to tell.
    var isKnown: Bool { values.count >= 4 }

    /// How much it grew behind the second round, or `nil` where it did not grow each time or by less than `atLeast`.
    func steady(atLeast: Int) -> Int? {
        guard isKnown else { return nil }
        let counted = values[1...]
        guard zip(counted, counted.dropFirst()).allSatisfy({ $0 < $1 }), let first = counted.first,
            let last = counted.last, last - first >= atLeast
        else { return nil }
        return last - first
    }
}
