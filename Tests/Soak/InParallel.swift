// Swift GotAPI · SPDX-License-Identifier: MIT

/// Does something `count` times, at most `width` of them at once.
///
/// - Parameter work: gets its number, from 0.
func inParallel(
    _ count: Int, width: Int = .max, _ work: @escaping @Sendable (_ number: Int) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        for number in 0..<count {
            if number >= width { try await tasks.next() }
            tasks.addTask { try await work(number) }
        }
        try await tasks.waitForAll()
    }
}
