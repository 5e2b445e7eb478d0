// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// A shared library made from C for a test, in a temporary folder that stays until the test process ends.
struct FixtureLibrary {
    struct Failure: Error { let text: String }

    let path: String

    /// Compiles `source` with `cc`, against the SDK's header.
    static func build(_ source: String, name: String, flags: [String] = []) throws -> FixtureLibrary {
        let folder = try folder.get()
        let file = "\(folder)/\(name).c"
        try write(source, to: file)
        let path = "\(folder)/libgotapi-plugin-\(name).so"
        // The tests lie in Tests/GotAPIPluginRuntimeTests/Fixtures, the header in PluginSDK/include.
        let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
        let include = root + "/PluginSDK/include"
        try run(
            ["cc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O1", "-g", "-fPIC", "-shared"]
                + ["-pthread", "-I", include, "-o", path, file] + flags)
        return FixtureLibrary(path: path)
    }

    /// The same code in another file, which the dynamic linker takes for another library.
    func copy(named name: String) throws -> FixtureLibrary {
        let other = "\(try Self.folder.get())/libgotapi-plugin-\(name).so"
        try Self.run(["cp", path, other])
        return FixtureLibrary(path: other)
    }

    static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failure(text: "fopen \(path)") }
        fputs(text, file)
        guard fclose(file) == 0 else { throw Failure(text: "fclose \(path)") }
    }

    static let folder = Result<String, any Error> {
        var template = Array("/tmp/gotapi-runtime-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(text: "mkdtemp") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        removedFolder = strdup(folder)
        atexit {
            // Only what is made here lies in it.
            if let folder = FixtureLibrary.removedFolder {
                try? FixtureLibrary.run(["rm", "-rf", String(cString: folder)])
            }
        }
        return folder
    }

    /// Written once, before the exit handler that reads it is set up.
    nonisolated(unsafe) private static var removedFolder: UnsafeMutablePointer<CChar>?

    static func run(_ arguments: [String]) throws {
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var pid = pid_t()
        let error = posix_spawnp(&pid, arguments[0], nil, nil, &pointers, environ)
        guard error == 0 else { throw Failure(text: "\(arguments[0]): \(String(cString: strerror(error)))") }
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw Failure(text: "\(arguments.joined(separator: " ")): status \(status)") }
    }
}
