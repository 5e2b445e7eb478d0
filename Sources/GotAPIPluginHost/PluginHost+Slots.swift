// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOCore

extension PluginHost.Slot {
    init(_ library: PreparedLibrary, outcome: Outcome) {
        self.init(
            file: library.file, id: library.image.note.id, sha256: library.copy.sha256, copy: library.copy,
            outcome: outcome)
    }

    var hosted: HostedPlugin? {
        if case .hosted(let plugin) = outcome { plugin } else { nil }
    }

    /// A plug-in that waits to be started.
    var loaded: HostedPlugin? { hosted.flatMap { $0.state == .loaded ? $0 : nil } }

    /// A plug-in that applications may be told of: it has run.
    var started: HostedPlugin? {
        hosted.flatMap { plugin in
            switch plugin.state {
            case .running, .ending, .crashed, .stopping: plugin
            case .idle, .loading, .loaded, .starting, .stopped, .failed: nil
            }
        }
    }

    /// Whether no process uses the copy any more. One that was loaded in process may be used for good.
    var isOver: Bool {
        guard let plugin = hosted else { return true }
        guard plugin.transport.isIsolated else { return false }
        return switch plugin.state {
        case .failed, .stopped, .crashed: plugin.transport.pid == nil
        case .idle, .loading, .loaded, .starting, .running, .stopping, .ending: false
        }
    }
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
    }
}

extension ChildProcess.Command {
    /// The program that runs one plug-in. Its arguments are for people who look at ps(1), and for its check of its
    /// parent.
    static func runner(at path: String, id: String, dataPath: String) -> Self {
        var environment = ["HOME=" + dataPath]
        for name in ["PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH"] {
            if let value = getenv(name) { environment.append(name + "=" + String(cString: value)) }
        }
        // A crash is noticed at once instead of after the seconds that a backtrace takes, unless somebody asks for one.
        environment.append("SWIFT_BACKTRACE=" + (getenv("SWIFT_BACKTRACE").map { String(cString: $0) } ?? "enable=no"))
        return Self(path: path, arguments: [id, "\(getpid())"], environment: environment, folder: dataPath)
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
