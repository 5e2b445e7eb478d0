// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore

/// The generations that one reload brings up, and why some of them are not served. Each step is done for all at once; who
/// fails is out, and what ran before it goes on.
struct ReloadRound {
    /// A generation that may take another's place, or be added.
    struct Candidate: Sendable {
        /// Of the file, in scan order.
        let index: Int
        let supervisor: PluginSupervisor
        let plan: GenerationPlan
        let isReplacement: Bool
    }

    private(set) var candidates: [Candidate] = []
    /// Those that are out.
    private(set) var failed: [(candidate: Candidate, hosted: HostedPlugin?)] = []
    /// By the file's index.
    private(set) var failures: [Int: LoadFailure] = [:]

    mutating func add(_ candidate: Candidate) { candidates.append(candidate) }

    mutating func refuse(_ index: Int, _ failure: LoadFailure) { failures[index] = failure }

    /// Lets all candidates take a step, at once.
    ///
    /// - Parameters:
    ///   - exempt: ids of plug-ins that do not take this one.
    ///   - step: says why a candidate fails, or `nil`.
    mutating func attempt(
        except exempt: Set<String> = [], _ step: @escaping @Sendable (Candidate) async -> LoadFailure?
    ) async {
        let outcomes = await PluginHost.inParallel(candidates.filter { !exempt.contains($0.plan.id) }) {
            ($0, await step($0))
        }
        let failing = outcomes.compactMap { candidate, failure in failure.map { (candidate, $0) } }
        for (candidate, failure) in failing { failures[candidate.index] = failure }
        candidates.removeAll { failures[$0.index] != nil }
        failed += failing.map { ($0.0, $0.0.hosted) }
        // What has failed may take its time to end: not one after another.
        _ = await PluginHost.inParallel(failing) { candidate, failure in await candidate.giveUp(failure) }
    }
}

extension ReloadRound.Candidate {
    /// What it would serve, once it is loaded.
    var services: [Service] { hosted?.presentServices ?? [] }

    var hosted: HostedPlugin? { isReplacement ? supervisor.replacement : supervisor.current }

    func load() async -> LoadFailure? {
        if isReplacement { return await supervisor.loadReplacement(plan).failure }
        await supervisor.load().value
        return supervisor.current.state == .loaded ? nil : supervisor.current.startFailure
    }

    func start() async -> LoadFailure? {
        if isReplacement { return await supervisor.startReplacement().failure }
        await supervisor.start().value
        return supervisor.current.state == .running ? nil : supervisor.current.startFailure
    }

    func commit() async -> LoadFailure? {
        isReplacement ? await supervisor.commitReplacement().failure : nil
    }

    func giveUp(_ failure: LoadFailure) async {
        if isReplacement { return await supervisor.abandonReplacement(plan, failure).value }
        await supervisor.reject(failure).value
    }
}

extension EventLoopFuture where Value == LoadFailure? {
    /// Waits for a future that never fails.
    var failure: LoadFailure? {
        get async {
            // Only success completes the futures of this module.
            try? await get()
        }
    }
}
