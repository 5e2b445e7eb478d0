// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Where a plug-in runs (`plugins.isolation`).
package enum PluginIsolation: String, Sendable, Equatable {
    /// In a process of its own.
    case process
    /// In the gateway's process.
    case none
}

/// Which thread handles a plug-in's requests (`plugins.items.<id>.lane`).
package enum PluginLane: String, Sendable, Equatable {
    /// The plug-in's own.
    case thread
    /// In the gateway's process, for a plug-in with the flag `INLINE`: the one that read the request.
    case inline
}

/// What the owner withholds from a plug-in (`plugins.items.<id>.deny`).
package enum PluginResource: String, Sendable, Equatable, CaseIterable {
    case network
    case devices
}

/// What the owner says of one plug-in (`plugins.items.<id>`).
package struct PluginSettings: Sendable, Equatable {
    package var isEnabled = true
    /// `nil`: as ``PluginHostSettings/defaultIsolation``.
    package var isolation: PluginIsolation?
    /// The plug-in's `config`, a JSON value.
    package var configJSON = "{}"
    /// In MiB; `nil`: as ``PluginHostSettings/memoryLimit``.
    package var memoryLimit: Int?
    package var deny: Set<PluginResource> = []
    package var lane: PluginLane

    package init(
        isEnabled: Bool = true, isolation: PluginIsolation? = nil, configJSON: String = "{}", memoryLimit: Int? = nil,
        deny: Set<PluginResource> = [], lane: PluginLane = .thread
    ) {
        self.isEnabled = isEnabled
        self.isolation = isolation
        self.configJSON = configJSON
        self.memoryLimit = memoryLimit
        self.deny = deny
        self.lane = lane
    }
}

/// What a ``PluginHost`` needs to know. Paths are absolute.
package struct PluginHostSettings: Sendable, Equatable {
    /// The folder with the libraries (`plugin_root_path`).
    package var rootPath: String
    /// The gateway's own folder (`state_path`), which exists.
    package var statePath: String
    /// The program that runs a plug-in.
    package var runnerPath: String
    package var defaultIsolation: PluginIsolation
    package var items: [String: PluginSettings]
    /// The gateway's application id, which plug-ins see as `receiver` (`gotapi_server_app_id`).
    package var receiver: String
    /// `plugin_response_timeout`; a thread that is blocked for 10 s longer counts as hung.
    package var responseTimeout: Duration
    /// In MiB (`plugins.memory_limit`).
    package var memoryLimit: Int
    /// What no plug-in's process may see, besides ``statePath``: keys, configuration.
    package var hiddenPaths: [String]
    /// What is asked of signatures; `nil`: nothing (`plugins.signatures: "off"`).
    package var signatures: SignaturePolicy?
    /// When plug-ins that have crashed are started again.
    var restartPolicy = RestartPolicy()

    /// - Parameter runnerPath: `nil` for the `gotapi-plugin-runner` that belongs to this process's own program.
    package init(
        rootPath: String, statePath: String, runnerPath: String? = nil, defaultIsolation: PluginIsolation = .process,
        items: [String: PluginSettings] = [:], receiver: String = "", responseTimeout: Duration = .seconds(60),
        memoryLimit: Int = 256, hiddenPaths: [String] = []
    ) {
        self.rootPath = rootPath
        self.statePath = statePath
        self.runnerPath = runnerPath ?? Self.ownRunnerPath
        self.defaultIsolation = defaultIsolation
        self.items = items
        self.receiver = receiver
        self.responseTimeout = responseTimeout
        self.memoryLimit = memoryLimit
        self.hiddenPaths = hiddenPaths
    }

    package func isolation(of id: String) -> PluginIsolation { items[id]?.isolation ?? defaultIsolation }

    /// What the owner wants of one plug-in, every default filled in. Two equal values mean: nothing has to be replaced.
    func wishes(for id: String) -> PluginSettings {
        var wishes = items[id] ?? PluginSettings()
        wishes.isolation = isolation(of: id)
        wishes.memoryLimit = wishes.memoryLimit ?? memoryLimit
        return wishes
    }

    /// The `gotapi-plugin-runner` that belongs to this process's own program.
    package static var ownRunnerPath: String { runnerPath(of: folderOfProgram) { access($0, X_OK) == 0 } }

    /// Where the runner is: beside the program, as SwiftPM builds it, or where `script/install` puts it. Beside it too where
    /// it is nowhere, to be named in the error.
    static func runnerPath(of folder: String, isProgram: (String) -> Bool) -> String {
        let candidates = ["\(folder)/gotapi-plugin-runner", "\(folder)/../libexec/gotapi/gotapi-plugin-runner"]
        return candidates.first(where: isProgram) ?? candidates[0]
    }

    /// proc_pid_exe(5)
    private static var folderOfProgram: String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = max(0, readlink("/proc/self/exe", &bytes, bytes.count))
        let path = String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
