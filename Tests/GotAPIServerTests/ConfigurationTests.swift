// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging
import Testing

@testable import GotAPIServer

/// Reading config.json: every key of configuration.md, and everything that is refused.
struct ConfigurationTests {
    private func parse(_ text: String) throws(ConfigurationError) -> Configuration {
        try ConfigurationFile.parse(Array(text.utf8), path: "config.json", folder: "/etc/gotapi").configuration
    }

    private func findings(in text: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try parse(text)
            return []
        } catch {
            return error.findings.map(\.description)
        }
    }

    @Test func anEmptyObjectMeansEveryDefault() throws {
        let configuration = try parse("{}")
        #expect(configuration == Configuration(folder: "/etc/gotapi"))
        #expect(configuration.interfacePort == 4_036)
        #expect(configuration.separateWebPort == nil)
        #expect(configuration.documentRoot == "/etc/gotapi/html")
        #expect(configuration.pluginRoot == "/etc/gotapi/plugins")
        #expect(configuration.statePath == "/etc/gotapi/state")
        #expect(configuration.plugins.trustPath == "/etc/gotapi/trust")
        #expect(configuration.certificateFolder == "/etc/gotapi/ssl")
        #expect(!configuration.listensBeyondLoopback)
    }

    @Test func everyKeyIsRead() throws {
        let configuration = try parse(
            """
            \u{feff}{
              "allowed_address_list": ["192.168.1.0/24", "fd00::1"], "allowed_origin_list": ["https://app.example:8443"],
              "gotapi_if_port": 0, "gotapi_if_ssl_port": 1, "http_server_port": 2, "https_server_port": 65535,
              "http_server_document_root": "../pages/./x", "ws_connection_limit": 5, "plugin_root_path": "/opt/p/",
              "plugin_response_timeout": 2, "gotapi_server_app_id": "é", "ssl_engine": false,
              "ssl_key_file": "k", "ssl_crt_file": "c", "ssl_ca_file": "a", "state_path": "s", "log_level": "trace",
              "plugins": {"isolation": "none", "signatures": "required", "trust_path": "t", "signature_time": "now",
                "memory_limit": 64, "items": {"com.example.thermo": {"enabled": false, "isolation": "process",
                "memory_limit": 12, "deny": ["network", "devices"], "lane": "inline", "config": {"a": [1, null]}}}},
              "native_thing": {"enabled": false, "allowed_address_list": ["10.0.0.0/8"], "plain_loopback": true,
                "simple_thing": true, "mdns": false, "name": "Küche"}
            }
            """)
        var expected = Configuration(folder: "/etc/gotapi")
        expected.allowedAddressList = ["192.168.1.0/24", "fd00::1"]
        expected.allowedOriginList = ["https://app.example:8443"]
        expected.gotapiPort = 0
        expected.gotapiTLSPort = 1
        expected.httpServerPort = 2
        expected.httpsServerPort = 65_535
        expected.documentRoot = "/etc/gotapi/../pages/x"
        expected.webSocketConnectionLimit = 5
        expected.pluginRoot = "/opt/p"
        expected.pluginResponseTimeout = 2
        expected.serverAppID = "é"
        expected.isTLSEnabled = false
        expected.tlsKeyFile = "/etc/gotapi/k"
        expected.tlsCertificateFile = "/etc/gotapi/c"
        expected.tlsChainFile = "/etc/gotapi/a"
        expected.statePath = "/etc/gotapi/s"
        expected.logLevel = .trace
        expected.plugins.isolation = .inProcess
        expected.plugins.signatures = .required
        expected.plugins.trustPath = "/etc/gotapi/t"
        expected.plugins.signatureTime = .now
        expected.plugins.memoryLimit = 64
        var item = Configuration.PluginItem()
        item.isEnabled = false
        item.isolation = .process
        item.memoryLimit = 12
        item.deny = [.network, .devices]
        item.lane = .inline
        item.config = Array(#"{"a":[1,null]}"#.utf8)
        expected.plugins.items = ["com.example.thermo": item]
        expected.nativeThing.isEnabled = false
        expected.nativeThing.allowedAddressList = ["10.0.0.0/8"]
        expected.nativeThing.allowsPlainLoopback = true
        expected.nativeThing.isSimpleThingEnabled = true
        expected.nativeThing.isMDNSEnabled = false
        expected.nativeThing.name = "Küche"
        #expect(configuration == expected)
    }

    @Test(arguments: [
        // Types and ranges.
        (#"[]"#, "config.json:1: an array is not possible; expected an object"),
        (
            #"{"gotapi_if_port": 65536}"#,
            "config.json:1: gotapi_if_port: 65536 is not possible; expected a whole number from 0 to 65535"
        ),
        (
            #"{"gotapi_if_port": -1}"#,
            "config.json:1: gotapi_if_port: -1 is not possible; expected a whole number from 0 to 65535"
        ),
        (
            #"{"http_server_port": 0}"#,
            "config.json:1: http_server_port: 0 is not possible; expected a whole number from 1 to 65535"
        ),
        (
            #"{"https_server_port": "8080"}"#,
            #"config.json:1: https_server_port: "8080" is not possible; expected a whole number from 1 to 65535"#
        ),
        (
            #"{"plugin_response_timeout": 1.5}"#,
            "config.json:1: plugin_response_timeout: 1.5 is not possible; expected a whole number from 1 to 60"
        ),
        (
            #"{"ws_connection_limit": 100001}"#,
            "config.json:1: ws_connection_limit: 100001 is not possible; expected a whole number from 1 to 100000"
        ),
        (#"{"ssl_engine": 1}"#, "config.json:1: ssl_engine: 1 is not possible; expected true or false"),
        (
            #"{"gotapi_server_app_id": null}"#,
            "config.json:1: gotapi_server_app_id: null is not possible; expected text"
        ),
        (#"{"state_path": ""}"#, #"config.json:1: state_path: "" is not possible; expected the path of a folder"#),
        (
            #"{"ssl_key_file": "a\u0000b"}"#,
            "config.json:1: ssl_key_file: \"a\u{fffd}b\" is not possible; expected the path of a file"
        ),
        (
            #"{"log_level": "Debug"}"#,
            #"config.json:1: log_level: "Debug" is not possible; expected "trace", "debug", "info", "notice", "warning", "error" or "critical""#
        ),
        // Lists name the element.
        (
            "{\"allowed_address_list\": [\"10.0.0.1\",\n\"10.0.0.256\"]}",
            #"config.json:2: allowed_address_list[1]: "10.0.0.256" is not possible; expected an address such as "192.168.1.20" or a block such as "192.168.1.0/24" or "fd00::/8""#
        ),
        (
            #"{"allowed_address_list": "10.0.0.1"}"#,
            #"config.json:1: allowed_address_list: "10.0.0.1" is not possible; expected an array, each element an address such as "192.168.1.20" or a block such as "192.168.1.0/24" or "fd00::/8""#
        ),
        (
            #"{"allowed_origin_list": ["https://app.example/"]}"#,
            #"config.json:1: allowed_origin_list[0]: "https://app.example/" is not possible; expected an origin such as "https://app.example:8443", without a path or a slash behind it"#
        ),
        // Nested keys are dotted.
        (
            #"{"plugins": {"isolation": "thread"}}"#,
            #"config.json:1: plugins.isolation: "thread" is not possible; expected "process" or "none""#
        ),
        (#"{"plugins": true}"#, "config.json:1: plugins: true is not possible; expected an object"),
        (
            #"{"plugins": {"items": {"a b": {}}}}"#,
            #"config.json:1: plugins.items.a b: "a b" cannot be a plug-in's id; expected 1 to 63 letters, digits, '.', '-' and '_', such as com.example.thermo"#
        ),
        (
            #"{"plugins": {"items": {"a": {"deny": ["usb"]}}}}"#,
            #"config.json:1: plugins.items.a.deny[0]: "usb" is not possible; expected "network" or "devices""#
        ),
        (
            #"{"plugins": {"items": {"a": {"memory_limit": 0}}}}"#,
            "config.json:1: plugins.items.a.memory_limit: 0 is not possible; expected a whole number from 1 to 1048576 (MiB)"
        ),
        // Unknown and repeated keys.
        (
            #"{"gotapi_if_prot": 1}"#, #"config.json:1: gotapi_if_prot: unknown key; expected "gotapi_if_port"?"#
        ),
        (
            #"{"plugins": {"isolaton": "none"}}"#,
            #"config.json:1: plugins.isolaton: unknown key; expected "plugins.isolation"?"#
        ),
        (
            #"{"plugins.isolation": "none"}"#,
            #"config.json:1: plugins.isolation: unknown key; a dot stands for nesting: {"plugins": {"isolation": …}}"#
        ),
        (
            #"{"plugins": {"items": {"a": {"zzz": 1}}}}"#,
            "config.json:1: plugins.items.a.zzz: unknown key; expected one of enabled, isolation, memory_limit, deny, lane, config"
        ),
        (
            "{\"ssl_engine\": true,\n\n\"ssl_engine\": true}",
            "config.json:3: ssl_engine: given twice; expected once; line 1 has it already"
        ),
        (
            #"{"plugins": {"items": {"a": {"config": [{"x": 1, "x": 2}]}}}}"#,
            "config.json:1: plugins.items.a.config[0].x: given twice; expected once; line 1 has it already"
        ),
        // No JSON: line and column, in characters.
        ("", "config.json:1:1: no valid JSON: expected a value, found the end; mend the text at this place"),
        (
            "{\n  \"log_level\": \"é\" 5\n}",
            "config.json:2:20: no valid JSON: expected ',' or '}'; mend the text at this place"
        ),
        (
            "\u{feff}{\"a\": 1,}",
            "config.json:1:9: no valid JSON: expected a member's name in quotes; mend the text at this place"
        ),
    ])
    func isRefused(text: String, finding: String) {
        #expect(findings(in: text) == [finding])
    }

    @Test func everythingIsReportedTogetherInTheOrderOfTheFile() {
        let text = """
            {
              "plugins": {"memory_limit": "much"},
              "log_level": 3,
              "ssl_engin": true,
              "gotapi_if_port": 70000
            }
            """
        let lines = findings(in: text).map { $0.split(separator: ":")[1] }
        #expect(lines == ["2", "3", "4", "5"])
    }

    @Test(arguments: [
        "http://a", "https://app.example", "HTTPS://App.Example:443", "http://192.168.1.5:8080",
        "https://[fd00::1]:4036",
        "http://x_y.local",
    ])
    func isAnOrigin(text: String) throws {
        let configuration = try parse(#"{"allowed_origin_list": ["\#(text)"]}"#)
        #expect(configuration.allowedOriginList == [text])
    }

    @Test(arguments: [
        "", "null", "*", "app.example", "ftp://a", "http://", "http://a/", "http://a/b", "http://a:", "http://a:0",
        "http://a:65536", "http://a:x", "http://u@a", "http://a b", "http://[::1", "http://[1.2.3.4]", "http://a?b",
        "https://:443",
    ])
    func isNoOrigin(text: String) {
        #expect(findings(in: #"{"allowed_origin_list": ["\#(text)"]}"#).count == 1)
    }

    @Test(arguments: [
        ("10.1.2.3", false), ("127.0.0.1", true), ("127.5.0.0/16", true), ("127.0.0.0/7", false), ("0.0.0.0/0", false),
        ("::1", true), ("::1/128", true), ("::/0", false), ("::ffff:127.0.0.1", true), ("::ffff:10.0.0.0/104", false),
        ("fe80::/10", false), ("10.0.0.0/32", false),
    ])
    func anAddressBeyondLoopbackOpensAllInterfaces(text: String, isLoopback: Bool) throws {
        for key in [
            #"{"allowed_address_list": ["\#(text)"]}"#, #"{"native_thing": {"allowed_address_list": ["\#(text)"]}}"#,
        ] {
            #expect(try parse(key).listensBeyondLoopback == !isLoopback)
        }
    }

    @Test(arguments: [
        "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "::/129", "::ffff:10.0.0.0/95",
        "localhost",
        "10.0.0", "*", "",
    ])
    func isNoAddressOrBlock(text: String) {
        #expect(findings(in: #"{"allowed_address_list": ["\#(text)"]}"#).count == 1)
    }

    @Test func aPluginsItemOverridesTheRule() throws {
        let configuration = try parse(
            #"{"plugins": {"memory_limit": 32, "items": {"a": {"isolation": "none", "config": 5}}}}"#)
        let mine = configuration.pluginSettings(for: "a")
        #expect(mine.isolation == .inProcess && mine.memoryLimit == 32 && mine.isEnabled && mine.lane == .thread)
        #expect(mine.config == Array("5".utf8))
        let other = configuration.pluginSettings(for: "b")
        #expect(other.isolation == .process && other.deny.isEmpty && other.config == Array("{}".utf8))
    }

    @Test(
        arguments: [
            (#"{"ssl_engine": false}"#, 4_035, nil),
            (#"{"ssl_engine": false, "http_server_port": 80}"#, 4_035, 80),
            (#"{"ssl_engine": false, "https_server_port": 443}"#, 4_035, nil),
            (#"{"http_server_port": 80}"#, 4_036, nil),
            (#"{"https_server_port": 443}"#, 4_036, 443),
            (#"{"https_server_port": 4036}"#, 4_036, nil),
        ] as [(String, Int, Int?)])
    func theWebServerSharesTheInterfacesPortUnlessItHasItsOwn(text: String, interface: Int, web: Int?) throws {
        let configuration = try parse(text)
        #expect(configuration.interfacePort == interface)
        #expect(configuration.separateWebPort == web)
    }

    @Test(arguments: [
        (#"{"log_level": "debug"}"#, "log_level", ConfigurationChange.Effect.immediate),
        (#"{"ssl_engine": false}"#, "ssl_engine", .restart),
        (#"{"gotapi_if_ssl_port": 1}"#, "gotapi_if_ssl_port", .restart),
        (#"{"allowed_address_list": ["127.0.0.2"]}"#, "allowed_address_list", .immediate),
        (#"{"allowed_address_list": ["10.0.0.2"]}"#, "allowed_address_list", .restart),
        (#"{"plugins": {"isolation": "none"}}"#, "plugins.isolation", .pluginReload),
        (#"{"plugins": {"items": {"a.b": {"enabled": false}}}}"#, "plugins.items.a.b", .pluginReload),
        (#"{"native_thing": {"enabled": false}}"#, "native_thing.enabled", .restart),
    ])
    func aChangeSaysWhatItTakes(text: String, key: String, effect: ConfigurationChange.Effect) throws {
        let changed = try parse(text)
        let change = ConfigurationChange(key: key, effect: effect)
        #expect(try parse("{}").changes(to: changed) == [change])
        #expect(changed.changes(to: changed).isEmpty)
    }

    @Test func theErrorHasALineForEachFinding() {
        #expect(throws: ConfigurationError.self) { try parse(#"{"a": 1, "b": 2}"#) }
        #expect(findings(in: #"{"a": 1, "b": 2}"#).count == 2)
        #expect(ConfigurationError.exitStatus == 78)
    }
}
