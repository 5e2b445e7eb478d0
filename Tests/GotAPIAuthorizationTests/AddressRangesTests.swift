// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIAuthorization

@Suite struct AddressRangesTests {
    @Test(arguments: [
        ([], "127.0.0.1", true), ([], "::1", true), ([], "::ffff:127.0.0.1", true),
        ([], "127.0.0.2", false),  // other loopback addresses only if listed
        (["127.0.0.0/8"], "127.0.0.2", true),
        (["192.168.1.1"], "192.168.1.1", true),
        (["192.168.1.1"], "192.168.1.10", false),  // numbers, not text prefixes
        (["192.168.1.1"], "::ffff:192.168.1.1", true),
        (["192.168.1.0/24"], "192.168.1.255", true), (["192.168.1.0/24"], "192.168.2.0", false),
        (["192.168.1.77/24"], "192.168.1.1", true),  // host bits do not matter
        (["10.0.0.0/9"], "10.127.0.1", true), (["10.0.0.0/9"], "10.128.0.1", false),
        (["0.0.0.0/0"], "8.8.8.8", true), (["0.0.0.0/0"], "2001:db8::1", false),
        (["10.1.2.3/32"], "10.1.2.3", true), (["10.1.2.3/32"], "10.1.2.2", false),
        (["2001:db8::/33"], "2001:db8:7fff::1", true), (["2001:db8::/33"], "2001:db8:8000::1", false),
        (["::/0"], "fe80::1", true), (["::/0"], "10.0.0.1", false),
        (["::ffff:10.0.0.0/104"], "10.200.0.1", true), (["::ffff:10.0.0.0/104"], "11.0.0.1", false),
        (["2001:DB8::1"], "2001:db8:0::1", true),
    ])
    func addressesAreComparedAsNumbers(list: [String], address: String, isAllowed: Bool) throws {
        #expect(try AddressRanges(list).contains(#require(IPAddress(address))) == isAllowed)
    }

    @Test(arguments: [
        "", "a", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "::1/129", "1.2.3.4/8/8", "/8", "1.2.3.4/+8",
        "::ffff:1.2.3.4/95",
    ])
    func whatIsNeitherAddressNorBlockIsRefused(entry: String) {
        #expect(throws: AddressRanges.InvalidEntry(entry: entry)) { try AddressRanges(["127.0.0.1", entry]) }
    }

    @Test(arguments: [
        ([], false), (["127.0.0.1", "::1", "127.5.0.0/16", "127.0.0.0/8", "::1/128"], false), (["192.168.1.1"], true),
        (["::/0"], true), (["127.0.0.0/7"], true), (["0.0.0.0/0"], true), (["fd00::/8"], true),
    ])
    func aListKnowsWhetherItReachesBeyondLoopback(list: [String], reaches: Bool) throws {
        #expect(try AddressRanges(list).reachesBeyondLoopback == reaches)
    }
}
