// Swift GotAPI · SPDX-License-Identifier: MIT

import GRDB

extension StorageFailure {
    /// What SQLite's result code means to the owner. <https://www.sqlite.org/rescode.html>
    init(_ error: any Error, operation: String, path: String) {
        switch error {
        case let failure as StorageFailure: self = failure
        case let error as DatabaseError:
            let reason = error.message ?? "result \(error.extendedResultCode.rawValue)"
            self =
                switch error.resultCode {
                case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT: .damaged(path: path, reason: reason)
                case .SQLITE_FULL: .diskFull(path: path)
                case .SQLITE_BUSY, .SQLITE_LOCKED: .inUse(path: path)
                case .SQLITE_CONSTRAINT: .refused(reason: reason)
                default: .system(operation: operation, path: path, reason: reason)
                }
        default: self = .system(operation: operation, path: path, reason: "\(error)")
        }
    }
}
