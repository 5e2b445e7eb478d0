// Swift GotAPI · SPDX-License-Identifier: MIT

/// First in, first out. An array whose front is taken off by counting.
struct Queue<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { head == elements.count }

    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head].take()
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: elements.capacity <= 1_024)
            head = 0
        } else if head >= 512, head * 2 >= elements.count {
            // Paid for by the elements that were taken: never more than they were.
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Takes everything out, oldest first.
    mutating func popAll() -> [Element] {
        defer { self = Queue() }
        return elements[head...].compactMap(\.self)
    }
}
