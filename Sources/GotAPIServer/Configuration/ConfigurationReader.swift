// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging

/// Turns the tree of a config.json into a ``Configuration`` and notes everything that is wrong with it.
struct ConfigurationReader {
    private(set) var findings: [ConfigurationFinding] = []
    /// The line of each key, by its dotted name.
    private(set) var keyLines: [String: Int] = [:]

    private let path: String
    private let folder: String
    private let lines: TextLines

    /// - Parameters:
    ///   - path: how findings call the file.
    ///   - folder: what relative paths are relative to: absolute.
    ///   - lines: the text that the tree was made from.
    init(path: String, folder: String, lines: TextLines) {
        self.path = path
        self.folder = folder
        self.lines = lines
    }

    /// Reads the whole file. The result is to be used only if there are no ``findings``.
    mutating func read(_ root: JSONNode) -> Configuration {
        var result = Configuration(folder: folder)
        guard var section = section(root, key: "") else { return result }
        let port = ValueKind<Int>.integer(1...65_535)
        let portOrAny = ValueKind<Int>.integer(0...65_535)
        let file = ValueKind<String>.path(in: folder, of: "a file")
        let directory = ValueKind<String>.path(in: folder, of: "a folder")

        take("allowed_address_list", of: &section, asListOf: .addressOrBlock, into: &result.allowedAddressList)
        take("allowed_origin_list", of: &section, asListOf: .origin, into: &result.allowedOriginList)
        take("gotapi_if_port", of: &section, as: portOrAny, into: &result.gotapiPort)
        take("gotapi_if_ssl_port", of: &section, as: portOrAny, into: &result.gotapiTLSPort)
        result.httpServerPort = value("http_server_port", of: &section, as: port)
        result.httpsServerPort = value("https_server_port", of: &section, as: port)
        take("http_server_document_root", of: &section, as: directory, into: &result.documentRoot)
        take("ws_connection_limit", of: &section, as: .integer(1...100_000), into: &result.webSocketConnectionLimit)
        take("plugin_root_path", of: &section, as: directory, into: &result.pluginRoot)
        take("plugin_response_timeout", of: &section, as: .integer(1...60), into: &result.pluginResponseTimeout)
        take("gotapi_server_app_id", of: &section, as: .text, into: &result.serverAppID)
        take("ssl_engine", of: &section, as: .boolean, into: &result.isTLSEnabled)
        result.tlsKeyFile = value("ssl_key_file", of: &section, as: file)
        result.tlsCertificateFile = value("ssl_crt_file", of: &section, as: file)
        result.tlsChainFile = value("ssl_ca_file", of: &section, as: file)
        take("state_path", of: &section, as: directory, into: &result.statePath)
        take("log_level", of: &section, as: .choice(Logger.Level.self), into: &result.logLevel)
        readPlugins(in: &section, into: &result.plugins)
        readNativeThing(in: &section, into: &result.nativeThing)
        refuseUnknownKeys(in: section)
        findings.sort { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
        return result
    }

    private mutating func readPlugins(in parent: inout Section, into plugins: inout Configuration.Plugins) {
        guard var section = subsection("plugins", of: &parent) else { return }
        take("isolation", of: &section, as: .choice(Configuration.Isolation.self), into: &plugins.isolation)
        take("signatures", of: &section, as: .choice(Configuration.Signatures.self), into: &plugins.signatures)
        take("trust_path", of: &section, as: .path(in: folder, of: "a folder"), into: &plugins.trustPath)
        take(
            "signature_time", of: &section, as: .choice(Configuration.SignatureTime.self),
            into: &plugins.signatureTime)
        take("memory_limit", of: &section, as: .memory, into: &plugins.memoryLimit)
        if let items = subsection("items", of: &section) {
            // Every name is a plug-in's id here, so none is unknown.
            for (id, node) in items.members.map({ ($0.name, $0.value) }) {
                let key = items.key(of: id)
                if isPluginID(id) {
                    readItem(node, key: key).map { plugins.items[id] = $0 }
                } else {
                    report(
                        node.offset, key: key, problem: "\(quoted(id)) cannot be a plug-in's id",
                        remedy: "expected 1 to 63 letters, digits, '.', '-' and '_', such as com.example.thermo")
                }
            }
        }
        refuseUnknownKeys(in: section)
    }

    private mutating func readItem(_ node: JSONNode, key: String) -> Configuration.PluginItem? {
        guard var section = section(node, key: key) else { return nil }
        var item = Configuration.PluginItem()
        take("enabled", of: &section, as: .boolean, into: &item.isEnabled)
        item.isolation = value("isolation", of: &section, as: .choice(Configuration.Isolation.self))
        item.memoryLimit = value("memory_limit", of: &section, as: .memory)
        var deny: [Configuration.Resource] = []
        take("deny", of: &section, asListOf: .choice(Configuration.Resource.self), into: &deny)
        item.deny = Set(deny)
        take("lane", of: &section, as: .choice(Configuration.Lane.self), into: &item.lane)
        if let config = member("config", of: &section) {
            refuseRepeatedNames(in: config, key: section.key(of: "config"))
            item.config = config.bytes
        }
        refuseUnknownKeys(in: section)
        return item
    }

    private mutating func readNativeThing(in parent: inout Section, into thing: inout Configuration.NativeThing) {
        guard var section = subsection("native_thing", of: &parent) else { return }
        take("enabled", of: &section, as: .boolean, into: &thing.isEnabled)
        take("allowed_address_list", of: &section, asListOf: .addressOrBlock, into: &thing.allowedAddressList)
        take("plain_loopback", of: &section, as: .boolean, into: &thing.allowsPlainLoopback)
        take("simple_thing", of: &section, as: .boolean, into: &thing.isSimpleThingEnabled)
        take("mdns", of: &section, as: .boolean, into: &thing.isMDNSEnabled)
        thing.name = value("name", of: &section, as: .shownName)
        refuseUnknownKeys(in: section)
    }
}

// MARK: - Sections and values

extension ConfigurationReader {
    /// An object of the file, and which of its names were asked for, so that the others are known to be unknown.
    private struct Section {
        /// The dotted name; empty for the file itself.
        let key: String
        /// In the file's order, each name once.
        let members: [JSONNode.Member]
        var knownNames: [String] = []

        func key(of name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }
    }

    private mutating func section(_ node: JSONNode, key: String) -> Section? {
        guard let members = node.object else {
            report(
                node.offset, key: key.isEmpty ? nil : key, problem: "\(shown(node)) is not possible",
                remedy: "expected an object")
            return nil
        }
        let section = Section(key: key, members: refuseRepeated(members, key: key))
        for member in section.members {
            keyLines[section.key(of: member.name)] = lines.position(of: member.offset).line
        }
        return section
    }

    private mutating func subsection(_ name: String, of section: inout Section) -> Section? {
        member(name, of: &section).flatMap { self.section($0, key: section.key(of: name)) }
    }

    private func member(_ name: String, of section: inout Section) -> JSONNode? {
        section.knownNames.append(name)
        return section.members.first { $0.name == name }?.value
    }

    private mutating func value<Value>(
        _ name: String, of section: inout Section, as kind: ValueKind<Value>
    ) -> Value? {
        member(name, of: &section).flatMap { convert($0, key: section.key(of: name), as: kind) }
    }

    private mutating func take<Value>(
        _ name: String, of section: inout Section, as kind: ValueKind<Value>, into target: inout Value
    ) {
        if let value = value(name, of: &section, as: kind) { target = value }
    }

    private mutating func take<Value>(
        _ name: String, of section: inout Section, asListOf kind: ValueKind<Value>, into target: inout [Value]
    ) {
        guard let node = member(name, of: &section) else { return }
        let key = section.key(of: name)
        guard let elements = node.array else {
            return report(
                node.offset, key: key, problem: "\(shown(node)) is not possible",
                remedy: "expected an array, each element \(kind.expected)")
        }
        target = elements.enumerated().compactMap { convert($1, key: "\(key)[\($0)]", as: kind) }
    }

    private mutating func convert<Value>(_ node: JSONNode, key: String, as kind: ValueKind<Value>) -> Value? {
        if let value = kind.convert(node) { return value }
        report(node.offset, key: key, problem: "\(shown(node)) is not possible", remedy: "expected \(kind.expected)")
        return nil
    }
}

// MARK: - What is refused

extension ConfigurationReader {
    private mutating func report(_ offset: Int, key: String?, problem: String, remedy: String) {
        findings.append(
            ConfigurationFinding(
                severity: .error, file: path, line: lines.position(of: offset).line, column: nil, key: key,
                problem: problem, remedy: remedy))
    }

    /// - Returns: the members, each name once.
    private mutating func refuseRepeated(_ members: [JSONNode.Member], key: String) -> [JSONNode.Member] {
        var first: [String: Int] = [:]
        return members.filter { member in
            let line = lines.position(of: member.offset).line
            guard let earlier = first.updateValue(line, forKey: member.name) else { return true }
            first[member.name] = earlier
            report(
                member.offset, key: key.isEmpty ? member.name : "\(key).\(member.name)", problem: "given twice",
                remedy: "expected once; line \(earlier) has it already")
            return false
        }
    }

    private mutating func refuseRepeatedNames(in node: JSONNode, key: String) {
        for (index, element) in (node.array ?? []).enumerated() {
            refuseRepeatedNames(in: element, key: "\(key)[\(index)]")
        }
        guard let members = node.object else { return }
        for member in refuseRepeated(members, key: key) {
            refuseRepeatedNames(in: member.value, key: "\(key).\(member.name)")
        }
    }

    private mutating func refuseUnknownKeys(in section: Section) {
        for member in section.members where !section.knownNames.contains(member.name) {
            report(
                member.offset, key: section.key(of: member.name), problem: "unknown key",
                remedy: remedy(forUnknown: member.name, in: section))
        }
    }

    private func remedy(forUnknown name: String, in section: Section) -> String {
        if let nearest = nearestName(to: name, among: section.knownNames) {
            return "expected \(quoted(section.key(of: nearest)))?"
        }
        let parts = name.split(separator: ".")
        if parts.count > 1, section.knownNames.contains(String(parts[0])) {
            return "a dot stands for nesting: {\"\(parts[0])\": {\"\(parts.dropFirst().joined(separator: "."))\": …}}"
        }
        return "expected one of \(section.knownNames.joined(separator: ", "))"
    }

    /// A value in a message: short, and harmless on a terminal.
    private func shown(_ node: JSONNode) -> String {
        switch node.content {
        case .object: "an object"
        case .array: "an array"
        case .text(let text): quoted(text)
        case .number(let text): text.count > 40 ? String(text.prefix(40)) + "…" : text
        case .boolean, .null: String(decoding: node.bytes, as: UTF8.self)
        }
    }

    private func quoted(_ text: String) -> String {
        let short = text.count > 60 ? String(text.prefix(60)) + "…" : text
        let harmless = short.unicodeScalars.map {
            $0.properties.generalCategory == .control ? "\u{fffd}" : Character($0)
        }
        return String(decoding: JSONText.quoted(String(harmless)), as: UTF8.self)
    }
}

/// Whether `text` has the form of a plug-in's id (plugin-abi.md, "On disk"): it must fit into the 64 bytes of the note.
private func isPluginID(_ text: String) -> Bool {
    1...63 ~= text.utf8.count
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
}
