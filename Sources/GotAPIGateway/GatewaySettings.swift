// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPIAuthorization

/// What an owner decides about the gateway; replaceable while it runs (``Gateway/apply(_:)``).
package struct GatewaySettings: Sendable {
    /// `allowed_address_list`.
    package var allowedAddresses = AddressRanges()
    /// The origins of the pages that this server serves itself: ``Origin/served(isSecure:hosts:ports:)``.
    package var ownOrigins: [Origin] = []
    /// `allowed_origin_list`.
    package var allowedOrigins: [Origin] = []
    /// `ws_connection_limit`.
    package var webSocketLimit = 1_024
    /// `plugin_response_timeout`, at most 60 s.
    package var responseTimeout: Duration = .seconds(60)
    /// `gotapi_server_app_id`: what plug-ins see as `receiver`.
    package var receiver = "com.github.futomi.node-gotapi"
    /// `--disable-auth`, where it counts.
    package var isAuthorizationDisabled = false
    /// Prints the debug monitor's messages; `nil` where it is off. Called from any thread, must not wait.
    package var monitor: (@Sendable (String) -> Void)?

    package init() {}
}
