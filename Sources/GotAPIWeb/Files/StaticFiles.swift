// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore
import NIOConcurrencyHelpers

/// The web server for front-end applications: a folder whose files are served as they are (gotapi-wire.md, "Ports, TLS,
/// listeners").
///
/// Folder and addresses can be replaced while it serves; requests that have begun keep the old ones.
package final class StaticFiles: Sendable {
    struct Settings: Sendable {
        let documentRoot: String
        let admits: @Sendable (IPAddress) -> Bool
    }

    private let settings: NIOLockedValueBox<Settings>

    /// - Parameters:
    ///   - documentRoot: the folder; looked up anew for every request, so it need not exist yet.
    ///   - admits: whether an address may read files. Called on event loops.
    package init(documentRoot: String, admits: @escaping @Sendable (IPAddress) -> Bool) {
        settings = NIOLockedValueBox(Settings(documentRoot: documentRoot, admits: admits))
    }

    /// Replaces folder and addresses. [any thread]
    package func replace(documentRoot: String, admits: @escaping @Sendable (IPAddress) -> Bool) {
        settings.withLockedValue { $0 = Settings(documentRoot: documentRoot, admits: admits) }
    }

    var current: Settings { settings.withLockedValue { $0 } }
}
