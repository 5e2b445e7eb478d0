// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIAuthorization

private let second: UInt64 = 1_000_000_000
private let minute = 60 * second
private let hour = 60 * minute

@Suite struct AuthorizationStateTests {
    private static let page = "http://localhost:4035"

    private static func from(
        _ connection: UInt64, origin: String = page, address: String = "127.0.0.1"
    ) -> Requester {
        Requester(origin: origin, address: IPAddress(address)!, connection: connection)
    }

    /// Whose key a grant was made with, told by its signature.
    private static func owner(of grant: AuthorizationState.Grant?, among keys: [String]) -> String? {
        grant.flatMap { grant in keys.first { ClientKey($0).signature(of: "n") == grant.key.signature(of: "n") } }
    }

    private static func refusal(
        _ state: inout AuthorizationState, clientID: String?, scope: String? = "all", _ requester: Requester,
        now: UInt64 = 0
    ) -> AuthorizationState.TokenRefusal? {
        do throws(AuthorizationState.TokenRefusal) {
            _ = try state.issueToken(clientID: clientID, scope: scope, requester, now: now)
            return nil
        } catch { return error }
    }

    private static func grant(
        _ state: inout AuthorizationState, _ requester: Requester, now: UInt64 = 0
    ) throws -> AuthorizationState.Grant {
        let grant = state.grant(keyID: nil, requester, now: now)
        return try #require(grant)
    }

    // MARK: - Finding the pending client

    @Test func aConnectionsOwnNewestKeyCounts() {
        var state = AuthorizationState()
        state.register(ClientKey("a"), Self.from(1), now: 0)
        state.register(ClientKey("b"), Self.from(2), now: 0)
        state.register(ClientKey("c"), Self.from(1), now: 0)
        #expect(Self.owner(of: state.grant(keyID: nil, Self.from(1), now: 0), among: ["a", "b", "c"]) == "c")
        #expect(Self.owner(of: state.grant(keyID: nil, Self.from(2), now: 0), among: ["a", "b", "c"]) == "b")
        // Again on the same connection: still its newest, although it has a client id.
        #expect(Self.owner(of: state.grant(keyID: nil, Self.from(1), now: 0), among: ["a", "b", "c"]) == "c")
    }

    @Test func aConnectionWithoutAKeyGetsTheNewestOfItsPlaceThatHasNoClientID() {
        var state = AuthorizationState()
        state.register(ClientKey("a"), Self.from(1), now: 0)
        state.register(ClientKey("b"), Self.from(2), now: 0)
        state.register(ClientKey("other origin"), Self.from(3, origin: "http://x"), now: 0)
        state.register(ClientKey("other address"), Self.from(4, address: "10.0.0.1"), now: 0)
        let keys = ["a", "b", "other origin", "other address"]
        #expect(Self.owner(of: state.grant(keyID: nil, Self.from(9), now: 0), among: keys) == "b")
        #expect(Self.owner(of: state.grant(keyID: nil, Self.from(9), now: 0), among: keys) == "a")
        #expect(state.grant(keyID: nil, Self.from(9), now: 0) == nil)
    }

    @Test func aConnectionWhoseClientHasEndedGetsOneThatWasMadeLater() throws {
        var state = AuthorizationState()
        state.register(ClientKey("earlier"), Self.from(8), now: 0)
        state.register(ClientKey("own"), Self.from(1), now: 0)
        let grant = try Self.grant(&state, Self.from(1))
        _ = try state.issueToken(clientID: grant.clientID, scope: "all", Self.from(1), now: 0)
        #expect(state.grant(keyID: nil, Self.from(1), now: 0) == nil)
        state.register(ClientKey("later"), Self.from(2), now: 0)
        let found = state.grant(keyID: nil, Self.from(1), now: 0)
        #expect(Self.owner(of: found, among: ["earlier", "own", "later"]) == "later")
    }

    @Test func theKeyIDFindsAClientOnAnyConnectionOfItsOrigin() {
        var state = AuthorizationState()
        state.register(ClientKey("a"), Self.from(1), now: 0)
        state.register(ClientKey("b"), Self.from(1), now: 0)
        let id = ClientKey("a").id
        #expect(Self.owner(of: state.grant(keyID: id, Self.from(1), now: 0), among: ["a", "b"]) == "a")
        #expect(Self.owner(of: state.grant(keyID: id, Self.from(7), now: 0), among: ["a", "b"]) == "a")
        // localhost may be ::1 for one connection and 127.0.0.1 for the next.
        #expect(state.grant(keyID: id, Self.from(7, address: "::1"), now: 0) != nil)
        #expect(state.grant(keyID: id, Self.from(7, origin: "http://x"), now: 0) == nil)
        #expect(state.grant(keyID: ClientKey("c").id, Self.from(1), now: 0) == nil)
    }

    @Test func aNewClientIDReplacesTheFirst() throws {
        var state = AuthorizationState()
        state.register(ClientKey("a"), Self.from(1), now: 0)
        let first = try Self.grant(&state, Self.from(1))
        let next = try Self.grant(&state, Self.from(1))
        #expect(Self.refusal(&state, clientID: first.clientID, Self.from(1)) == .wrongClientID)
        #expect(Self.refusal(&state, clientID: next.clientID, Self.from(1)) == nil)
    }

    // MARK: - Tokens

    @Test func wrongClientIDsAreToldFromNoPendingClient() throws {
        var state = AuthorizationState()
        #expect(Self.refusal(&state, clientID: "x", Self.from(1)) == .noPendingClient)
        #expect(Self.refusal(&state, clientID: nil, Self.from(1)) == .noPendingClient)
        state.register(ClientKey("a"), Self.from(1), now: 0)
        for clientID in [nil, "", "x"] {
            #expect(Self.refusal(&state, clientID: clientID, Self.from(1)) == .wrongClientID)
            #expect(Self.refusal(&state, clientID: clientID, Self.from(2)) == .wrongClientID)
            #expect(Self.refusal(&state, clientID: clientID, Self.from(2, origin: "http://x")) == .noPendingClient)
        }
        let grant = try Self.grant(&state, Self.from(1))
        // With a client id it is found by those who have sent no key, too.
        #expect(Self.refusal(&state, clientID: "x", Self.from(2)) == .wrongClientID)
        #expect(Self.refusal(&state, clientID: grant.clientID, Self.from(1, origin: "http://x")) == .noPendingClient)
        for scope in [nil, "", String(repeating: "s", count: 2_049)] {
            #expect(Self.refusal(&state, clientID: grant.clientID, scope: scope, Self.from(1)) == .badScope)
        }
        #expect(Self.refusal(&state, clientID: grant.clientID, Self.from(1)) == nil)
        #expect(Self.refusal(&state, clientID: grant.clientID, Self.from(1)) == .noPendingClient)
    }

    private static func issue(
        _ state: inout AuthorizationState, _ connection: UInt64, now: UInt64 = 0
    ) throws -> AuthorizationState.Issue {
        state.register(ClientKey("key \(connection)"), from(connection), now: now)
        let grant = try Self.grant(&state, from(connection), now: now)
        return try state.issueToken(clientID: grant.clientID, scope: "a,b", from(connection), now: now)
    }

    @Test func aTokenBelongsToItsOrigin() throws {
        var state = AuthorizationState()
        let issue = try Self.issue(&state, 1)
        let token = SecretHash(issue.accessToken)
        #expect(issue.client.scopes == ["a", "b"])
        #expect(issue.client.number > Client.debug.number)
        #expect(state.client(token: token, origin: Self.page, now: 0) === issue.client)
        #expect(state.client(token: token, origin: "", now: 0) === issue.client)
        #expect(state.client(token: token, origin: "http://x", now: 0) == nil)
        #expect(state.client(token: SecretHash("bogus"), origin: Self.page, now: 0) == nil)
    }

    @Test func clientNumbersAreNeverUsedAgain() throws {
        var state = AuthorizationState(maximumTokens: 1)
        let numbers = try (1...20).map { try Self.issue(&state, UInt64($0)).client.number }
        #expect(Set(numbers).count == 20)
    }

    @Test func aTokenEndsADayAfterItsLastUse() throws {
        var state = AuthorizationState()
        let issue = try Self.issue(&state, 1)
        let token = SecretHash(issue.accessToken)
        #expect(state.client(token: token, origin: Self.page, now: 23 * hour) != nil)
        #expect(state.expire(now: 40 * hour).isEmpty)
        #expect(state.client(token: token, origin: Self.page, now: 46 * hour) != nil)
        #expect(state.client(token: token, origin: Self.page, now: 70 * hour) == nil)
        #expect(state.expire(now: 70 * hour) == [issue.client.number])
        #expect(state.clientCount == 0)
    }

    @Test func anOpenSocketKeepsATokenAlive() throws {
        var state = AuthorizationState()
        let issue = try Self.issue(&state, 1)
        let token = SecretHash(issue.accessToken)
        #expect(state.openSocket(token: token, origin: Self.page, now: 0) != nil)
        #expect(state.openSocket(token: token, origin: Self.page, now: 0) != nil)
        state.closeSocket(of: issue.client.number, now: hour)
        #expect(state.expire(now: 1_000 * hour).isEmpty)
        #expect(state.client(token: token, origin: Self.page, now: 1_000 * hour) != nil)
        state.closeSocket(of: issue.client.number, now: 1_000 * hour)
        #expect(state.expire(now: 1_023 * hour).isEmpty)
        #expect(state.expire(now: 1_024 * hour) == [issue.client.number])
        state.closeSocket(of: issue.client.number, now: 1_024 * hour)
    }

    @Test func theLeastRecentlyUsedTokenWithoutASocketGoesFirst() throws {
        var state = AuthorizationState(maximumTokens: 3)
        let issues = try (1...3).map { try Self.issue(&state, UInt64($0), now: UInt64($0) * second) }
        _ = state.openSocket(token: SecretHash(issues[1].accessToken), origin: Self.page, now: 4 * second)
        #expect(state.client(token: SecretHash(issues[0].accessToken), origin: Self.page, now: 5 * second) != nil)
        #expect(try Self.issue(&state, 4, now: 6 * second).ended == [issues[2].client.number])
        #expect(try Self.issue(&state, 5, now: 7 * second).ended == [issues[0].client.number])
        #expect(state.client(token: SecretHash(issues[0].accessToken), origin: Self.page, now: 8 * second) == nil)
        #expect(state.client(token: SecretHash(issues[1].accessToken), origin: Self.page, now: 8 * second) != nil)
    }

    // MARK: - Limits

    @Test func pendingClientsLiveTenMinutes() {
        var state = AuthorizationState()
        state.register(ClientKey("a"), Self.from(1), now: 0)
        #expect(state.grant(keyID: nil, Self.from(1), now: 10 * minute - 1) != nil)
        #expect(state.grant(keyID: nil, Self.from(1), now: 10 * minute) == nil)
        state.register(ClientKey("a"), Self.from(1), now: 10 * minute)
        _ = state.expire(now: 20 * minute)
        #expect(state.pendingClientCount == 0)
    }

    @Test func anAddressHasAtMost1024PendingClients() {
        var state = AuthorizationState()
        state.register(ClientKey("neighbour"), Self.from(0, address: "10.0.0.9"), now: 0)
        for connection in 1...1_025 as ClosedRange<UInt64> {
            state.register(ClientKey("\(connection)"), Self.from(connection), now: connection)
        }
        #expect(state.pendingClientCount == 1_025)
        #expect(state.grant(keyID: ClientKey("1").id, Self.from(1), now: 2_000) == nil)
        #expect(state.grant(keyID: ClientKey("2").id, Self.from(2), now: 2_000) != nil)
        #expect(state.grant(keyID: nil, Self.from(0, address: "10.0.0.9"), now: 2_000) != nil)
    }

    @Test(.timeLimit(.minutes(1))) func thereAreAtMost16384PendingClientsAndNoneCostsMore() {
        var state = AuthorizationState()
        let addresses = (0..<250).map { "10.0.0.\($0)" }.map { Self.from(0, address: $0).address }
        for number in 1...20_000 as ClosedRange<UInt64> {
            let requester = Requester(origin: Self.page, address: addresses[Int(number % 250)], connection: number)
            state.register(ClientKey("\(number)"), requester, now: number)
        }
        #expect(state.pendingClientCount == 16_384)
        #expect(state.grant(keyID: ClientKey("20000").id, Self.from(5), now: 30_000) != nil)
        #expect(state.grant(keyID: ClientKey("3616").id, Self.from(5), now: 30_000) == nil)
        #expect(state.grant(keyID: ClientKey("3617").id, Self.from(5), now: 30_000) != nil)
    }
}
