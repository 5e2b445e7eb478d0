// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import NIOCore

/// What the gateway's table says of a plug-in.
extension PluginSupervisor {
    struct Publication {
        /// Whom applications may be told of: the generation that runs or has run.
        var endpoint: HostedPlugin?
        /// Those that are no longer served and have not ended.
        var draining: [HostedPlugin] = []
        /// What becomes of the subscriptions of those before; the ones that have crashed are named once with their
        /// successor. The subscriptions of a generation that repeats requests safely wait as soon as it is away, whoever
        /// notices first.
        var successions: [EndpointChange.Succession] = []
    }

    func publication() -> Publication {
        state.withLockedValue { state in
            let current = state.current
            var publication = Publication(draining: state.replaced.map(\.plugin))
            guard !state.isRetired else { return publication }
            if current.hasRun { publication.endpoint = current }
            if !current.isReplayable { state.predecessors = [] }
            let isOnline = current.isOnline
            let before = state.predecessors + publication.draining.filter { $0.isReplayable && current.isReplayable }
            publication.successions = before.map { .init(predecessor: $0, successor: isOnline ? current : nil) }
            if isOnline { state.predecessors = [] }
            if current.isReplayable, !state.isQuarantined, !state.isStopped {
                publication.successions.append(.init(predecessor: current, successor: nil))
            }
            return publication
        }
    }

    /// The gateway's table says so now: whoever is no longer in it may end.
    func wasPublished(_ publication: Publication) {
        publication.endpoint?.wasPublished()
        let published = Set(publication.draining.map { ObjectIdentifier($0) })
        let ending = state.withLockedValue { state in
            state.replaced.indices.compactMap { index -> HostedPlugin? in
                guard published.contains(ObjectIdentifier(state.replaced[index].plugin)),
                    !state.replaced[index].isEnding
                else { return nil }
                state.replaced[index].isEnding = true
                return state.replaced[index].plugin
            }
        }
        for plugin in ending { end(plugin) }
    }

    /// Ends what was removed within a time: its device is wanted again.
    func hurry(within patience: Duration) -> EventLoopFuture<Void> {
        let plugins = state.withLockedValue { $0.replaced.map(\.plugin) }
        return .andAllComplete(
            plugins.map { plugin in
                plugin.drain(patience: patience).flatMap { plugin.stop(grace: PluginLifecycle.Timeout.stop) }
            }, on: eventLoop)
    }

    /// Lets a generation that gave way finish what it was asked, stops it and forgets it.
    private func end(_ plugin: HostedPlugin) {
        plugin.release()
        eventLoop.execute { [self] in plugin.own.value.onAnswer = { [weak self] in self?.changed() } }
        plugin.drain(patience: settings().responseTimeout)
            .flatMap { plugin.stop(grace: PluginLifecycle.Timeout.stop) }
            .whenComplete { [self] _ in forget(plugin) }
    }

    func forget(_ plugin: HostedPlugin) {
        let plan = state.withLockedValue { state -> GenerationPlan? in
            state.counters.add(plugin.traffic.withLockedValue(\.counters))
            guard let index = state.replaced.firstIndex(where: { $0.plugin === plugin }) else { return nil }
            let plan = state.replaced.remove(at: index).plan
            // Its last answers may have begun subscriptions that the gateway has not moved yet.
            if plugin.isReplayable, !state.isRetired { state.predecessors.append(plugin) }
            let isUsed =
                !state.isRetired && state.plan === plan || state.replacement?.plan === plan
                || state.replaced.contains { $0.plan === plan }
            guard !isUsed else { return nil }
            return plan
        }
        if let plan { retired(plan, plugin.stoppedInOrder) }
        changed()
    }
}
