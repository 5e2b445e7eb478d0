// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

extension Soaks {
    /// Many things that update themselves, and applications that are told: nothing is lost, and each thing takes little.
    /// `script/bench things` prints what this prints, of a release build.
    @Suite struct ThingLoadTests {
        /// Bytes that one thing may take with its socket: issue 6.
        private static let memory = 20_000
        /// What swift-nio-ssl 2.37 has for each connection beside that, whatever is sent: 32 KiB to decrypt into, 16 KiB to
        /// encrypt into and 4 KiB for what waits (`NIOSSLHandler`). It cannot be told to have less. How much of it is
        /// resident depends on what was in that memory before.
        private static let buffersOfTLS = 53_328

        @Test(.timeLimit(.minutes(15)))
        func manyThingsUpdateThemselvesAndNoUpdateIsLost() async throws {
            let counts = SoakCounts.current
            let load = ThingLoad(
                things: counts.things, applications: counts.applications, seconds: counts.thingSeconds)
            let measurement = try await load.run()
            let (delays, acknowledgements) = (
                Distribution(measurement.delays), Distribution(measurement.acknowledgements)
            )
            print(
                """
                soak: \(load.things) things, one update a second each, for \(load.seconds) s, and \(load.applications) \
                applications: \(Int((measurement.processorUse * 100).rounded())) % of one core; \
                \(measurement.memory) bytes a thing when connected, at most \(Self.buffersOfTLS) of them buffers of its \
                TLS, \(measurement.memoryAtEnd) at the end with the applications; delivery \(delays); acknowledgement \(acknowledgements)
                """)
            #expect(measurement.delays.count == load.things * load.seconds)
            #expect(measurement.memory <= Self.memory + Self.buffersOfTLS)
        }
    }

    /// How durations are spread.
    private struct Distribution: CustomStringConvertible {
        private let sorted: [Duration]

        init(_ durations: [Duration]) { sorted = durations.sorted() }

        var description: String { "median \(at(0.5)), 99 % within \(at(0.99)), the slowest \(at(1))" }

        private func at(_ share: Double) -> String {
            guard !sorted.isEmpty else { return "-" }
            let duration = sorted[Int((Double(sorted.count - 1) * share).rounded())]
            return "\(Double(Int(duration / .microseconds(10))) / 100) ms"
        }
    }
}
