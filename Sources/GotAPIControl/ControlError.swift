// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Why the running gateway and its command cannot talk. The description is for the operator and says what to do.
package enum ControlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nobody listens on that socket.
    case notRunning(path: String)
    case permissionDenied(path: String)
    case timedOut(Duration)
    /// The other side closed the connection before its answer was whole.
    case connectionEnded
    /// The other side does not speak this protocol.
    case invalidMessage(String)
    case requestTooLong
    /// Something else is where the socket should be.
    case notASocket(path: String)
    case system(operation: String, path: String, code: CInt)

    package var description: String {
        switch self {
        case .notRunning(let path):
            "no gateway is running with this state folder (\(path)): start it with `gotapi serve`"
        case .permissionDenied(let path):
            "the gateway's control socket \(path) belongs to another user: run this command as that user or as root"
        case .timedOut(let limit):
            "the gateway did not answer within \(limit.components.seconds) s: see its log"
        case .connectionEnded:
            "the gateway closed the connection before it had answered: see its log"
        case .invalidMessage(let reason): "not understood: \(reason)"
        case .requestTooLong: "the request is longer than \(ControlRequest.maximumLength) bytes"
        case .notASocket(let path): "\(path) is no socket: remove it, or name another state_path"
        case .system(let operation, let path, let code):
            "cannot \(operation) \(path): \(String(cString: strerror(code)))"
        }
    }
}
