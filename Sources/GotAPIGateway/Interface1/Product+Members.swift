// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

extension Product {
    /// The members `product` and `version` as JSON, made once.
    static let members: [UInt8] = {
        var writer = JSONObjectWriter(capacity: 64)
        writer.add("product", name)
        writer.add("version", version)
        return Array(writer.beginning.dropFirst())
    }()
}
