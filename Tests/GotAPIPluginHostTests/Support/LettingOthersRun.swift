// Swift GotAPI · SPDX-License-Identifier: MIT

/// Lets others run, in a loop that waits for a condition.
///
/// - Throws: where the test's time is over: such a loop would else take a core for ever.
func letOthersRun() async throws {
    try Task.checkCancellation()
    await Task.yield()
}
