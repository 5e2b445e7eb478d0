// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// The Unix socket between the running gateway and its command: where it is, and its address.
package enum ControlSocket {
    /// The socket's path in a state folder.
    package static func path(inStateFolder folder: String) -> String { folder + "/control.sock" }

    /// The file with the key that a client has to send first, beside the socket.
    static func keyPath(besideSocket path: String) -> String {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return path[..<slash] + "/control.key"
    }

    /// A stream socket that no child inherits. <https://man7.org/linux/man-pages/man7/unix.7.html>
    static func make() throws(ControlError) -> CInt {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system(operation: "make a socket for", path: "", code: errno) }
        return descriptor
    }

    /// Hands `path` as an address to `body`. An address holds 107 bytes; a longer path goes through the folder's
    /// descriptor, `/proc/self/fd/N/control.sock`.
    static func withAddress<Result>(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(ControlError) -> Result {
        var address = sockaddr_un()
        let capacity = MemoryLayout.size(ofValue: address.sun_path) - 1
        var folder: CInt = -1
        defer { if folder >= 0 { close(folder) } }
        var text = path
        if path.utf8.count > capacity {
            let slash = path.lastIndex(of: "/") ?? path.startIndex
            folder = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard folder >= 0 else {
                switch errno {
                case ENOENT, ENOTDIR: throw .notRunning(path: path)
                case EACCES: throw .permissionDenied(path: path)
                case let code: throw .system(operation: "open the folder of", path: path, code: code)
                }
            }
            text = "/proc/self/fd/\(folder)\(path[slash...])"
        }
        guard text.utf8.count <= capacity, !text.utf8.contains(0) else {
            throw .system(operation: "address", path: path, code: ENAMETOOLONG)
        }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text.utf8) }
        // The C interface takes every address family through a pointer to sockaddr; the storage outlives the call.
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
