// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore
import NIOConcurrencyHelpers

/// The profiles `availability` and `authorization`: GotAPI-2, served on GotAPI-1 (gotapi-wire.md, "Authorization").
extension Gateway {
    func availability(_ call: Call) -> Cancellation? {
        guard let key = call.parameters["key"], !key.isEmpty else { return call.fail(.noKey) }
        let clientKey = ClientKey(key)
        let time = now()
        authorization.withLockedValue { $0.register(clientKey, call.requester, now: time) }
        return call.succeed()
    }

    func authorization(_ call: Call) -> Cancellation? {
        switch call.request.attribute {
        case "grant": grant(call)
        case "accesstoken": accessToken(call)
        default: call.fail(.noSuchAttribute)
        }
    }

    private func grant(_ call: Call) -> Cancellation? {
        let keyID = call.parameters["keyId"].flatMap { $0.isEmpty ? nil : $0 }
        let time = now()
        let grant = authorization.withLockedValue { $0.grant(keyID: keyID, call.requester, now: time) }
        guard let grant else { return call.fail(.noPendingClient) }
        call.sign(with: grant.key)
        return call.succeed { $0.add("clientId", grant.clientID) }
    }

    private func accessToken(_ call: Call) -> Cancellation? {
        let time = now()
        let outcome = authorization.withLockedValue { state in
            Result { () throws(AuthorizationState.TokenRefusal) in
                try state.issueToken(
                    clientID: call.parameters["clientId"], scope: call.parameters["scope"], call.requester, now: time)
            }
        }
        switch outcome {
        case .success(let issue):
            end(clients: issue.ended)
            call.sign(with: issue.client.key)
            return call.succeed { $0.add("accessToken", issue.accessToken) }
        case .failure(.noPendingClient): return call.fail(.noPendingClient)
        case .failure(.wrongClientID): return call.fail(.wrongClientID)
        case .failure(.badScope): return call.fail(.badScope)
        }
    }
}
