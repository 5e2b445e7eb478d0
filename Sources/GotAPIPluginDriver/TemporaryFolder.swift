// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// A folder that only this user may enter, for one run of a plug-in.
package struct TemporaryFolder: Sendable {
    package let path: String

    /// mkdtemp(3), in TMPDIR or /tmp. `nil` where it cannot be made; errno says why.
    package init?() {
        let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        guard let template = strdup("\(place)/gotapi-plugin-XXXXXX") else { return nil }
        defer { free(template) }
        guard mkdtemp(template) != nil else { return nil }
        path = String(cString: template)
    }

    /// Removes it with all that is in it. What cannot be removed stays. No link is followed.
    package func remove() { Self.remove(path) }

    private static func remove(_ path: String) {
        // A file or a link: unlink(2) refuses folders.
        if unlink(path) == 0 { return }
        if let folder = opendir(path) {
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { remove("\(path)/\(name)") }
            }
        }
        rmdir(path)
    }
}
