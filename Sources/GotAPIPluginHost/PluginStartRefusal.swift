// Swift GotAPI · SPDX-License-Identifier: MIT

/// Why a plug-in was not started, in words for its owner.
package struct PluginStartRefusal: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
