// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPITesting
import NIOConcurrencyHelpers

/// What applications may see of plug-ins that are reloaded, and what they have seen: the fixtures `versions-…`, whose version
/// 1 and 2 take turns. Where something cannot be, it throws.
final class ReloadLedger: Sendable {
    /// Who made an answer or a push.
    struct Origin: Sendable, Equatable {
        let version: Int
        /// Grows from one generation to the next.
        let instance: Int

        init(_ json: JSONNode) throws {
            guard let version = json["data"]?.integer, let instance = json["instance"]?.integer else {
                throw TestConnectionError(description: "neither an answer nor a push of versions: \(json)")
            }
            self.version = version
            self.instance = instance
        }
    }

    fileprivate struct Plugin {
        /// Reloads that have begun, and those that were reported. Version 1 runs before the first.
        var begun = 0
        var reported = 0
        /// The generation that served when the last one was reported.
        var floor = 0
        var versions: [Int: Int] = [:]
        var commands: [String] = []
        /// By listener, the generation that it was pushed to from last.
        var listeners: [Int: Int] = [:]
    }

    /// What could be answered when a request was sent.
    struct Moment: Sendable {
        fileprivate let reported: Int
        fileprivate let floor: Int
    }

    private let state: NIOLockedValueBox<[String: Plugin]>

    init(_ plugins: [String]) {
        state = NIOLockedValueBox(Dictionary(uniqueKeysWithValues: plugins.map { ($0, Plugin()) }))
    }

    // MARK: - Reloads

    /// Another version lies in the file's place.
    ///
    /// - Returns: which.
    func begin(_ plugin: String) -> Int {
        change(plugin) { plugin in
            plugin.begun += 1
            return Self.version(plugin.begun)
        }
    }

    /// The gateway says that it serves the version that lies there.
    func reported(_ plugin: String) { change(plugin) { $0.reported = $0.begun } }

    /// The version that runs after this many reloads.
    private static func version(_ reloads: Int) -> Int { reloads % 2 + 1 }

    /// How often it was reloaded.
    func reloads(of plugin: String) -> Int { change(plugin) { $0.begun } }

    /// Who is served now, since the report says so.
    func served(_ plugin: String, by origin: Origin) throws {
        try change(plugin) { plugin in
            guard origin.version == Self.version(plugin.begun), origin.instance > plugin.floor else {
                throw TestConnectionError(description: "after reload \(plugin.begun): \(origin), after \(plugin.floor)")
            }
            plugin.floor = origin.instance
        }
    }

    // MARK: - Answers

    func now(_ plugin: String) -> Moment { change(plugin) { Moment(reported: $0.reported, floor: $0.floor) } }

    /// Checks an answer: one generation made it, which was served between the request and the answer.
    func check(_ origin: Origin, of plugin: String, since moment: Moment) throws {
        try change(plugin) { plugin in
            let versions = (moment.reported...plugin.begun).map(Self.version)
            guard versions.contains(origin.version), origin.instance >= moment.floor else {
                let words = "answered after the report of reload \(moment.reported)"
                throw TestConnectionError(description: "\(origin) \(words)")
            }
            try plugin.note(origin)
        }
    }

    /// A command was carried out, once.
    func executed(_ command: String, by plugin: String) { change(plugin) { $0.commands.append(command) } }

    /// All that were, in no order.
    func commands(of plugin: String) -> [String] { change(plugin) { $0.commands } }

    // MARK: - Pushes

    /// Whether a reload has begun since then, or was under way.
    func hasBegun(_ plugin: String, since moment: Moment) -> Bool { change(plugin) { $0.begun > moment.reported } }

    /// A listener got a push.
    func heard(_ origin: Origin, from plugin: String, by listener: Int) throws {
        try change(plugin) { plugin in
            guard origin.instance >= plugin.listeners[listener] ?? 0 else {
                throw TestConnectionError(description: "\(origin) pushed after \(plugin.listeners[listener] ?? 0)")
            }
            try plugin.note(origin)
            plugin.listeners[listener] = origin.instance
        }
    }

    func forget(_ listener: Int, of plugin: String) { change(plugin) { $0.listeners[listener] = nil } }

    /// The listeners that have not heard from the generation that is served now, in words.
    var laggards: [String] {
        state.withLockedValue { state in
            state.flatMap { name, plugin in
                plugin.listeners.filter { $0.value < plugin.floor }.map { listener, instance in
                    "\(listener), which listens to \(name), has last heard from \(instance) before \(plugin.floor)"
                }
            }
        }
    }

    private func change<Result>(_ plugin: String, _ body: (inout Plugin) throws -> Result) rethrows -> Result {
        try state.withLockedValue { try body(&$0[plugin]!) }
    }
}

extension ReloadLedger.Plugin {
    /// No generation speaks with two tongues.
    fileprivate mutating func note(_ origin: ReloadLedger.Origin) throws {
        guard versions[origin.instance, default: origin.version] == origin.version else {
            throw TestConnectionError(description: "\(origin) is of version \(versions[origin.instance] ?? 0), too")
        }
        versions[origin.instance] = origin.version
    }
}
