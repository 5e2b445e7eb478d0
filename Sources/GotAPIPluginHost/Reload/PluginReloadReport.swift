// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// What a reload did with the plug-ins: plugin-abi.md, "Reload".
package struct PluginReloadReport: Sendable, Equatable {
    package struct Plugin: Sendable, Equatable {
        package let id: String
        /// The path in the plug-ins' folder.
        package let file: String

        package init(id: String, file: String) {
            self.id = id
            self.file = file
        }
    }

    package struct Refusal: Sendable, Equatable {
        /// The path in the plug-ins' folder.
        package let file: String
        /// `nil` where the file does not say.
        package let id: String?
        package let failure: LoadFailure
        /// What ran before goes on.
        package let isServed: Bool

        package init(file: String, id: String?, failure: LoadFailure, isServed: Bool) {
            self.file = file
            self.id = id
            self.failure = failure
            self.isServed = isServed
        }
    }

    package var added: [Plugin] = []
    package var replaced: [Plugin] = []
    package var removed: [Plugin] = []
    package var kept: [Plugin] = []
    package var refused: [Refusal] = []

    package init() {}
}
