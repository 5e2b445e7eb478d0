// Swift GotAPI · SPDX-License-Identifier: MIT

/// What an owner is told of a plug-in's crashes.
package struct CrashRecord: Sendable, Equatable {
    /// Since the gateway was started.
    package private(set) var count = 0
    /// How the last one came about.
    package private(set) var reason: String?
    /// The signal that ended its process, where one did (signal(7)).
    package internal(set) var signal: Int32?

    init() {}

    mutating func add(reason: String) {
        count += 1
        self.reason = reason
        signal = nil
    }
}
