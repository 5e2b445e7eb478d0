// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore

/// Requests to plug-ins: gotapi-wire.md, "A plug-in request".
extension Gateway {
    func pluginRequest(_ call: Call) -> Cancellation? {
        guard let client = identify(call) else { return nil }
        guard let serviceID = call.serviceID, !serviceID.isEmpty else { return call.fail(.noServiceID) }
        let plugin: RoutedPlugin
        switch router.table.route(serviceID: serviceID, profile: call.request.profile) {
        case .unknownService: return call.fail(.unknownService)
        case .outOfScope: return call.fail(.outOfScope)
        case .found(let found): plugin = found
        }

        let number = begin(call, endpoint: plugin.endpoint)
        dispatch(message(number, call, client, serviceID), to: plugin)
        return cancellation(of: number)
    }

    /// Hands a request that waits for its answer to a plug-in, which has to accept its client before.
    func dispatch(_ message: PluginMessage, to plugin: RoutedPlugin) {
        let subject = Negotiations.Subject(
            client: message.client, plugin: plugin.number, serviceID: message.serviceID)
        switch negotiations.admit(message, subject) {
        case .accepted(let credentials): deliver(message, credentials, to: plugin)
        case .begins: negotiate(subject, in: message, with: plugin)
        case .waits: break
        case .tooManyWait: finish(message.id) { $0.error(.tooManyWaiting) }
        }
    }

    /// The application's own token, its nonce and its key are in no field and no parameter (plugin-abi.md, "The header").
    private func message(_ number: UInt64, _ call: Call, _ client: Client, _ serviceID: String) -> PluginMessage {
        PluginMessage(
            id: number, kind: .request, client: client.number, method: call.request.method.rawValue,
            serviceID: serviceID, profile: call.request.profile, attribute: call.request.attribute,
            package: call.requester.origin, receiver: call.conditions.settings.receiver,
            parameters: call.parameters.all.filter { !Self.isApplicationsOwn($0.name) },
            deadline: now() + call.conditions.responseTimeout)
    }

    private static func isApplicationsOwn(_ parameter: String) -> Bool {
        switch parameter {
        case "accessToken", "nonce", "key": true
        default: false
        }
    }

    private func deliver(_ message: PluginMessage, _ credentials: Negotiations.Credentials, to plugin: RoutedPlugin) {
        var message = message
        message.clientID = credentials.clientID
        message.accessToken = credentials.accessToken
        let number = message.id
        plugin.endpoint.deliver(message) { [self, message] reply in
            if reply == .superseded { return redispatch(message, from: plugin) }
            guard case .members(let members) = reply else {
                // Its request fails, so nothing that began in its name may go on, with a successor for example.
                events.perform { $0.endSubscriptions(ofMessage: number) }
                return finish(number) { $0.error(GatewayError(reply) ?? .unanswered) }
            }
            finish(number) { $0.answer(PluginAnswer(members)) }
        }
    }

    /// Routes a message anew that its plug-in has never seen: another generation, or nobody, has taken that one's place
    /// (plugin-abi.md, "Reload", step 3).
    private func redispatch(_ message: PluginMessage, from plugin: RoutedPlugin) {
        guard exchanges.isWaiting(message.id) else { return }
        switch router.table.route(serviceID: message.serviceID, profile: message.profile) {
        case .unknownService: finish(message.id) { $0.error(.unknownService) }
        case .outOfScope: finish(message.id) { $0.error(.outOfScope) }
        case .found(let next):
            let endpoint = next.endpoint
            // Requests are repeated to a plug-in that allows it, and to no other.
            let mayTake = !message.isReplay || endpoint.id == plugin.endpoint.id && endpoint.isReplayable
            guard endpoint !== plugin.endpoint, mayTake else { return finish(message.id) { $0.error(.stopped) } }
            exchanges.move(message.id, to: endpoint)
            dispatch(message, to: next)
        }
    }

    // MARK: - Negotiation

    /// Asks the plug-in whether it accepts the client at all, then whether it may have a token.
    ///
    /// - Parameter request: in whose name; both questions share its deadline.
    private func negotiate(_ subject: Negotiations.Subject, in request: PluginMessage, with plugin: RoutedPlugin) {
        let credentials = Negotiations.Credentials(
            clientID: secrets.value(for: "client id", plugin.endpoint.id, subject.client),
            accessToken: secrets.value(for: "access token", plugin.endpoint.id, subject.client))
        ask(.clientID, clientID: "", request, plugin) { [self] refusal in
            if let refusal { return settle(subject, plugin, refusal) }
            ask(.accessToken, clientID: credentials.clientID, request, plugin) { [self] refusal in
                if let refusal { return settle(subject, plugin, refusal) }
                let isCurrent = router.table.hasPlugin(subject.plugin)
                let waiting = negotiations.accept(subject, credentials: credentials, keeps: isCurrent)
                // It may have been replaced, and forgotten, in between.
                if isCurrent, !router.table.hasPlugin(subject.plugin) { negotiations.forget(plugins: [subject.plugin]) }
                for message in waiting where exchanges.isWaiting(message.id) {
                    deliver(message, credentials, to: plugin)
                }
            }
        }
    }

    private func ask(
        _ kind: PluginMessage.Kind, clientID: String, _ request: PluginMessage, _ plugin: RoutedPlugin,
        _ completion: @escaping @Sendable (Refusal?) -> Void
    ) {
        let message = PluginMessage(
            id: exchanges.makeNumber(), kind: kind, client: request.client, serviceID: request.serviceID,
            profile: "authorization", attribute: "createClient", package: request.package, clientID: clientID,
            receiver: request.receiver, deadline: request.deadline)
        plugin.endpoint.deliver(message) { reply in completion(Refusal(reply, to: kind)) }
    }

    /// The negotiation has failed: those who wait are told. Where the plug-in only was silent, those whose own deadline is
    /// later wait on in a new one.
    private func settle(_ subject: Negotiations.Subject, _ plugin: RoutedPlugin, _ refusal: Refusal) {
        if refusal.isSuperseded {
            for message in negotiations.takeWaiting(subject) { redispatch(message, from: plugin) }
            return
        }
        guard refusal.isTimeout else {
            for message in negotiations.takeWaiting(subject) { finish(message.id) { $0.error(refusal.error) } }
            return
        }
        let (overdue, next) = negotiations.takeOverdue(subject, now: now())
        for message in overdue { finish(message.id) { $0.error(refusal.error) } }
        if let next { negotiate(subject, in: next, with: plugin) }
    }
}

/// Why a plug-in was not won over for a client.
private struct Refusal: Sendable {
    let error: GatewayError
    let isTimeout: Bool
    let isSuperseded: Bool

    /// `nil` where the reply accepts.
    init?(_ reply: PluginReply, to kind: PluginMessage.Kind) {
        isTimeout = reply == .timeout
        isSuperseded = reply == .superseded
        guard case .members(let members) = reply else {
            error = GatewayError(reply) ?? .unanswered
            return
        }
        guard members.count <= Limits.pluginMembers, let scanned = try? JSONScanner.members(of: members) else {
            error = .unanswered
            return
        }
        // Absent means accepted; whatever is not `true` refuses, so that no mistake opens a door.
        let accept = scanned.first { $0.name == "accept" }
        guard let accept, !members[accept.value].elementsEqual("true".utf8) else { return nil }
        let given = scanned.first { $0.name == "errorMessage" }.flatMap { Self.text(members[$0.value]) }
        error =
            switch kind {
            case .accessToken: GatewayError(.invalidToken, given ?? "The plug-in refused an access token.")
            default: GatewayError(.invalidClientID, given ?? "The plug-in refused this application.")
            }
    }

    /// A text that says something.
    private static func text(_ json: ArraySlice<UInt8>) -> String? {
        guard json.first == UInt8(ascii: "\""), let text = (try? JSONNode(parsing: Array(json)))?.text,
            text.contains(where: { !$0.isWhitespace })
        else { return nil }
        return text
    }
}
