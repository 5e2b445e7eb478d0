// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Where a test finds what was built for it.
package enum TestBuild {
    /// The repository's folder.
    package static let root = folder(of: #filePath, up: 3)

    /// The folder of the test program, where SwiftPM puts what it builds.
    package static let products: String = {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        return folder(of: String(decoding: buffer.prefix(max(0, length)), as: UTF8.self), up: 1)
    }()

    /// The samples' libraries.
    package static var plugins: String {
        get throws { try environment("GOTAPI_TEST_PLUGINS") }
    }

    /// The fixtures' libraries.
    package static var fixtures: String {
        get throws { try environment("GOTAPI_TEST_FIXTURES") }
    }

    private static func environment(_ name: String) throws -> String {
        guard let value = getenv(name) else {
            throw TestConnectionError(description: "\(name) is not set: run these tests with script/test")
        }
        return String(cString: value)
    }

    private static func folder(of path: String, up count: Int) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast(count).joined(separator: "/")
    }
}

/// A folder of a test's own below `/tmp`, removed with the value.
package final class TestFolder: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/gotapi-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TestConnectionError(description: "no temporary folder: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        // What cannot be removed stays in /tmp; no test depends on it.
        _ = try? TestProcess("/bin/rm", ["-rf", "--", path])
    }

    /// Writes a file into the folder and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw TestConnectionError(description: "\(file): \(String(cString: strerror(errno)))")
        }
        defer { Glibc.close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw TestConnectionError(description: "\(file) cannot be written") }
            bytes = bytes.dropFirst(count)
        }
        return file
    }

    /// Copies a library into a folder below this one, as an owner would drop it there, and returns that folder.
    package func install(_ libraries: [String], in name: String = "plugins") async throws -> String {
        let folder = path + "/" + name
        mkdir(folder, 0o755)
        for library in libraries {
            let name = library.split(separator: "/").last.map(String.init) ?? library
            let status = try await TestProcess.run("/bin/cp", ["--", library, "\(folder)/\(name)"]).status
            guard status == 0 else { throw TestConnectionError(description: "\(library) cannot be copied") }
        }
        return folder
    }

    /// Puts a library in a file's place in one step, as `mv` does: rename(2).
    package func move(_ library: String, onto file: String) async throws {
        let new = path + "/new-" + (file.split(separator: "/").last ?? "library")
        try await copy(library, over: new)
        guard rename(new, file) == 0 else {
            throw TestConnectionError(description: "\(file): \(String(cString: strerror(errno)))")
        }
    }

    /// Writes a library over a file, as `cp` does: the file stays the same, and for a moment it is empty.
    package func copy(_ library: String, over file: String) async throws {
        let outcome = try await TestProcess.run("/bin/cp", ["--", library, file])
        guard outcome.status == 0 else { throw TestConnectionError(description: outcome.output) }
    }
}
