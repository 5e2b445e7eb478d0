// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore

/// A decoded request on its way through the gateway, on one thread. An object, so that passing it on copies nothing.
final class Call {
    let request: GotAPIRequest
    let requester: Requester
    let conditions: Gateway.Conditions
    let completion: Completion
    let allowedOrigin: String
    /// Present for plug-in requests that name one.
    let serviceID: String?
    /// Set as soon as the client is known.
    var signer: AnswerContext.Signer?

    /// `nil` for a plug-in's profile, and for none.
    let systemProfile: SystemProfile?

    init(
        request: GotAPIRequest, requester: Requester, allowedOrigin: String, conditions: Gateway.Conditions,
        completion: Completion
    ) {
        self.request = request
        self.requester = requester
        self.allowedOrigin = allowedOrigin
        self.conditions = conditions
        self.completion = completion
        systemProfile = SystemProfile(request.profile)
        let namesService = systemProfile == nil && !request.profile.isEmpty
        serviceID = namesService ? request.parameters["serviceId"] : nil
    }

    var parameters: Parameters { request.parameters }

    /// What the answer needs to know, as of now.
    var context: AnswerContext {
        AnswerContext(
            allowedOrigin: allowedOrigin, endsConnection: false, profile: request.profile, attribute: request.attribute,
            serviceID: serviceID, signer: signer)
    }

    /// From now on answers carry the proof that they come from the gateway that has this key, if the request asks for it.
    func sign(with key: ClientKey?) { signer = AnswerContext.Signer(key: key, nonce: parameters["nonce"]) }

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
