// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

@testable import GotAPIServer

@Suite struct LeftMemoryTests {
    /// After how many looks memory is given back.
    private func looks(at counts: [Int]) -> [Int] {
        var memory = LeftMemory()
        return counts.indices.filter { memory.look(at: counts[$0]) }
    }

    @Test func aCrowdThatHasBeenGoneForTenLooksLeavesMemory() {
        #expect(looks(at: [5_000] + Array(repeating: 10, count: 30)) == [10])
    }

    @Test func aFewThatLeaveDoNot() {
        #expect(looks(at: [5_000] + Array(repeating: 4_001, count: 30)) == [])
    }

    @Test func aCrowdThatComesBackKeepsItsMemory() {
        let wave = [2_000] + Array(repeating: 0, count: 9)
        #expect(looks(at: wave + wave + wave) == [])
    }

    @Test func eachCrowdLeavesMemoryOnce() {
        let crowd = [1_500, 1_500] + Array(repeating: 0, count: 20)
        #expect(looks(at: crowd + crowd) == [11, 33])
    }

    @Test func whoLeavesAfterwardsCountsAnew() {
        let half = [9_000] + Array(repeating: 4_000, count: 20)
        #expect(looks(at: half + Array(repeating: 3_500, count: 20)) == [10])
        #expect(looks(at: half + Array(repeating: 3_000, count: 20)) == [10, 30])
    }
}
