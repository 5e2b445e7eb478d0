// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

@testable import GotAPIAuthorization

@Suite struct OrderedIndexTests {
    @Test func itKeepsTheOrderOfEachKeyThroughRandomChanges() {
        var generator = Generator(state: 7)
        var index = OrderedIndex<Int>()
        var model: [Int: [UInt64]] = [:]
        for number in 1...3_000 as ClosedRange<UInt64> {
            let key = Int(generator.next() % 5)
            index.append(number, to: key)
            model[key, default: []].append(number)
            let other = Int(generator.next() % 5)
            if generator.next() % 3 > 0, let victim = model[other]?.randomElement(using: &generator) {
                index.remove(victim, from: other)
                model[other]?.removeAll { $0 == victim }
            }
            for key in 0..<5 {
                #expect(index.oldest(of: key) == model[key]?.first)
                #expect(index.newest(of: key) == model[key]?.last)
                #expect(index.count(of: key) == model[key]?.count ?? 0)
            }
        }
        #expect(index.count == model.values.map(\.count).reduce(0, +))
    }

    @Test func removingWhatIsNotThereChangesNothing() {
        var index = OrderedIndex<Int>()
        index.append(1, to: 0)
        index.remove(2, from: 0)
        #expect(index.oldest(of: 0) == 1)
    }

    /// A generator that repeats: a failure can be looked at again.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }
}
