// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPIWeb

/// The folder of the front-end applications, as the configuration in force names it.
struct WebFiles: Sendable {
    let files: StaticFiles

    init(_ configuration: Configuration) {
        let allowed = configuration.allowedAddresses
        files = StaticFiles(documentRoot: configuration.documentRoot) { allowed.contains($0) }
    }

    func apply(_ configuration: Configuration) {
        let allowed = configuration.allowedAddresses
        files.replace(documentRoot: configuration.documentRoot) { allowed.contains($0) }
    }
}
