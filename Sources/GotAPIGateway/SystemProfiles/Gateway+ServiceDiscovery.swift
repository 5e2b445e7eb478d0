// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore

/// The profiles `servicediscovery`, `serviceDiscovery` and `networkServiceDiscovery`: gotapi-wire.md, "Service discovery".
extension Gateway {
    /// How long a plug-in may stay silent, in nanoseconds.
    static let discoveryPatience: UInt64 = 8_000_000_000

    func serviceDiscovery(_ call: Call) -> Cancellation? {
        let isReading = call.request.method == .get || call.request.method == .post
        if call.systemProfile == .networkServiceDiscovery {
            guard call.request.attribute == "getNetworkServices" else { return call.fail(.noSuchAttribute) }
            guard isReading else { return call.fail(.discoveryMethod) }
        } else if !isReading, call.request.attribute != "onServiceChange" {
            return call.fail(.noSuchAttribute)
        }
        guard let client = identify(call) else { return nil }
        if isReading { return discover(call) }

        let time = now()
        let watches = call.request.method == .put
        events.perform { state in
            state.setWatchesServices(client.number, watches, now: time)
            return []
        }
        return call.succeed()
    }

    /// Asks all endpoints at once and answers when each has answered or stayed silent for 8 s.
    private func discover(_ call: Call) -> Cancellation? {
        let context = AnswerContext(
            allowedOrigin: call.allowedOrigin, endsConnection: false, profile: "networkServiceDiscovery",
            attribute: "getNetworkServices", signer: call.signer)
        let number = exchanges.begin(context, endpoint: nil, completion: call.completion)
        let plugins = router.table.plugins
        let remaining = Countdown(plugins.count) { [self] in
            let table = router.table
            finish(number) { context in context.success { $0.add("services", json: table.servicesJSON) } }
        }
        for plugin in plugins { ask(plugin, package: call.requester.origin) { remaining.countDown() } }
        return cancellation(of: number)
    }

    // MARK: - Asking an endpoint

    /// Asks an endpoint for its services, or waits for the answer that it owes already.
    ///
    /// - Parameter completion: called when it has answered and its answer counts, or when its time is over.
    private func ask(_ plugin: RoutedPlugin, package: String, _ completion: @escaping @Sendable () -> Void) {
        guard discoveries.begin(plugin.number, completion) else { return }
        let message = PluginMessage(
            id: exchanges.makeNumber(), kind: .serviceDiscovery, profile: "networkServiceDiscovery",
            attribute: "getNetworkServices", package: package, receiver: conditions.settings.receiver,
            deadline: now() + Self.discoveryPatience)
        plugin.endpoint.deliver(message) { [self] reply in
            if case .members(let members) = reply { takeOver(members, from: plugin.endpoint) }
            for completion in discoveries.end(plugin.number) { completion() }
        }
    }

    private func takeOver(_ members: [UInt8], from endpoint: any PluginEndpoint) {
        // Nearly always: then a thousand services need not be read again.
        guard !router.knows(members, of: endpoint) else { return }
        guard members.count <= Limits.pluginMembers, let scanned = try? JSONScanner.members(of: members) else {
            return router.report("its answer to a discovery is no JSON object", of: endpoint)
        }
        guard let services = scanned.first(where: { $0.name == "services" }) else { return }
        route(Array(members[services.value]), answer: members, to: endpoint)
    }

    /// Routes the services that an endpoint says it has, and tells applications what has changed.
    ///
    /// - Parameters:
    ///   - services: a JSON array, hostile.
    ///   - answer: the members of the discovery's answer, if they came with one.
    func route(_ services: [UInt8], answer: [UInt8] = [], to endpoint: any PluginEndpoint) {
        router.announce(services, answer: answer, by: endpoint) { push($0.changes) }
        events.performDecided()
    }

    /// An endpoint says that its services have changed: it is asked, but at most once a second.
    func noteServiceChange(of endpoint: any PluginEndpoint) {
        guard let plugin = router.table.plugin(of: endpoint) else { return }
        discoveries.noteChange(of: plugin.number)
        askChangedEndpoints(now: now())
    }

    func askChangedEndpoints(now: UInt64) {
        let due = discoveries.takeChanged(now: now)
        guard !due.isEmpty else { return }
        for plugin in router.table.plugins where due.contains(plugin.number) { ask(plugin, package: "") {} }
    }

    // MARK: - Telling applications

    /// Called with the router's lock held: the pushes leave with ``EventHub/performDecided()``.
    func push(_ changes: [Router.Change]) {
        for change in changes {
            events.decide { ((), $0.serviceChanged(PushText.serviceChange(change))) }
        }
    }
}
