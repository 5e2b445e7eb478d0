// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// An error that the gateway itself answers with: code, status and a sentence.
struct GatewayError: Error, Equatable, Sendable {
    let code: ErrorCode
    let status: Int
    /// What follows the `[NAME]` in `errorMessage`; never empty.
    let text: String

    /// - Parameter status: only where a rule names another one than the code's own.
    init(_ code: ErrorCode, _ text: String, status: Int? = nil) {
        self.code = code
        self.status = status ?? code.status
        self.text = text
    }

    /// `[NAME] text`
    var message: String { "[\(code.name)] \(text)" }

    static let addressNotAllowed = GatewayError(.notAuthorized, "Your address is not in the gateway's address list.")
    static let originNotAllowed = GatewayError(.invalidOrigin, "The origin of this page is not allowed.")
    static let methodNotAllowed = GatewayError(.invalidMethod, "The method must be GET, POST, PUT or DELETE.")
    static let multipart = GatewayError(.invalidMethod, "A body of type multipart/form-data is not supported.")
    static let bodyTooLarge = GatewayError(.invalidParameter, "The body is longer than 1 MiB.", status: 413)
    static let noProfile = GatewayError(.invalidProfile, "The path names no profile.")
    static let stopping = GatewayError(.error, "The gateway is stopping.", status: 503)

    static let noKey = GatewayError(.invalidParameter, "The parameter `key` is required.")
    static let noPendingClient = GatewayError(.notAuthorized, "No key was sent before: ask `availability` first.")
    static let wrongClientID = GatewayError(.invalidClientID, "The parameter `clientId` is not what `grant` answered.")
    static let badScope = GatewayError(.invalidParameter, "The parameter `scope` is required, of at most 2,048 bytes.")
    static let discoveryMethod = GatewayError(.invalidMethod, "Services are asked for with GET or POST.")
    static let noSuchAttribute = GatewayError(.invalidAttribute, "The profile has no such attribute.")
    static let noToken = GatewayError(.invalidToken, "The parameter `accessToken` is required.")
    static let unknownToken = GatewayError(
        .invalidToken, "The access token is unknown, has ended, or is another origin's.")

    static let noServiceID = GatewayError(.invalidServiceID, "The parameter `serviceId` is required.")
    static let unknownService = GatewayError(.unknownService, "There is no service with this serviceId.")
    static let outOfScope = GatewayError(.outOfScope, "The service does not have this profile in its scopes.")
    static let timeout = GatewayError(.timeout, "The plug-in did not answer in time.")
    static let unanswered = GatewayError(.error, "The plug-in gave no valid answer.")
    static let crashed = GatewayError(.error, "The plug-in crashed.", status: 502)
    static let stopped = GatewayError(.error, "The plug-in is stopped.", status: 503)
    static let tooManySockets = GatewayError(.error, "There are as many WebSockets as there may be.", status: 503)
    static let tooManyWaiting = GatewayError(
        .error, "Too many requests of this client wait for the plug-in.", status: 503)

    /// What a reply that brings no members means to the application; `nil` for one that brings some.
    init?(_ reply: PluginReply) {
        switch reply {
        case .members: return nil
        case .timeout: self = .timeout
        case .unanswered: self = .unanswered
        case .crashed: self = .crashed
        case .superseded: self = .stopped
        case .unavailable(let text):
            self.init(.error, text.isEmpty ? "The plug-in is not available." : text, status: 503)
        case .overloaded(let text):
            self.init(.error, text.isEmpty ? "The plug-in has too much to do." : text, status: 503)
        }
    }
}
