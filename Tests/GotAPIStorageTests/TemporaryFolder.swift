// Swift GotAPI · SPDX-License-Identifier: MIT

import Foundation
import Glibc

/// A folder that only this user may write, for one test. Whoever makes it removes it.
struct TemporaryFolder {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/gotapi-storage-XXXXXX").utf8CString)
        guard let name = mkdtemp(&template) else { throw CocoaError(.fileWriteUnknown) }
        path = String(cString: name)
    }

    var database: String { path + "/gotapi.sqlite" }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
