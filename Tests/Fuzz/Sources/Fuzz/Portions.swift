// Swift GotAPI · SPDX-License-Identifier: MIT

/// Bytes as they may come from a socket: cut anywhere, but the same bytes always at the same places.
struct Portions: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>
    /// The state of a linear congruential generator; 0 where nothing is cut.
    private var state: UInt64

    static func whole(_ bytes: [UInt8]) -> Portions { Portions(rest: bytes[...], state: 0) }

    static func cut(_ bytes: [UInt8]) -> Portions {
        Portions(rest: bytes[...], state: bytes.reduce(1) { $0 &* 31 &+ UInt64($1) } | 1)
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        var count = rest.count
        if state != 0 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // Mostly a few bytes, now and then many.
            count = state >> 60 == 0 ? Int(state >> 40 & 0xfff) + 1 : Int(state >> 56 & 0xf) + 1
        }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
