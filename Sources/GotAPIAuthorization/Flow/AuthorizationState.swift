// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// GotAPI-2 as a state machine: key → pending client → client id → access token (gotapi-wire.md, "Authorization").
///
/// No I/O, no clock, no lock: every time is a parameter, in nanoseconds of a clock that never goes back.
package struct AuthorizationState: Sendable {
    /// Why there is no access token.
    package enum TokenRefusal: Error, Equatable, Sendable {
        /// Nobody here has sent a key (code 11).
        case noPendingClient
        /// Wrong, missing or empty (code 15).
        case wrongClientID
        /// No scope, an empty one, or one longer than ``AuthorizationState/maximumScopeLength`` (code 10).
        case badScope
    }

    package struct Grant: Sendable {
        package let clientID: String
        package let key: ClientKey
    }

    package struct Issue: Sendable {
        package let accessToken: String
        package let client: Client
        /// The clients that ended to make room for this one.
        package let ended: [UInt64]
    }

    /// The longest `scope`, in bytes: what is kept for each of 100,000 tokens must have a bound.
    package static let maximumScopeLength = 2_048

    private var pending = PendingClients()
    private var tokens: AccessTokens
    private var lastNumber = Client.debug.number

    package init() { tokens = AccessTokens() }

    /// - Parameter maximumTokens: how many tokens are kept.
    init(maximumTokens: Int) { tokens = AccessTokens(maximum: maximumTokens) }

    package var pendingClientCount: Int { pending.count }

    package var clientCount: Int { tokens.count }

    // MARK: - The flow

    /// `availability?key=…`
    package mutating func register(_ key: ClientKey, _ requester: Requester, now: UInt64) {
        pending.expire(now: now)
        lastNumber += 1
        pending.add(number: lastNumber, key: key, requester: requester, now: now)
    }

    /// `authorization/grant`: a new client id, which replaces the one before; `nil` where there is no pending client.
    package mutating func grant(keyID: String?, _ requester: Requester, now: UInt64) -> Grant? {
        pending.expire(now: now)
        let found = keyID.map { pending.granted(keyID: $0, requester) } ?? pending.granted(requester)
        guard let client = found else { return nil }
        let clientID = Secret.random()
        pending.setClientID(SecretHash(clientID), of: client.number)
        return Grant(clientID: clientID, key: client.key)
    }

    /// `authorization/accesstoken`: the pending client becomes a client.
    package mutating func issueToken(
        clientID: String?, scope: String?, _ requester: Requester, now: UInt64
    ) throws(TokenRefusal) -> Issue {
        pending.expire(now: now)
        let hash = clientID.flatMap { $0.isEmpty ? nil : SecretHash($0) }
        guard let client = hash.flatMap({ pending.client(clientID: $0, origin: requester.origin) }) else {
            throw pending.hasAny(requester) ? .wrongClientID : .noPendingClient
        }
        guard let scope, !scope.isEmpty, scope.utf8.count <= Self.maximumScopeLength else { throw .badScope }
        _ = pending.remove(client.number)
        let holder = Client(
            number: client.number, origin: client.requester.origin, key: client.key,
            scopes: scope.split(separator: ",").map(String.init))
        let token = Secret.random()
        let ended = tokens.add(holder, token: token, now: now)
        return Issue(accessToken: token, client: holder, ended: ended)
    }

    // MARK: - Tokens

    /// The client that holds `token`; `nil` for an unknown or ended one and for one of another origin.
    ///
    /// - Parameters:
    ///   - token: hashed by the caller, so that no lock is held meanwhile.
    ///   - origin: the request's origin; an empty one is not another origin.
    package mutating func client(token: SecretHash, origin: String, now: UInt64) -> Client? {
        tokens.use(token, origin: origin, now: now)
    }

    /// As ``client(token:origin:now:)``; from now on the client has one more socket.
    package mutating func openSocket(token: SecretHash, origin: String, now: UInt64) -> Client? {
        guard let client = tokens.use(token, origin: origin, now: now) else { return nil }
        tokens.socketOpened(client.number, now: now)
        return client
    }

    /// One of the client's sockets has closed. Harmless for a client that has ended, and for the debug client.
    package mutating func closeSocket(of client: UInt64, now: UInt64) { tokens.socketClosed(client, now: now) }

    /// Ends what has lived long enough.
    ///
    /// - Returns: the clients that ended; their subscriptions must end too.
    package mutating func expire(now: UInt64) -> [UInt64] {
        pending.expire(now: now)
        return tokens.expire(now: now)
    }
}
