// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOCore

extension PluginHost.Slot {
    var hosted: PluginSupervisor? {
        if case .hosted(let plugin) = outcome { plugin } else { nil }
    }

    /// A plug-in that waits to be started.
    var loaded: PluginSupervisor? { hosted.flatMap { $0.current.state == .loaded ? $0 : nil } }
}

extension PluginStatus {
    init(_ slot: PluginHost.Slot, isolation: PluginIsolation?) {
        self.init(
            id: slot.id, file: slot.file.path, sha256: slot.sha256, generation: 0, state: .disabled,
            isolation: isolation, services: [], requests: 0, errors: 0, pushes: 0)
        if case .refused(let failure) = slot.outcome {
            state = .refused
            self.failure = failure
        }
        update = slot.update
    }
}

extension ChildProcess.Command {
    /// The program that runs one plug-in. Its arguments are for people who look at ps(1), and for its check of its
    /// parent.
    ///
    /// - Parameter dataPath: the plug-in's data folder. A folder for temporary files is in it: `/tmp` is closed to it.
    static func runner(at path: String, id: String, dataPath: String, limits: ControlGroup.Limits) -> Self {
        var environment = ["HOME=" + dataPath, "TMPDIR=" + dataPath + "/tmp"]
        // The last two are for a runner, or a plug-in, that is built with a sanitizer.
        for name in ["PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS"] {
            if let value = getenv(name) { environment.append(name + "=" + String(cString: value)) }
        }
        // A crash is noticed at once instead of after the seconds that a backtrace takes, unless somebody asks for one.
        environment.append("SWIFT_BACKTRACE=" + (getenv("SWIFT_BACKTRACE").map { String(cString: $0) } ?? "enable=no"))
        return Self(
            path: path, arguments: [id, "\(getpid())"], environment: environment, folder: dataPath, limits: limits)
    }
}

extension ControlGroup.Limits {
    /// Threads count too.
    private static let processes: UInt64 = 512

    init(of id: String, _ settings: PluginHostSettings) {
        let mebibytes = settings.items[id]?.memoryLimit ?? settings.memoryLimit
        self.init(memory: UInt64(mebibytes) << 20, processes: Self.processes)
    }
}

extension Cage {
    /// What holds for one plug-in. Blocks on files.
    init(_ library: PreparedLibrary, dataPath: String, _ settings: PluginHostSettings) {
        let id = library.image.note.id
        let deny = settings.items[id]?.deny ?? []
        let limits = ControlGroup.Limits(of: id, settings)
        let rules = CageRules(hidden: [settings.statePath] + settings.hiddenPaths)
        let limiter: Limiter =
            switch ControlGroupDelegation.shared {
            case .success: .controlGroup
            case .failure(let missing): .process(reason: missing.reason)
            }
        self.init(
            paths: rules.paths(
                copy: library.copy.folder, data: dataPath, resources: library.resourcePath,
                libraries: CageRules.foldersOfLibraries + library.copy.content.systemFolders,
                deniesDevices: deny.contains(.devices), isRoot: geteuid() == 0),
            deniesNetwork: deny.contains(.network), deniesDevices: deny.contains(.devices), memoryLimit: limits.memory,
            processLimit: limits.processes, limiter: limiter)
    }
}

extension EventLoopFuture where Value == Void {
    /// Waits for a future that never fails.
    var value: Void {
        get async {
            // Only success completes the futures of this module.
            try? await get()
        }
    }
}

extension Duration {
    /// Whole nanoseconds, 0 where it is negative.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(clamping: seconds) * 1_000_000_000 + UInt64(clamping: attoseconds / 1_000_000_000)
    }
}

extension LoadFailure {
    /// - Parameter other: the file that has the id already.
    static func repeatedID(_ id: String, other: String) -> LoadFailure {
        LoadFailure(.duplicateID, "has the id \(id), as \(other.printable) has: remove one of the two files")
    }

    /// The failure that an untyped error is, or, for a file that could not be worked on at all, one that says why.
    init(wrapping error: any Error) {
        self = error as? LoadFailure ?? LoadFailure(.copyFailed, "\(error)")
    }
}
