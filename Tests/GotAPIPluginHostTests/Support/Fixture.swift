// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// A plug-in's library, compiled from ``pluginSource`` with macros that say how it misbehaves.
struct Fixture {
    var id = "com.example.fixture"
    var services = "[{\"serviceId\":\"fixture\",\"name\":\"Fixture\",\"online\":true,\"scopes\":[\"t\"]}]"
    /// Names of macros to define, for example `START_FAILS`.
    var macros: [String] = []
    /// Further arguments for the compiler.
    var arguments = ""
    var compiler = "cc"

    private static let headerFolder =
        #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/PluginSDK/include"

    /// Compiles the library to a path.
    func build(at path: String) {
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
