// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIControl
import GotAPICore
import GotAPIGateway
import GotAPIPluginHost

/// What a running gateway answers to its command.
struct ControlCommands {
    let gateway: Gateway
    let plugins: PluginHost
    /// Those that are served.
    let endpoints: [any PluginEndpoint]
    /// The folder that the files' paths are in.
    let pluginRoot: String
    /// Reloads; `nil` comes back where the gateway is stopping.
    let reload: () async -> ReloadReport?
    /// `nil` where the owner wants no things.
    let things: ThingCommands?

    func answer(_ request: ControlRequest) async -> ControlResponse {
        switch request.command {
        case "plugin list":
            .success(JSONNode(.array(plugins.status().map { $0.json(folder: pluginRoot, services: services(of: $0)) })))
        case "plugin start": await start(request.arguments["id"]?.text ?? "")
        case "reload": await report()
        case let command where command.hasPrefix("things "):
            if let things { await things.answer(request) ?? unknown(request) } else { .failure(Self.withoutThings) }
        default: unknown(request)
        }
    }

    private static let withoutThings =
        "things are switched off: set native_thing.enabled to true in config.json and start the gateway again"

    private func unknown(_ request: ControlRequest) -> ControlResponse {
        .failure("unknown command: \(request.command)")
    }

    private func report() async -> ControlResponse {
        guard let report = await reload() else { return .failure("the gateway is stopping") }
        return .success([
            "hasRefusals": JSONNode(.boolean(report.hasRefusals)), "text": JSONNode(report.text), "report": report.json,
        ])
    }

    private func start(_ id: String) async -> ControlResponse {
        do { return .success(JSONNode(.text(try await plugins.startPlugin(id)))) } catch { return .failure("\(error)") }
    }

    /// What can be called now, which may be more or less than what the plug-in's file says.
    private func services(of status: PluginStatus) -> [String] {
        endpoints.first { $0.id == status.id && $0.generation == status.generation }
            .map { gateway.services(of: $0).map(\.serviceID) } ?? status.services
    }
}

extension PluginStatus {
    /// The object of `gotapi plugin list --json`.
    func json(folder: String, services: [String]) -> JSONNode {
        var members: [(String, JSONNode)] = [
            ("id", JSONNode(id)), ("name", JSONNode(name)), ("version", JSONNode(version)),
            ("vendor", JSONNode(vendor)), ("file", JSONNode("\(folder)/\(file)")), ("sha256", JSONNode(sha256)),
            ("signer", signature?.json ?? nil),
            ("pid", pid.map { JSONNode(integerLiteral: Int($0)) } ?? nil),
            ("memory", memory.map { JSONNode(integerLiteral: Int(clamping: $0)) } ?? nil),
            ("generation", JSONNode(integerLiteral: generation)), ("state", JSONNode(state.rawValue)),
            ("isolation", JSONNode(isolation?.rawValue)), ("lane", JSONNode(lane?.rawValue)),
            ("services", JSONNode(.array(services.map { JSONNode(.text($0)) }))),
            ("requests", JSONNode(integerLiteral: requests)),
            ("errors", JSONNode(integerLiteral: errors)),
            ("pushes", JSONNode(integerLiteral: pushes)),
            ("crashes", JSONNode(integerLiteral: crashes.count)),
            ("lastCrash", JSONNode(crashes.reason)),
            ("lastSignal", crashes.signal.map { JSONNode(integerLiteral: Int($0)) } ?? nil),
            ("output", JSONNode(.array(output.map { JSONNode(.text($0)) }))),
            ("draining", JSONNode(integerLiteral: draining)),
            ("retiredImages", JSONNode(integerLiteral: retiredImages)),
            ("cage", JSONNode(.array(cage.map(\.json)))),
        ]
        if let update {
            members.append(("update", ["code": JSONNode(update.code.rawValue), "reason": JSONNode(update.reason)]))
        }
        if let failure {
            members.append(
                ("failure", ["code": JSONNode(failure.code.rawValue), "reason": JSONNode(failure.reason)]))
        }
        return JSONNode(.object(members.map { JSONNode.Member(name: $0, value: $1) }))
    }
}

extension SignatureVerdict {
    fileprivate var json: JSONNode {
        ["subject": JSONNode(signer), "certificateSHA256": JSONNode(certificateSHA256)]
    }
}

extension CageFeature {
    fileprivate var json: JSONNode {
        ["name": JSONNode(name), "state": JSONNode(state.rawValue), "line": JSONNode(line)]
    }
}

extension JSONNode {
    /// `null` where there is none.
    init(_ text: String?) { self = text.map { JSONNode(.text($0)) } ?? nil }
}
