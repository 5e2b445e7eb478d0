// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// A folder that is removed when the test is over.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/gotapi-host-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp(3) failed: \(errno)") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        // A runner that is just being ended may still remove what is its own, which chmod(1) then misses; what cannot be
        // removed stays in /tmp, and no test depends on it.
        _ = system("chmod -R u+rwx '\(path)' 2>/dev/null; rm -rf '\(path)' 2>/dev/null")
    }

    func folder(_ name: String) -> String {
        let folder = path + "/" + name
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { fatalError("mkdir(2) failed: \(errno)") }
        return folder
    }

    func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o755) -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, mode)
        guard descriptor >= 0 else { fatalError("open(2) of \(file) failed: \(errno)") }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { fatalError("write(2) failed: \(errno)") }
            rest = rest.dropFirst(count)
        }
        return file
    }

    static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { fatalError("open(2) of \(path) failed: \(errno)") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}

/// Runs a shell command that must succeed (system(3)).
@discardableResult
func run(_ command: String) -> Int32 {
    let status = system(command)
    guard status == 0 else { fatalError("failed: \(command)") }
    return status
}
