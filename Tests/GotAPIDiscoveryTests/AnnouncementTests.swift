// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

@testable import GotAPIDiscovery

@Suite struct AnnouncementTests {
    @Test func theTextsAreThoseOfTheContract() {
        let announcement = Announcement(
            port: 4_036, uuid: "0a1b", name: "Küche", keyFingerprint: (0..<32).map { UInt8($0 * 7) })
        #expect(
            announcement.texts == ["txtvers=1", "uuid=0a1b", "name=Küche", "path=/native", "fp=00070e151c232a31"])
    }

    @Test(arguments: [String(repeating: "n", count: 300), String(repeating: "👩‍👩‍👧", count: 40)])
    func aLongNameIsCutBetweenCharacters(name: String) throws {
        let announcement = Announcement(port: 1, uuid: "u", name: name, keyFingerprint: [])
        let text = try #require(announcement.texts.first { $0.hasPrefix("name=") })
        #expect(text.utf8.count <= 255 && text.utf8.count > 225)
        #expect(name.hasPrefix(text.dropFirst(5)))
    }
}
