// Swift GotAPI · SPDX-License-Identifier: MIT

/// A key whose value is another one in the new configuration, and what it takes (configuration.md, "at run time").
package struct ConfigurationChange: Sendable, Equatable {
    package enum Effect: Sendable {
        /// In force with the reload.
        case immediate
        /// The plug-ins that it concerns are replaced.
        case pluginReload
        /// In force at the next start; until then the old value holds.
        case restart
    }

    /// The key, a dot standing for nesting.
    package let key: String
    package let effect: Effect
}

extension Configuration {
    /// What would change if `other` took this configuration's place, in the order of configuration.md; nothing for two equal ones.
    package func changes(to other: Configuration) -> [ConfigurationChange] {
        var changes: [ConfigurationChange] = []
        func compare<Value: Equatable>(
            _ key: String, _ value: (Configuration) -> Value, _ effect: ConfigurationChange.Effect
        ) {
            guard value(self) != value(other) else { return }
            changes.append(ConfigurationChange(key: key, effect: effect))
        }
        // Listening on other interfaces means opening the ports again.
        let listening =
            listensBeyondLoopback == other.listensBeyondLoopback
            ? ConfigurationChange.Effect.immediate : .restart

        compare("allowed_address_list", { $0.allowedAddressList }, listening)
        compare("allowed_origin_list", { $0.allowedOriginList }, .immediate)
        compare("gotapi_if_port", { $0.gotapiPort }, .restart)
        compare("gotapi_if_ssl_port", { $0.gotapiTLSPort }, .restart)
        compare("http_server_port", { $0.httpServerPort }, .restart)
        compare("https_server_port", { $0.httpsServerPort }, .restart)
        compare("http_server_document_root", { $0.documentRoot }, .immediate)
        compare("ws_connection_limit", { $0.webSocketConnectionLimit }, .immediate)
        compare("plugin_root_path", { $0.pluginRoot }, .immediate)
        compare("plugin_response_timeout", { $0.pluginResponseTimeout }, .immediate)
        compare("gotapi_server_app_id", { $0.serverAppID }, .immediate)
        compare("ssl_engine", { $0.isTLSEnabled }, .restart)
        compare("ssl_key_file", { $0.tlsKeyFile }, .immediate)
        compare("ssl_crt_file", { $0.tlsCertificateFile }, .immediate)
        compare("ssl_ca_file", { $0.tlsChainFile }, .immediate)
        compare("state_path", { $0.statePath }, .restart)
        compare("log_level", { $0.logLevel }, .immediate)
        compare("plugins.isolation", { $0.plugins.isolation }, .pluginReload)
        compare("plugins.signatures", { $0.plugins.signatures }, .immediate)
        compare("plugins.trust_path", { $0.plugins.trustPath }, .immediate)
        compare("plugins.signature_time", { $0.plugins.signatureTime }, .immediate)
        compare("plugins.memory_limit", { $0.plugins.memoryLimit }, .pluginReload)
        for id in Set(plugins.items.keys).union(other.plugins.items.keys).sorted() {
            compare("plugins.items.\(id)", { $0.plugins.items[id] }, .pluginReload)
        }
        // Paths are served or not from the start on; what a connection is checked for can change under way.
        compare("native_thing.enabled", { $0.nativeThing.isEnabled }, .restart)
        compare("native_thing.allowed_address_list", { $0.nativeThing.allowedAddressList }, listening)
        compare("native_thing.plain_loopback", { $0.nativeThing.allowsPlainLoopback }, .immediate)
        compare("native_thing.simple_thing", { $0.nativeThing.isSimpleThingEnabled }, .restart)
        compare("native_thing.mdns", { $0.nativeThing.isMDNSEnabled }, .immediate)
        compare("native_thing.name", { $0.nativeThing.name }, .immediate)
        return changes
    }
}
