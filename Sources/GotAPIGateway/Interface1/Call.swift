// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore

/// A decoded request on its way through the gateway.
struct Call: Sendable {
    let request: GotAPIRequest
    let requester: Requester
    let conditions: Gateway.Conditions
    let completion: Completion
    var context: AnswerContext

    /// `nil` for a plug-in's profile, and for none.
    let systemProfile: SystemProfile?

    init(
        request: GotAPIRequest, requester: Requester, allowedOrigin: String, conditions: Gateway.Conditions,
        completion: Completion
    ) {
        self.request = request
        self.requester = requester
        self.conditions = conditions
        self.completion = completion
        systemProfile = SystemProfile(request.profile)
        let namesService = systemProfile == nil && !request.profile.isEmpty
        context = AnswerContext(
            allowedOrigin: allowedOrigin, endsConnection: false, profile: request.profile, attribute: request.attribute,
            serviceID: namesService ? request.parameters["serviceId"] : nil)
    }

    var parameters: Parameters { request.parameters }

    /// Answers with an error at once.
    func fail(_ error: GatewayError) -> Cancellation? {
        completion(context.error(error))
        return nil
    }

    /// Answers with a success at once.
    func succeed(_ add: (inout JSONObjectWriter) -> Void = { _ in }) -> Cancellation? {
        completion(context.success(add))
        return nil
    }
}
