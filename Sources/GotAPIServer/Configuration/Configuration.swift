// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
package import Logging

/// What config.json says: every key of configuration.md, with its default where the file is silent.
///
/// All paths are absolute. Values are possible ones (ports in range, addresses that are addresses), but nothing here was
/// compared with the machine: that is ``ConfigurationFile/check()``.
package struct Configuration: Sendable, Equatable {
    /// Where a plug-in's library runs (plugin-abi.md, "Where it runs").
    package enum Isolation: String, Sendable, CaseIterable {
        /// In a runner process of its own.
        case process
        /// In the gateway's process; `"none"` in the file.
        case inProcess = "none"
    }

    /// On which thread an in-process plug-in gets its requests (plugin-abi.md, "The header").
    package enum Lane: String, Sendable, CaseIterable {
        /// The plug-in's own thread.
        case thread
        /// The thread that read the request, where the plug-in allows that.
        case inline
    }

    /// What the sandbox of a plug-in can withhold from it.
    package enum Resource: String, Sendable, CaseIterable {
        case network
        case devices
    }

    /// Whether libraries must be signed.
    package enum Signatures: String, Sendable, CaseIterable {
        case off
        case required
    }

    /// Whether the validity period of a signer's certificate counts.
    package enum SignatureTime: String, Sendable, CaseIterable {
        case ignore
        case now
    }

    /// `plugins.items.<id>`: what differs from the rule for one plug-in.
    package struct PluginItem: Sendable, Equatable {
        package var isEnabled = true
        package var isolation: Isolation?
        /// In MiB.
        package var memoryLimit: Int?
        package var deny: Set<Resource> = []
        package var lane: Lane = .thread
        /// What the plug-in reads with the host's `config`: one JSON value, compact.
        package var config: [UInt8]?

        package init() {}
    }

    /// `plugins`: how libraries are checked and run.
    package struct Plugins: Sendable, Equatable {
        package var isolation = Isolation.process
        package var signatures = Signatures.off
        /// A folder of PEM certificates.
        package var trustPath: String
        package var signatureTime = SignatureTime.ignore
        /// In MiB.
        package var memoryLimit = 256
        /// By the plug-in's id.
        package var items: [String: PluginItem] = [:]
    }

    /// `native_thing`: the steward of things.
    package struct NativeThing: Sendable, Equatable {
        package var isEnabled = true
        /// Addresses and CIDR blocks that may open `/native`, beside ``Configuration/allowedAddressList``.
        package var allowedAddressList: [String] = []
        /// Whether `/native` is served without TLS on loopback.
        package var allowsPlainLoopback = false
        /// Whether the Simple Thing dialect is served at `/manage`.
        package var isSimpleThingEnabled = false
        package var isMDNSEnabled = true
        /// What mDNS announces; the host's name where it is `nil`.
        package var name: String?
    }

    /// Addresses and CIDR blocks, IPv4 and IPv6, as they are written in the file.
    package var allowedAddressList: [String] = []
    /// Origins as they are written in the file: `scheme://host[:port]`.
    package var allowedOriginList: [String] = []
    /// `gotapi_if_port`; 0 stands for any free one.
    package var gotapiPort = 4_035
    /// `gotapi_if_ssl_port`; 0 stands for any free one.
    package var gotapiTLSPort = 4_036
    /// `http_server_port`; `nil` stands for the interface's.
    package var httpServerPort: Int?
    /// `https_server_port`; `nil` stands for the interface's.
    package var httpsServerPort: Int?
    package var documentRoot: String
    package var webSocketConnectionLimit = 1_024
    package var pluginRoot: String
    /// In seconds, from the request to its answer.
    package var pluginResponseTimeout = 60
    /// What plug-ins see as `receiver`.
    package var serverAppID = "com.github.futomi.node-gotapi"
    /// `ssl_engine`.
    package var isTLSEnabled = true
    /// `ssl_key_file`; `nil` where the key in ``certificateFolder`` is used.
    package var tlsKeyFile: String?
    /// `ssl_crt_file`; `nil` where the certificate in ``certificateFolder`` is used.
    package var tlsCertificateFile: String?
    /// `ssl_ca_file`: the chain that clients are sent too.
    package var tlsChainFile: String?
    package var statePath: String
    package var logLevel = Logger.Level.info
    package var plugins: Plugins
    package var nativeThing = NativeThing()
    /// The file that all this was read from, or `nil`. Plug-ins may not see it.
    package var file: String?
    /// Where the gateway keeps the certificate that it makes itself.
    package let certificateFolder: String

    /// Every default, the paths being in `folder`.
    ///
    /// - Parameter folder: an absolute path.
    package init(folder: String) {
        documentRoot = absolutePath("html", in: folder)
        pluginRoot = absolutePath("plugins", in: folder)
        statePath = absolutePath("state", in: folder)
        plugins = Plugins(trustPath: absolutePath("trust", in: folder))
        certificateFolder = absolutePath("ssl", in: folder)
    }
}

// MARK: - What follows from the keys

extension Configuration {
    /// What holds for one plug-in, the rule and its own item taken together. Two equal values mean: no reload is needed.
    package struct PluginSettings: Sendable, Equatable {
        package let isEnabled: Bool
        package let isolation: Isolation
        /// In MiB.
        package let memoryLimit: Int
        package let deny: Set<Resource>
        package let lane: Lane
        /// One JSON value, `{}` where the file has none.
        package let config: [UInt8]
    }

    /// What holds for the plug-in with this id.
    package func pluginSettings(for id: String) -> PluginSettings {
        let item = plugins.items[id] ?? PluginItem()
        return PluginSettings(
            isEnabled: item.isEnabled, isolation: item.isolation ?? plugins.isolation,
            memoryLimit: item.memoryLimit ?? plugins.memoryLimit, deny: item.deny, lane: item.lane,
            config: item.config ?? Array("{}".utf8))
    }

    /// The port of GotAPI-1 and GotAPI-5 that is in use; 0 stands for any free one.
    package var interfacePort: Int { isTLSEnabled ? gotapiTLSPort : gotapiPort }

    /// The second port, on which there are static files only, or `nil` where the web server shares the interface's
    /// (gotapi-wire.md, "Ports, TLS, listeners").
    package var separateWebPort: Int? {
        let port = isTLSEnabled ? httpsServerPort : httpServerPort
        return port == interfacePort ? nil : port
    }

    /// Whether an address list names an address beyond loopback, so that all interfaces are listened on
    /// (gotapi-wire.md, "Ports, TLS, listeners").
    package var listensBeyondLoopback: Bool {
        // A list that was read from a file holds nothing that could be thrown at.
        (try? AddressRanges(allowedAddressList + nativeThing.allowedAddressList))?.reachesBeyondLoopback == true
    }
}

/// `path` in `folder` unless it is absolute, without empty and `.` components. A `..` stays: what it leads to depends on
/// symbolic links.
func absolutePath(_ path: String, in folder: String) -> String {
    let whole = path.hasPrefix("/") ? path : folder + "/" + path
    return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
}
