// Swift GotAPI · SPDX-License-Identifier: MIT

/// An error that the gateway itself answers with, from the table "Error object" of node-gotapi's README.
///
/// The raw value is `result` on the wire; as text it is `errorCode`.
package enum ErrorCode: Int, Sendable, CaseIterable {
    case error = 1
    case invalidProfile = 2
    case invalidMethod = 3
    case invalidAttribute = 4
    case invalidServiceID = 5
    case unknownService = 6
    case timeout = 7
    case invalidParameter = 10
    case notAuthorized = 11
    case invalidToken = 13
    case outOfScope = 14
    case invalidClientID = 15
    case invalidOrigin = 18

    /// The name between brackets at the beginning of `errorMessage`.
    package var name: String {
        switch self {
        case .error: "ERROR"
        case .invalidProfile: "INVALID_PROFILE"
        case .invalidMethod: "INVALID_METHOD"
        case .invalidAttribute: "INVALID_ATTRIBUTE"
        case .invalidServiceID: "INVALID_SERVICE_ID"
        case .unknownService: "UNKNOWN_SERVICE"
        case .timeout: "TIMEOUT"
        case .invalidParameter: "INVALID_PARAMETER"
        case .notAuthorized: "NOT_AUTHORIZED"
        case .invalidToken: "INVALID_TOKEN"
        case .outOfScope: "OUT_OF_SCOPE"
        case .invalidClientID: "INVALID_CLIENT_ID"
        case .invalidOrigin: "INVALID_ORIGIN"
        }
    }

    /// The HTTP status that goes with it unless a rule names another one.
    ///
    /// TIMEOUT is 500 and not the README's 408: browsers silently repeat a request that was answered with 408 on a
    /// reused connection, and would so run a plug-in's command twice (gotapi-wire.md, "GotAPI-1 answer").
    package var status: Int {
        switch self {
        case .error, .timeout: 500
        case .invalidProfile, .invalidAttribute, .unknownService: 404
        case .invalidMethod: 405
        case .invalidServiceID, .invalidParameter: 400
        case .notAuthorized, .invalidToken, .outOfScope, .invalidOrigin: 403
        case .invalidClientID: 401
        }
    }
}
