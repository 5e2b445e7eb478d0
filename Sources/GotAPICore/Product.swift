// Swift GotAPI · SPDX-License-Identifier: MIT

/// What the gateway calls itself on the wire: the members `product` and `version` of every answer.
package enum Product {
    package static let name = "swift-gotapi"
    package static let version = "0.1.0"
}
