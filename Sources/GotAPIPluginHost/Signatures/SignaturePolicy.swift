// Swift GotAPI · SPDX-License-Identifier: MIT

/// What the owner asks of signatures (`plugins.signatures: "required"`).
package struct SignaturePolicy: Sendable, Equatable {
    /// The folder of PEM certificates (`plugins.trust_path`), absolute.
    package var trustPath: String
    /// Whether certificates must be valid now (`plugins.signature_time`).
    package var checksTime: Bool

    package init(trustPath: String, checksTime: Bool = false) {
        self.trustPath = trustPath
        self.checksTime = checksTime
    }
}
