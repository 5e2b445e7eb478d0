// Swift GotAPI · SPDX-License-Identifier: MIT

/// What one child of the checker does with the library.
package enum ProbePhase: String, Sendable, CaseIterable {
    /// Calls the entry with other major versions than ours.
    case version
    /// Loads, starts and stops once.
    case describe
    /// Sends one message of each kind and waits for each answer; then stops with work in flight.
    case answer
    /// Sends random requests.
    case random
    /// Starts and stops again and again.
    case cycle
    /// Repeats the same requests, and looks at what grows.
    case grow

    /// What is looked at in it first of all: where the process ends inside it, that has failed.
    package var subject: PluginCheck {
        switch self {
        case .version: .hostVersion
        case .describe: .load
        case .answer: .answers
        case .random: .requests
        case .cycle: .cycles
        case .grow: .requests
        }
    }
}

/// How much is done and how long is waited. Times are milliseconds of real time.
package struct ProbeSettings: Sendable, Equatable {
    /// gotapi_plugin.h gives `start` 10 s.
    package var startLimit: UInt64 = 10_000
    /// And `stop` 2 s.
    package var stopLimit: UInt64 = 2_000
    /// How long a callback is waited for; one of 1 s blocks already.
    package var callbackLimit: UInt64 = 5_000
    /// For an answer from the plug-in's own threads.
    package var answerLimit: UInt64 = 2_000
    package var requests = 10_000
    /// The random requests end early where they take longer.
    package var requestsLimit: UInt64 = 30_000
    package var cycles = 100
    /// Requests in each of the five rounds in which nothing may grow.
    package var roundRequests = 2_000
    package var seed: UInt64
    /// Attributes to ask for, besides those that the library's own words suggest.
    package var attributes: [String] = []

    package init(seed: UInt64) { self.seed = seed }

    /// As the child's arguments.
    package var arguments: [String] {
        ([startLimit, stopLimit, callbackLimit, answerLimit, requestsLimit, seed]
            + [requests, cycles, roundRequests].map { UInt64($0) }).map { String($0) } + attributes
    }

    /// `nil` where they are none.
    package init?(arguments: some Collection<String>) {
        let numbers = arguments.prefix(9).compactMap { UInt64($0) }
        guard numbers.count == 9, numbers[6...].allSatisfy({ $0 < 1 << 32 }) else { return nil }
        self.init(seed: numbers[5])
        (startLimit, stopLimit, callbackLimit) = (numbers[0], numbers[1], numbers[2])
        attributes = Array(arguments.dropFirst(9))
        (answerLimit, requestsLimit) = (numbers[3], numbers[4])
        (requests, cycles, roundRequests) = (Int(numbers[6]), Int(numbers[7]), Int(numbers[8]))
    }
}
