// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPICore
import GotAPIPluginHost

/// What the parts of the gateway are told of the configuration, in their own words.
extension Configuration {
    /// Who may ask. The reader has checked every entry.
    var allowedAddresses: AddressRanges { (try? AddressRanges(allowedAddressList)) ?? AddressRanges() }

    /// Who may read the pages.
    var admission: @Sendable (IPAddress) -> Bool {
        let allowed = allowedAddresses
        return { allowed.contains($0) }
    }

    /// Whether a thing may connect from an address. The reader has checked every entry.
    func admitsThing(from address: IPAddress) -> Bool {
        allowedAddresses.contains(address)
            || (try? AddressRanges(nativeThing.allowedAddressList))?.contains(address) == true
    }

    /// - Parameter runnerPath: the program that runs plug-ins; the one that belongs to this program where it is `nil`.
    func pluginHostSettings(runnerPath: String?) -> PluginHostSettings {
        var settings = PluginHostSettings(
            rootPath: pluginRoot, statePath: statePath, runnerPath: runnerPath,
            defaultIsolation: PluginIsolation(plugins.isolation),
            items: plugins.items.mapValues { item in
                GotAPIPluginHost.PluginSettings(
                    isEnabled: item.isEnabled, isolation: item.isolation.map { PluginIsolation($0) },
                    configJSON: item.config.map { String(decoding: $0, as: UTF8.self) } ?? "{}",
                    memoryLimit: item.memoryLimit, deny: Set(item.deny.map { PluginResource($0) }),
                    lane: PluginLane(item.lane))
            },
            receiver: serverAppID, responseTimeout: .seconds(pluginResponseTimeout), memoryLimit: plugins.memoryLimit,
            hiddenPaths: hiddenPaths)
        if plugins.signatures == .required {
            settings.signatures = SignaturePolicy(
                trustPath: plugins.trustPath, checksTime: plugins.signatureTime == .now)
        }
        return settings
    }

    /// The gateway's own files besides the state folder: the keys, and what it is configured by.
    private var hiddenPaths: [String] { [certificateFolder] + [tlsKeyFile, file].compactMap(\.self) }
}

extension PluginResource {
    fileprivate init(_ resource: Configuration.Resource) {
        self =
            switch resource {
            case .network: .network
            case .devices: .devices
            }
    }
}

extension PluginLane {
    fileprivate init(_ lane: Configuration.Lane) {
        self =
            switch lane {
            case .thread: .thread
            case .inline: .inline
            }
    }
}

extension PluginIsolation {
    fileprivate init(_ isolation: Configuration.Isolation) {
        self =
            switch isolation {
            case .process: .process
            case .inProcess: .none
            }
    }
}
