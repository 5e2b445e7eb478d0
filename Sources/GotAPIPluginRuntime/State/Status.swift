// Swift GotAPI · SPDX-License-Identifier: MIT

/// What host functions return: the numbers of `GOTAPI_STATUS_MAP` in gotapi_plugin.h.
enum Status: Int32, CaseIterable, Sendable {
    case ok = 0
    case notFound = 1
    case invalidArgument = 2
    case alreadyAnswered = 3
    case closed = 4
    case dropped = 5
    case full = 6
    case tooLarge = 7
    case badJSON = 8
    case wrongThread = 9
    case unsupported = 10
    case failed = 11

    /// The header's name, without `GOTAPI_`.
    var name: String {
        switch self {
        case .ok: "OK"
        case .notFound: "NOT_FOUND"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .alreadyAnswered: "ALREADY_ANSWERED"
        case .closed: "CLOSED"
        case .dropped: "DROPPED"
        case .full: "FULL"
        case .tooLarge: "TOO_LARGE"
        case .badJSON: "BAD_JSON"
        case .wrongThread: "WRONG_THREAD"
        case .unsupported: "UNSUPPORTED"
        case .failed: "FAILED"
        }
    }

    /// A number from a plug-in, for people: with its name where the header has one.
    static func describe(_ number: Int32) -> String {
        if let status = Status(rawValue: number) { return "\(number) (\(status.name))" }
        return number < 0 ? "\(number) (the plug-in's own)" : "\(number) (a number that gotapi_plugin.h does not have)"
    }
}
