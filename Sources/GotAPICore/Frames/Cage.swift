// Swift GotAPI · SPDX-License-Identifier: MIT

/// What a plug-in's process may do: decided by the gateway, put in force by the runner before any code of the plug-in runs,
/// and never loosened after that.
package struct Cage: Sendable, Equatable {
    /// What is allowed with a path. The numbers are those of `CGotAPICage.h`.
    package struct Access: OptionSet, Sendable, Equatable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Reading files and listing folders.
        package static let read = Access(rawValue: 1)
        /// Running programs.
        package static let execute = Access(rawValue: 2)
        /// Writing to files that are there.
        package static let write = Access(rawValue: 4)
        /// Making, renaming and removing; never device nodes.
        package static let change = Access(rawValue: 8)
        /// ioctl(2) on device nodes.
        package static let control = Access(rawValue: 16)
    }

    /// A file, or a folder with all that is below it.
    package struct Path: Sendable, Equatable {
        package var path: String
        package var access: Access

        package init(_ path: String, _ access: Access) {
            self.path = path
            self.access = access
        }
    }

    /// Who sees to the limits of memory and of the number of processes.
    package enum Limiter: Sendable, Equatable {
        /// The gateway has put the process into a control group that has the limits.
        case controlGroup
        /// There is no such group, for this reason; the process limits itself (setrlimit(2)).
        case process(reason: String)
    }

    /// All that may be touched; what is not there is left out.
    package var paths: [Path]
    /// No network (`"deny": ["network"]`).
    package var deniesNetwork: Bool
    /// No device nodes (`"deny": ["devices"]`); ``paths`` says so already.
    package var deniesDevices: Bool
    /// In bytes.
    package var memoryLimit: UInt64
    /// How many processes and threads the plug-in may have.
    package var processLimit: UInt64
    package var limiter: Limiter

    package init(
        paths: [Path], deniesNetwork: Bool, deniesDevices: Bool, memoryLimit: UInt64, processLimit: UInt64,
        limiter: Limiter
    ) {
        self.paths = paths
        self.deniesNetwork = deniesNetwork
        self.deniesDevices = deniesDevices
        self.memoryLimit = memoryLimit
        self.processLimit = processLimit
        self.limiter = limiter
    }
}

/// What became of one part of a ``Cage``: what an owner reads in `gotapi plugin list --verbose`.
package struct CageFeature: Sendable, Equatable {
    /// The texts are for `gotapi plugin list`, with `--json` too.
    package enum State: String, Sendable, Equatable, CaseIterable {
        case active
        /// Some of it holds; the line says what does not.
        case partial
        /// The kernel does not have it, or refuses it.
        case unavailable
    }

    /// A word, for example `files`.
    package var name: String
    package var state: State
    /// One line: what holds, or why not.
    package var line: String

    package init(_ name: String, _ state: State, _ line: String) {
        self.name = name
        self.state = state
        self.line = line
    }
}

extension FrameWriter {
    mutating func write(_ cage: Cage?) {
        write(cage == nil ? 0 as UInt8 : 1)
        guard let cage else { return }
        write(UInt32(cage.paths.count))
        for path in cage.paths {
            write(path.path)
            write(path.access.rawValue)
        }
        write(cage.deniesNetwork ? 1 as UInt8 : 0)
        write(cage.deniesDevices ? 1 as UInt8 : 0)
        write(cage.memoryLimit)
        write(cage.processLimit)
        switch cage.limiter {
        case .controlGroup: write(0 as UInt8)
        case .process(let reason):
            write(1 as UInt8)
            write(reason)
        }
    }

    mutating func write(_ features: [CageFeature]) {
        write(UInt32(features.count))
        for feature in features {
            write(feature.name)
            write(feature.state.rawValue)
            write(feature.line)
        }
    }
}

extension FrameReader {
    mutating func readCage() throws(FrameError) -> Cage? {
        guard try readFlag() else { return nil }
        var paths: [Cage.Path] = []
        let count: UInt32 = try read()
        for _ in 0..<count { paths.append(Cage.Path(try readText(), .init(rawValue: try read()))) }
        return Cage(
            paths: paths, deniesNetwork: try readFlag(), deniesDevices: try readFlag(), memoryLimit: try read(),
            processLimit: try read(), limiter: try readLimiter())
    }

    mutating func readFeatures() throws(FrameError) -> [CageFeature] {
        var features: [CageFeature] = []
        let count: UInt32 = try read()
        for _ in 0..<count {
            let name = try readText()
            guard let state = CageFeature.State(rawValue: try readText()) else { throw .malformed }
            features.append(CageFeature(name, state, try readText()))
        }
        return features
    }

    private mutating func readLimiter() throws(FrameError) -> Cage.Limiter {
        try readFlag() ? .process(reason: try readText()) : .controlGroup
    }

    private mutating func readFlag() throws(FrameError) -> Bool {
        let flag: UInt8 = try read()
        guard flag <= 1 else { throw .malformed }
        return flag == 1
    }
}
