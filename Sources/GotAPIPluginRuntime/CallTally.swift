// Swift GotAPI · SPDX-License-Identifier: MIT

/// What a plug-in's calls of host functions came to, counted for whoever tests it. [any thread]
package final class CallTally: Sendable {
    package struct Call: Hashable, Sendable {
        /// The host function's name in the runtime: `returnMessage` for `return_message`.
        package let function: String
        /// One of `GOTAPI_…`, without that.
        package let status: String
    }

    private let counts = Monitor<[Call: Int]>([:])

    init() {}

    func count(_ function: StaticString, _ status: Status) {
        guard status != .ok else { return }
        let call = Call(function: "\(function)", status: status.name)
        counts.withLock { $0[call, default: 0] += 1 }
    }

    /// How often each call returned something else than OK.
    package var refused: [Call: Int] { counts.withLock { $0 } }
}
