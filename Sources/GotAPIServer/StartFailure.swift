// Swift GotAPI · SPDX-License-Identifier: MIT

/// Why the gateway could not start: cause and remedy in words. The process ends with status 1.
package struct StartFailure: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ error: some Error) {
        description = "\(error)"
    }

    /// Turns a part's own error into a ``StartFailure``.
    static func wrapping<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(StartFailure) -> Result {
        do throws(Failure) { return try body() } catch { throw StartFailure(error) }
    }
}
