// Swift GotAPI · SPDX-License-Identifier: MIT

/// The calls of `on_message` that are under way on threads that read requests (the inline lane), so that somebody else can
/// see how long each has lasted. Times are nanoseconds on CLOCK_MONOTONIC.
struct InlineCalls: Sendable, Equatable {
    private struct Call: Sendable, Equatable {
        var began: UInt64
        /// How many times ``patience`` were reported.
        var reports: UInt64 = 0
    }

    /// So many at once; more threads than that wait for the plug-in's own.
    static let limit = ActivityMark.places - 1
    /// So long a call may take. A thread that stands still for longer holds up all its connections.
    static let patience: UInt64 = 100_000_000

    private var calls = [Call?](repeating: nil, count: limit)
    private(set) var count = 0

    /// - Returns: the call's place, from 1; `nil` where there is none left.
    mutating func begin(now: UInt64) -> Int? {
        guard count < Self.limit, let place = calls.firstIndex(where: { $0 == nil }) else { return nil }
        calls[place] = Call(began: now)
        count += 1
        return place + 1
    }

    mutating func end(_ place: Int) {
        calls[place - 1] = nil
        count -= 1
    }

    /// How long those calls have lasted that have used up their patience, once more each time that they do.
    mutating func takeStandstills(now: UInt64) -> [UInt64] {
        guard count > 0 else { return [] }
        var standstills: [UInt64] = []
        for place in calls.indices {
            guard let call = calls[place], now > call.began else { continue }
            let duration = now - call.began
            guard duration / Self.patience > call.reports else { continue }
            calls[place]?.reports += 1
            standstills.append(duration)
        }
        return standstills
    }
}
