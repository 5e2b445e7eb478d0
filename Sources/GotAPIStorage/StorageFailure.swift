// Swift GotAPI · SPDX-License-Identifier: MIT

/// Why the database cannot be used, or did not take a change. The description is for the owner and says what to do.
package enum StorageFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file is no database, or its content contradicts itself.
    case damaged(path: String, reason: String)
    /// A later version of the gateway has written it.
    case newerVersion(path: String)
    /// It is no ordinary file of this user.
    case notOurs(path: String)
    case diskFull(path: String)
    /// Another program is writing it.
    case inUse(path: String)
    /// More waits to be written than may; nothing of this commit was.
    case tooMuchWaiting
    /// After ``Storage/close()``.
    case closed
    /// The change contradicts what is kept, for example a thing of a pairing that was removed meanwhile.
    case refused(reason: String)
    case system(operation: String, path: String, reason: String)

    package var description: String {
        switch self {
        case .damaged(let path, let reason):
            "the database \(path) is damaged (\(reason)): put back a copy, or move it away together with \(path)-wal and \(path)-shm; without it every thing has to be paired again"
        case .newerVersion(let path):
            "the database \(path) was written by a later version of the gateway: start that version, or name another state_path"
        case .notOurs(let path):
            "the database \(path) is no ordinary file of this user: move it away, or run the gateway as its owner"
        case .diskFull(let path):
            "no space is left for the database \(path): make room on its file system"
        case .inUse(let path):
            "another program is writing the database \(path): end it"
        case .tooMuchWaiting: "too much waits to be written: try again"
        case .closed: "the gateway is stopping"
        case .refused(let reason): "not kept: \(reason)"
        case .system(let operation, let path, let reason):
            "cannot \(operation) the database \(path): \(reason)"
        }
    }
}
