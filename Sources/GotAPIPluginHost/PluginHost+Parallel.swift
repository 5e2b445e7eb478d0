// Swift GotAPI · SPDX-License-Identifier: MIT

extension PluginHost {
    /// How many libraries are copied, checked and loaded at once.
    static let parallelism = 8

    /// Works on all elements, ``parallelism`` at once, and keeps their order.
    static func inParallel<Element: Sendable, Result: Sendable>(
        _ elements: [Element], _ work: @escaping @Sendable (Element) async -> Result
    ) async -> [Result] {
        await withTaskGroup(of: (Int, Result).self) { group in
            var results = [Result?](repeating: nil, count: elements.count)
            var next = 0
            for _ in 0..<min(parallelism, elements.count) {
                let index = next
                group.addTask { (index, await work(elements[index])) }
                next += 1
            }
            for await (index, result) in group {
                results[index] = result
                guard next < elements.count else { continue }
                let index = next
                group.addTask { (index, await work(elements[index])) }
                next += 1
            }
            return results.compactMap(\.self)
        }
    }
}
