// Swift GotAPI · SPDX-License-Identifier: MIT

/// What a plug-in does wrong again and again is said at once, and then at most once a minute with its count
/// (plugin-abi.md, "Misbehaviour and what it costs").
struct Complaints {
    enum Topic: Int, CaseIterable {
        case answeredTwice
        case unanswered
        case badMembers
        case holdsTooMuch
        case tooManySubscriptions
    }

    private static let pause: UInt64 = 60_000_000_000

    private struct Record {
        var count = 0
        var saidAt: UInt64?
    }

    private var records = [Record](repeating: Record(), count: Topic.allCases.count)

    /// Counts one more; returns how many there were since it was said last, where it is to be said now.
    mutating func count(_ topic: Topic, now: UInt64) -> Int? {
        records[topic.rawValue].count += 1
        if let saidAt = records[topic.rawValue].saidAt, now < saidAt + Self.pause { return nil }
        records[topic.rawValue].saidAt = now
        defer { records[topic.rawValue].count = 0 }
        return records[topic.rawValue].count
    }
}
