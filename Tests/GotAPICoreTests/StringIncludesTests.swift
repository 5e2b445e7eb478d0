// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@Suite struct StringIncludesTests {
    @Test(
        arguments: [
            ("libm.so.6", ".so", true), ("libm.so", ".so", true), (".so", ".so", true), ("libm.s", ".so", false),
            ("libm..so", ".so", true), ("so", ".so", false), ("", ".so", false), ("", "", true), ("a", "", true),
            ("größe.so", "öße", true), ("grosse", "öße", false),
        ] as [(String, StaticString, Bool)])
    func aTextIsFoundWhereverItStands(text: String, part: StaticString, isThere: Bool) {
        #expect(text.includes(part) == isThere)
    }
}
