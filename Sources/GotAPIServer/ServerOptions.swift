// Swift GotAPI · SPDX-License-Identifier: MIT

/// What the command line says beside the configuration (gotapi-wire.md, "Debug options").
package struct ServerOptions: Sendable, Equatable {
    package var isDebugEnabled: Bool
    package var isAuthorizationDisabled: Bool
    package var isMonitorEnabled: Bool

    package init(
        isDebugEnabled: Bool = false, isAuthorizationDisabled: Bool = false, isMonitorEnabled: Bool = false
    ) {
        self.isDebugEnabled = isDebugEnabled
        self.isAuthorizationDisabled = isAuthorizationDisabled
        self.isMonitorEnabled = isMonitorEnabled
    }
}
