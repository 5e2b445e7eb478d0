// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIPluginDriver
import GotAPIPluginRuntime

extension PluginProbe {
    /// Random requests; the plug-in's time goes on by a quarter of a second with each hundred.
    func probeRandomRequests() {
        guard let (plugin, descriptor) = makePlugin(), start(plugin) else { return }
        var slowest = Slowest()
        let services = discover(plugin, descriptor, &slowest)
        var requests = RandomRequests(
            seed: settings.seed, services: services, words: LibraryWords.find(in: subject, services: services),
            attributes: settings.attributes)
        let begin = Self.now
        var badBefore = 0
        for count in 1...max(1, settings.requests) {
            let request = requests.request()
            let number = send(request, to: plugin, &slowest)
            if plugin.takeOutcome(of: number) == .unanswered || plugin.misdeeds.badMembers > badBefore,
                !request.isHuge
            {
                sayUnanswered(request, number: count)
            }
            badBefore = plugin.misdeeds.badMembers
            if count % 100 == 0 {
                plugin.advance(milliseconds: 250)
                // A gateway ends a client's subscriptions from the 256th on: they must not pile up here either.
                plugin.unsubscribe(client: nil, reason: .clientGone)
                plugin.forgetOutcomes()
            }
            // Often, since the machine has to stand it.
            if count % 4 == 0, ProcessCounts.children >= Self.manyProcesses {
                sayProcesses()
                finish()
            }
            if Self.now - begin > settings.requestsLimit {
                record.write(.note("random requests ended after \(count) of \(settings.requests): they take too long"))
                break
            }
        }
        sayBlocking(slowest)
        // That values of 64 KiB cannot be sent back is no fault; what else is no JSON was told above.
        sayMisdeeds(plugin, ofMembers: false)
        finished(.requests, .log, .pushes)
        stop(plugin, .stopInFlight)
        sayProcesses()
        finished(.processes)
    }

    /// Far fewer than the 512 processes and threads that a plug-in's cage has room for.
    private static let manyProcesses = 64

    private func sayProcesses() {
        let count = ProcessCounts.children
        guard count > 0 else { return }
        found(
            .processes, "\(count) programs that the plug-in has started are still running, or were not waited for",
            "wait for each program (waitpid), and end those that run on in stop")
    }

    private func sayUnanswered(_ request: PluginMessage, number: Int) {
        found(
            .requests, "request \(number) of seed \(settings.seed) gets no valid answer: \(request.described)",
            "answer every request; what is not understood gets gotapi_return_error")
        finish()
    }

    // MARK: - Cycles

    /// Starts, asks and stops, again and again.
    func probeCycles() {
        guard let (plugin, descriptor) = makePlugin() else { return }
        var slowest = Slowest()
        var memory = Growth()
        var descriptors = Growth()
        var threads = Growth()
        let part = max(1, settings.cycles / 5)
        let begin = Self.now
        for cycle in 1...max(5, settings.cycles) {
            guard start(plugin, .cycles) else { return }
            let services = discover(plugin, descriptor, &slowest)
            for request in plainRequests(services).prefix(8) { _ = send(request, to: plugin, &slowest) }
            stop(plugin, .cycles)
            if cycle % part == 0 {
                memory.add(ProcessCounts.residentBytes)
                descriptors.add(ProcessCounts.descriptors)
                threads.add(ProcessCounts.threads)
            }
            if Self.now - begin > settings.requestsLimit {
                record.write(.note("cycles ended after \(cycle) of \(settings.cycles): they take too long"))
                break
            }
        }
        if let growth = threads.steady(atLeast: 3) {
            found(
                .threads, "each stop leaves threads behind: \(growth) more after \(settings.cycles) cycles",
                "join the plug-in's own threads in stop")
        }
        finished(.cycles)
        if threads.isKnown { finished(.threads) }
        say(memory: memory, descriptors: descriptors, of: "starting and stopping \(settings.cycles) times")
    }

    // MARK: - Growth

    /// The same requests in five rounds; between them everything is let go of.
    func probeGrowth() {
        guard let (plugin, descriptor) = makePlugin(), start(plugin) else { return }
        var slowest = Slowest()
        let services = discover(plugin, descriptor, &slowest)
        let words = LibraryWords.find(in: subject, services: services)
        var memory = Growth()
        var descriptors = Growth()
        let begin = Self.now
        rounds: for _ in 0..<5 {
            var requests = RandomRequests(
                seed: settings.seed, services: services, words: words, attributes: settings.attributes)
            for count in 0..<settings.roundRequests {
                if count % 100 == 99 { plugin.unsubscribe(client: nil, reason: .clientGone) }
                let number = send(requests.request(), to: plugin, &slowest)
                _ = plugin.takeOutcome(of: number)
                if Self.now - begin > settings.requestsLimit { break rounds }
            }
            plugin.unsubscribe(client: nil, reason: .clientGone)
            plugin.advance(milliseconds: 61_000)
            plugin.forgetOutcomes()
            memory.add(ProcessCounts.residentBytes)
            descriptors.add(ProcessCounts.descriptors)
        }
        say(memory: memory, descriptors: descriptors, of: "the same \(settings.roundRequests) requests in each round")
        if memory.isKnown { finished(.memory, .descriptors) }
        stop(plugin, .stopInFlight)
    }

    private func say(memory: Growth, descriptors: Growth, of work: String) {
        guard memory.isKnown else {
            return record.write(.note("what grows was not measured, it takes too long: \(work)"))
        }
        if let growth = memory.steady(atLeast: 256 << 10) {
            found(
                .memory, "resident memory grew by \(growth >> 10) KiB, without end: \(work)",
                "free what was allocated; run the plug-in's tests under -fsanitize=address or valgrind")
        }
        if let growth = descriptors.steady(atLeast: 3) {
            found(.descriptors, "\(growth) more descriptors are open, without end: \(work)", "close what was opened")
        }
    }
}
