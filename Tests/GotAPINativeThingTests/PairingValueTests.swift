// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPINativeThing

@Suite struct PairingValueTests {
    static let home = IPAddress("192.0.2.1")!
    static let other = IPAddress("192.0.2.2")!
    static let lamp = ThingUUID("Lamp")!
    static let minute: UInt64 = 60_000_000_000

    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI"),
    ])
    func base32IsThatOfRFC4648WithoutPadding(_ text: String, _ encoded: String) {
        #expect(Base32.encode(Array(text.utf8)) == encoded)
    }

    @Test(arguments: [
        (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
        (2_000_000_000, "279037"), (20_000_000_000, "353130"),
    ])
    func oneTimeCodesAreThoseOfRFC6238(_ time: Int64, _ code: String) {
        let secret = Array("12345678901234567890".utf8)
        #expect(OneTimeCode.make(secret: secret, counter: time / 30) == code)
        for shift in [-30, 0, 30] as [Int64] {
            #expect(OneTimeCode.counter(of: code, secret: secret, time: time + shift) == time / 30)
        }
        for shift in [-60, 60] as [Int64] where time + shift >= 0 {
            #expect(OneTimeCode.counter(of: code, secret: secret, time: time + shift) == nil)
        }
        #expect(OneTimeCode.counter(of: "", secret: secret, time: time) == nil)
    }

    @Test func aPasscodeHas128BitsInBase32() {
        let passcode = ThingSecret.passcode()
        #expect(passcode.utf8.count == 26)
        #expect(passcode != ThingSecret.passcode())
    }

    @Test func aUUIDIsComparedWithoutRegardToCase() {
        #expect(ThingUUID("ABC-ü") == ThingUUID("abc-Ü"))
        #expect(ThingUUID("Ab")?.shown == "Ab")
        #expect(ThingUUID(String(repeating: "x", count: 128)) != nil)
    }

    @Test(arguments: [nil, "", "a\u{0}", "a\nb", "\u{200f}x", String(repeating: "x", count: 129)])
    func whatIsNoUUIDIsRefused(_ text: String?) { #expect(ThingUUID(text) == nil) }

    @Test func pairingIsClosedUnlessTheOwnerOpensIt() {
        var policy = PairingPolicy()
        #expect(policy.attempt(Self.lamp, from: Self.home, now: 1, wallTime: 5) == .closed)
        #expect(policy.waiting == [PairingAttempt(uuid: "Lamp", address: Self.home, time: 5)])
        policy.open(until: 100)
        #expect(policy.openFor(now: 40) == 60)
        #expect(policy.attempt(Self.lamp, from: Self.home, usesUp: false, now: 98, wallTime: 5) == .allowed)
        #expect(policy.attempt(Self.lamp, from: Self.home, now: 99, wallTime: 5) == .allowed)
        // One pairing, then the window closes.
        #expect(policy.attempt(Self.lamp, from: Self.home, now: 99, wallTime: 5) == .closed)
        policy.open(until: 100)
        #expect(policy.attempt(Self.lamp, from: Self.home, now: 100, wallTime: 5) == .closed)
    }

    @Test func anApprovalIsForOneThingThatWaits() {
        var policy = PairingPolicy()
        #expect(policy.approve(Self.lamp, now: 1) == false, "nobody waits")
        _ = policy.attempt(Self.lamp, from: Self.home, now: 1, wallTime: 1)
        #expect(policy.approve(ThingUUID("LAMP")!, now: 1) == true)
        #expect(policy.attempt(ThingUUID("other")!, from: Self.home, now: 2, wallTime: 1) == .closed)
        #expect(policy.attempt(Self.lamp, from: Self.other, now: 2, wallTime: 1) == .allowed)
        #expect(policy.waiting.map(\.uuid) == ["other"])
        #expect(policy.attempt(Self.lamp, from: Self.home, now: 3, wallTime: 1) == .closed)
    }

    @Test func anApprovalEndsAfterTenMinutes() {
        var policy = PairingPolicy()
        _ = policy.attempt(Self.lamp, from: Self.home, now: 1, wallTime: 1)
        _ = policy.approve(Self.lamp, now: 1)
        #expect(policy.attempt(Self.lamp, from: Self.home, now: 10 * Self.minute + 1, wallTime: 1) == .closed)
    }

    @Test func tooManyAttemptsAreTheirAddressesAlone() {
        var policy = PairingPolicy()
        for number in 0..<PairingPolicy.attemptsPerMinute {
            let uuid = ThingUUID("u\(number)")!
            #expect(policy.attempt(uuid, from: Self.home, now: 1, wallTime: 1) == .closed)
        }
        #expect(policy.attempt(Self.lamp, from: Self.home, now: 1, wallTime: 1) == .tooManyAttempts)
        // Not even an open window is the attacker's then.
        policy.open(until: Self.minute)
        #expect(policy.attempt(Self.lamp, from: Self.home, now: 2, wallTime: 1) == .tooManyAttempts)
        #expect(policy.attempt(Self.lamp, from: Self.other, now: 3, wallTime: 1) == .allowed)
        #expect(policy.attempt(Self.lamp, from: Self.home, now: Self.minute + 1, wallTime: 1) == .closed)
    }

    @Test func anIPv6HostLeavesTheOthersOfItsNetworkTheirAttempts() {
        var policy = PairingPolicy()
        let host = IPAddress("2001:db8:0:1::1")!
        for _ in 0..<PairingPolicy.attemptsPerMinute {
            #expect(policy.attempt(Self.lamp, from: host, now: 1, wallTime: 1) == .closed)
        }
        for _ in 0..<1_000 {
            #expect(policy.attempt(Self.lamp, from: host, now: 1, wallTime: 1) == .tooManyAttempts)
        }
        #expect(policy.attempt(Self.lamp, from: IPAddress("2001:db8:0:1::2")!, now: 1, wallTime: 1) == .closed)
    }

    @Test func wrongHellosOfAnIPv6HostLeaveTheOthersOfItsNetworkTheirs() {
        var limit = AddressLimit(5)
        let host = IPAddress("2001:db8:0:1::1")!
        for number in 1...100 { #expect(limit.add(host, now: 1) == (number <= 5)) }
        #expect(limit.isReached(by: host, now: 1))
        let other = IPAddress("2001:db8:0:1::2")!
        #expect(!limit.isReached(by: other, now: 1))
        #expect(limit.add(other, now: 1) == true)
        for number in 3...16 { #expect(limit.add(IPAddress("2001:db8:0:1::\(number)")!, now: 1) == true) }
        #expect(limit.isReached(by: IPAddress("2001:db8:0:1::17")!, now: 1), "20 of its network")
        #expect(limit.add(IPAddress("2001:db8:0:1::17")!, now: 1) == false)
        #expect(!limit.isReached(by: IPAddress("2001:db8:0:2::6")!, now: 1))
    }

    @Test func theAddressesOfAnIPv6NetworkAreFewAtTheEnd() {
        var policy = PairingPolicy()
        for number in 0..<PairingPolicy.attemptsPerMinute * ThingLimits.hostsPerNetwork {
            let address = IPAddress("2001:db8:0:1::\(number)")!
            #expect(policy.attempt(Self.lamp, from: address, now: 1, wallTime: 1) == .closed)
        }
        let address = IPAddress("2001:db8:0:1:ffff::1")!
        #expect(policy.attempt(Self.lamp, from: address, now: 1, wallTime: 1) == .tooManyAttempts)
        let other = IPAddress("2001:db8:0:2::1")!
        #expect(policy.attempt(Self.lamp, from: other, now: 1, wallTime: 1) == .closed)
        #expect(Self.home.network == Self.home)
    }

    @Test func whoFillsTheListOfThoseThatWaitPushesOutItself() {
        var policy = PairingPolicy()
        _ = policy.attempt(Self.lamp, from: Self.other, now: 1, wallTime: 1)
        for number in 0..<20 { _ = policy.attempt(ThingUUID("u\(number)")!, from: Self.home, now: 1, wallTime: 1) }
        #expect(policy.waiting.count == PairingPolicy.waitingPerAddress + 1)
        #expect(policy.waiting.last?.uuid == "Lamp")
        #expect(policy.waiting.first?.uuid == "u19")
        for number in 0..<60 {
            let address = IPAddress("198.51.100.\(number)")!
            _ = policy.attempt(ThingUUID("v\(number)")!, from: address, now: 1, wallTime: 1)
        }
        #expect(policy.waiting.count == PairingPolicy.waitingLimit)
    }

    @Test func attemptsAreForgottenAfterAMinuteAndAddressesAreBounded() {
        var limit = AttemptLimit<IPAddress>()
        #expect(limit.add(Self.home, now: 1) == 1)
        #expect(limit.add(Self.home, now: Self.minute) == 2)
        #expect(limit.add(Self.home, now: Self.minute + 1) == 1)
        #expect(limit.count(Self.home, now: Self.minute + 2) == 1)
        #expect(limit.count(Self.home, now: 2 * Self.minute + 1) == 0)
        #expect(limit.count(Self.other, now: 1) == 0)
        for number in 0..<3_000 {
            let address = IPAddress(bytes: [10, 0, UInt8(number >> 8), UInt8(number & 255)])!
            #expect(limit.add(address, now: Self.minute + 2) == 1)
        }
        #expect(limit.add(Self.home, now: Self.minute + 3) == 1, "the oldest is forgotten")
    }

    @Test func socketsThatHaveNotSaidHelloAreFew() {
        var sockets = UnknownSockets()
        for number in 1...4 as ClosedRange<UInt64> { #expect(sockets.take(number, from: Self.home) == .admitted) }
        #expect(sockets.take(5, from: Self.home) == .refused)
        for number in 6...33 as ClosedRange<UInt64> {
            let address = IPAddress(bytes: [10, 0, 0, UInt8(number)])!
            #expect(sockets.take(number, from: address) == .admitted)
        }
        #expect(sockets.take(34, from: Self.other) == .admittedInstead(of: 1), "32 in all")
        #expect(!sockets.contains(1))
        sockets.remove(1)
        sockets.remove(2)
        #expect(sockets.take(35, from: Self.home) == .admitted)
        #expect(sockets.contains(35))
    }

    @Test func socketsOfOneIPv6HostAreFewAndOthersOfItsNetworkHaveTheirs() {
        var sockets = UnknownSockets()
        let host = IPAddress("2001:db8:0:1::1")!
        for number in 1...4 as ClosedRange<UInt64> { #expect(sockets.take(number, from: host) == .admitted) }
        #expect(sockets.take(5, from: host) == .refused)
        for number in 6...17 as ClosedRange<UInt64> {
            let address = IPAddress("2001:db8:0:1::\(number)")!
            #expect(sockets.take(number, from: address) == .admitted, "others of its network have theirs")
        }
        #expect(sockets.take(18, from: IPAddress("2001:db8:0:1::18")!) == .refused, "16 of a network")
        #expect(sockets.take(19, from: IPAddress("2001:db8:0:2::5")!) == .admitted)
    }
}
