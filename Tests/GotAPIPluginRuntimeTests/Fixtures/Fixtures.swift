// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The libraries that the tests share, each compiled once.
enum Fixtures {
    private static let puppetResult = Result { try FixtureLibrary.build(PuppetSource.text, name: "puppet") }
    private static let askingResult = Result {
        try FixtureLibrary.build(PuppetSource.text, name: "asking", flags: ["-DASKS"])
    }
    private static let variantResult = Result { try FixtureLibrary.build(VariantSource.text, name: "variant-plain") }
    private static let hammerResult = Result { try FixtureLibrary.build(VariantSource.hammer, name: "hammer") }

    /// Does what it is told; it has no callbacks for discovery and negotiation.
    static var puppet: FixtureLibrary { get throws { try puppetResult.get() } }
    /// The same with these callbacks.
    static var asking: FixtureLibrary { get throws { try askingResult.get() } }
    static var hammer: FixtureLibrary { get throws { try hammerResult.get() } }

    static func variant(_ what: String) throws -> FixtureLibrary {
        try variantResult.get().copy(named: "variant-\(what)")
    }

    static func load(
        _ library: FixtureLibrary, id: String = "com.example.puppet", config: String = "{}"
    ) -> HostFrame {
        .load(
            LoadInstruction(
                library: library.path, id: id, config: config, dataDirectory: "/data", resourceDirectory: "/own/folder")
        )
    }
}
