// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import Testing

/// A folder, 0700, that ends with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/gotapi-control-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    }

    deinit { Self.removeAll(at: path) }

    private static func removeAll(at path: String) {
        guard let listing = opendir(path) else {
            unlink(path)
            return
        }
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { removeAll(at: "\(path)/\(name)") }
        }
        closedir(listing)
        rmdir(path)
    }

    /// Permissions and type of what is at a path in this folder.
    func mode(of name: String) throws -> mode_t {
        var status = stat()
        try #require(lstat("\(path)/\(name)", &status) == 0)
        return status.st_mode
    }
}
