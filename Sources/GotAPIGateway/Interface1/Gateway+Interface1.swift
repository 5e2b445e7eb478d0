// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
package import GotAPICore
import NIOConcurrencyHelpers

/// GotAPI-1: gotapi-wire.md, "GotAPI-1 request". The checks stand in the order of its rule 1.
extension Gateway: Responder {
    package func respond(to request: WebRequest, completion: Completion) -> Cancellation? {
        let conditions = conditions
        guard let monitor = conditions.monitor else { return respond(to: request, conditions, completion) }
        monitor.received(request)
        let shown = Completion { response in
            monitor.sent(response)
            completion(response)
        }
        return respond(to: request, conditions, shown)
    }

    private func respond(to request: WebRequest, _ conditions: Conditions, _ completion: Completion) -> Cancellation? {
        let settings = conditions.settings
        let headers = RequestHeaders(request.headers)
        let origin = RequestOrigin(
            origin: headers.origin, isRepeated: headers.isOriginRepeated, referer: headers.referer,
            known: conditions.origins)
        let endsConnection = request.body == .tooLarge
        var early: AnswerContext { AnswerContext(allowedOrigin: origin.allowed, endsConnection: endsConnection) }

        guard settings.allowedAddresses.contains(request.source) else {
            completion(early.refusal(.addressNotAllowed))
            return nil
        }
        guard settings.isAuthorizationDisabled || origin.isAllowed(in: conditions.origins) else {
            completion(early.refusal(.originNotAllowed))
            return nil
        }
        guard let method = GotAPIRequest.Method(request.method) else {
            let isPreflight = request.method == "OPTIONS"
            completion(
                isPreflight
                    ? early.preflight(requestedHeaders: headers.requestedHeaders) : early.refusal(.methodNotAllowed))
            return nil
        }

        let decoded: GotAPIRequest
        do throws(GotAPIRequest.Failure) { decoded = try GotAPIRequest(method: method, request, headers) } catch {
            let context = AnswerContext(
                allowedOrigin: origin.allowed, endsConnection: endsConnection, profile: error.profile,
                attribute: error.attribute, serviceID: error.serviceID)
            completion(context.decodingError(Self.error(for: error.reason)))
            return nil
        }
        let call = Call(
            request: decoded,
            requester: Requester(origin: origin.text, address: request.source, connection: request.connection),
            allowedOrigin: origin.allowed, conditions: conditions, completion: completion)
        return dispatch(call)
    }

    private static func error(for reason: GotAPIRequest.Failure.Reason) -> GatewayError {
        switch reason {
        case .malformed(let text): GatewayError(.invalidParameter, text)
        case .tooLarge: .bodyTooLarge
        case .multipart: .multipart
        }
    }

    /// The gateway's own profiles, and all others, which are plug-ins'.
    private func dispatch(_ call: Call) -> Cancellation? {
        guard !call.conditions.isStopping else { return call.fail(.stopping) }
        guard !call.request.profile.isEmpty else { return call.fail(.noProfile) }
        switch call.systemProfile {
        case .availability: return availability(call)
        case .authorization: return authorization(call)
        case .serviceDiscovery, .networkServiceDiscovery: return serviceDiscovery(call)
        case nil: return pluginRequest(call)
        }
    }

    /// The client in whose name a request comes, by its token; the context signs from then on.
    ///
    /// - Returns: `nil` after the request was refused.
    func identify(_ call: Call) -> Client? {
        let token = call.parameters["accessToken"]
        let origin = call.requester.origin
        let time = now()
        var client = token.map(SecretHash.init).flatMap { token in
            authorization.withLockedValue { $0.client(token: token, origin: origin, now: time) }
        }
        if client == nil, call.conditions.settings.isAuthorizationDisabled { client = .debug }
        guard let client else {
            _ = call.fail(token?.isEmpty ?? true ? .noToken : .unknownToken)
            return nil
        }
        call.sign(with: client.key)
        return client
    }

    // MARK: - Answers that come later

    /// Waits for an answer.
    ///
    /// - Parameter endpoint: who is told if the client goes away before. It may not have the message yet; then it ignores
    ///   that, and does not get it any more.
    func begin(_ call: Call, endpoint: (any PluginEndpoint)?) -> UInt64 {
        exchanges.begin(call.context, endpoint: endpoint, completion: call.completion)
    }

    /// What the connection calls when its client is gone.
    func cancellation(of number: UInt64) -> Cancellation {
        Cancellation { [self] in
            guard let entry = exchanges.take(number) else { return }
            entry.endpoint?.cancel(number)
            if entry.hasSubscription { noteAnswer(number) }
        }
    }

    /// Answers a request that waits; nothing happens where it was answered before.
    ///
    /// - Parameter makeResponse: called on the connection's event loop.
    func finish(_ number: UInt64, with makeResponse: @escaping @Sendable (AnswerContext) -> WebResponse) {
        guard let entry = exchanges.take(number) else { return }
        finish(entry, with: makeResponse)
    }

    func finish(_ entry: Exchanges.Entry, with makeResponse: @escaping @Sendable (AnswerContext) -> WebResponse) {
        let exchange = entry.exchange
        exchange.completion(making: { makeResponse(exchange.context) })
        if entry.hasSubscription { noteAnswer(entry.exchange.number) }
    }

    private func noteAnswer(_ number: UInt64) {
        let time = now()
        events.perform { state in
            state.answered(message: number, now: time)
            return []
        }
    }
}
