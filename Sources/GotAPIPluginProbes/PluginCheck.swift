// Swift GotAPI · SPDX-License-Identifier: MIT

/// What `gotapi plugin check` looks at, in the order of its table. The raw values are stable: scripts read them.
package enum PluginCheck: String, Sendable, CaseIterable {
    case file
    case format
    case exports
    case symbols
    case uniqueSymbols = "unique-symbols"
    case swiftRuntime = "swift-runtime"
    case load
    case descriptor
    case hostVersion = "host-version"
    case extensions
    case start
    case cycles
    case answers
    case answeredTwice = "answered-twice"
    case json
    case handles
    case balance
    case stopInFlight = "stop-in-flight"
    case requests
    case blocking
    case log
    case pushes
    case threads
    case processes
    case afterStop = "after-stop"
    case memory
    case descriptors

    /// What it asks for, in a few words.
    package var title: String {
        switch self {
        case .file: "the file's name and permissions"
        case .format: "a shared library for this machine, with its note"
        case .exports: "exports the entry and nothing else"
        case .symbols: "needs nothing that its libraries do not have"
        case .uniqueSymbols: "has no symbols that are unique in a process"
        case .swiftRuntime: "brings its Swift runtime along"
        case .load: "can be loaded"
        case .descriptor: "describes itself well"
        case .hostVersion: "refuses a host with another major version"
        case .extensions: "knows no extension that does not exist"
        case .start: "starts and stops"
        case .cycles: "starts and stops again and again"
        case .answers: "answers every message"
        case .answeredTwice: "answers no message twice"
        case .json: "gives valid JSON"
        case .handles: "uses only handles that are its own"
        case .balance: "releases what it has retained"
        case .stopInFlight: "stops with work in flight"
        case .requests: "survives random requests"
        case .blocking: "does not block its thread"
        case .log: "logs in moderation"
        case .pushes: "pushes no faster than is read"
        case .threads: "leaves no thread behind"
        case .processes: "leaves no program running"
        case .afterStop: "is quiet after stop"
        case .memory: "does not use more and more memory"
        case .descriptors: "does not use more and more descriptors"
        }
    }
}

/// Something that a check has found.
package struct CheckFinding: Sendable, Equatable {
    package enum Severity: String, Sendable {
        /// The check has failed.
        case problem
        /// Worth a look; nothing has failed.
        case warning
    }

    package let check: PluginCheck
    package let severity: Severity
    /// What was seen.
    package let what: String
    /// What to change.
    package let remedy: String

    package init(_ check: PluginCheck, _ severity: Severity, _ what: String, remedy: String) {
        self.check = check
        self.severity = severity
        self.what = what
        self.remedy = remedy
    }
}
