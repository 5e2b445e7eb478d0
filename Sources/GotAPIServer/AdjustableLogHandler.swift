// Swift GotAPI · SPDX-License-Identifier: MIT

package import Logging
import NIOConcurrencyHelpers

/// The least level that is logged, which can change while loggers that were made before are in use.
package final class AdjustableLogLevel: Sendable {
    private let level: NIOLockedValueBox<Logger.Level>

    package init(_ level: Logger.Level) { self.level = NIOLockedValueBox(level) }

    package var current: Logger.Level { level.withLockedValue { $0 } }

    package func set(_ level: Logger.Level) { self.level.withLockedValue { $0 = level } }
}

/// Writes what another handler writes, from a level on that is the same for all loggers.
package struct AdjustableLogHandler: LogHandler {
    private let level: AdjustableLogLevel
    private var handler: any LogHandler

    package init(_ handler: any LogHandler, level: AdjustableLogLevel) {
        var handler = handler
        handler.logLevel = .trace
        self.handler = handler
        self.level = level
    }

    /// Not this logger's own.
    package var logLevel: Logger.Level {
        get { level.current }
        set { level.set(newValue) }
    }

    package var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) { handler.log(event: event) }
}
