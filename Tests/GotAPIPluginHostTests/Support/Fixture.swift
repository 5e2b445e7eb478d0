// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import NIOConcurrencyHelpers

/// A plug-in's library, compiled from ``pluginSource`` with macros that say how it misbehaves.
struct Fixture: Hashable {
    var id = "com.example.fixture"
    var services = "[{\"serviceId\":\"fixture\",\"name\":\"Fixture\",\"online\":true,\"scopes\":[\"t\"]}]"
    /// Names of macros to define, for example `START_FAILS`.
    var macros: [String] = []
    /// Further arguments for the compiler.
    var arguments = ""
    var compiler = "cc"

    private static let headerFolder =
        #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/PluginSDK/include"

    /// Puts the library at a path; each is compiled once.
    func build(at path: String) {
        let library = Self.compiled.withLockedValue { compiled in
            if let library = compiled[self] { return library }
            let library = compile(to: Self.folder.path + "/\(compiled.count).so")
            compiled[self] = library
            return library
        }
        run("cp '\(library)' '\(path)'")
    }

    /// Removed when the tests are over; nobody releases a static.
    private static let folder: TemporaryFolder = {
        atexit { _ = system("rm -rf '\(Fixture.folder.path)'") }
        return TemporaryFolder()
    }()
    private static let compiled = NIOLockedValueBox<[Fixture: String]>([:])

    private func compile(to path: String) -> String {
        let services = services.replacing("\"", with: "\\\"")
        let defines =
            ["-DID='\"\(id)\"'", "-DSERVICES='\"\(services)\"'"] + macros.map { "-D\($0)" }
        let folder = TemporaryFolder()
        let source = folder.write(Array(Self.pluginSource.utf8), to: compiler == "cc" ? "plugin.c" : "plugin.cc")
        run(
            """
            \(compiler) -shared -fPIC -O1 -I'\(Self.headerFolder)' \(defines.joined(separator: " ")) \
            '\(source)' \(arguments) -o '\(path)'
            """)
        return path
    }

    /// A program in the place of `gotapi-plugin-runner` that breaks the connection's rules as its plug-in's id says.
    static func buildHostileRunner(at path: String) {
        let folder = TemporaryFolder()
        let source = folder.write(Array(hostileRunnerSource.utf8), to: "runner.c")
        run("cc -O1 '\(source)' -o '\(path)'")
    }
}

extension String {
    fileprivate func replacing(_ text: Character, with replacement: String) -> String {
        map { $0 == text ? replacement : String($0) }.joined()
    }
}
