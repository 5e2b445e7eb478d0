// Swift GotAPI · SPDX-License-Identifier: MIT

/// What is due when: a binary heap. What is done before its time stays until then and is found to be done.
struct DeadlineQueue<Subject: Sendable>: Sendable {
    private struct Entry: Sendable {
        let time: UInt64
        let subject: Subject
    }

    private var heap: [Entry] = []

    /// When something is due next.
    var next: UInt64? { heap.first?.time }

    mutating func add(_ subject: Subject, at time: UInt64) {
        heap.append(Entry(time: time, subject: subject))
        var index = heap.count - 1
        while index > 0, heap[(index - 1) / 2].time > heap[index].time {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Takes one that is due.
    mutating func take(now: UInt64) -> Subject? {
        guard let first = heap.first, first.time <= now, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first.subject }
        heap[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].time < heap[least].time
            {
                least = child
            }
            guard least != index else { return first.subject }
            heap.swapAt(index, least)
            index = least
        }
    }
}
