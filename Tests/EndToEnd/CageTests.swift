// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import Testing

/// What holds a plug-in's process, tried from inside by the fixture `probe`: Tests/Fixtures/Plugins/README.md.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CageTests {
    /// Whose process the gateway is.
    enum User: CaseIterable {
        case same
        /// Root becomes nobody. Only root can.
        case ordinary

        static var possible: [User] { geteuid() == 0 ? allCases : [.same] }

        var prefix: [String] {
            self == .same
                ? [] : ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
        }
    }

    /// A running gateway with the probe in a folder of its own.
    private struct Probe {
        let application: TestApplication
        let folder: TestFolder
        let gateway: Int32
        let features: [String: String]

        /// What the attempt answered.
        func attempt(_ name: String, _ parameters: [(String, String)] = []) async throws -> String {
            let answer = try await application.request("GET", "t/\(name)", service: "probe", parameters: parameters)
            return try answer.json["data"]?.text ?? answer.text
        }

        func open(_ path: String, _ how: String = "read") async throws -> String {
            try await attempt("open", [("path", path), ("how", how)])
        }
    }

    private static func withProbe(
        _ user: User = .same, settings: String = "{}", _ body: @escaping (Probe) async throws -> Void
    ) async throws {
        let folder = try TestFolder()
        let library = "libgotapi-plugin-probe.so"
        let script = """
            set -e
            cd '\(folder.path)'
            mkdir -p plugins/probe ssl state/plugins/com.example.other
            cp '\(try TestBuild.fixtures)/\(library)' plugins/probe/
            echo something > plugins/probe/resource.txt
            for secret in ssl/gotapi.key state/plugins/com.example.other/secret; do echo secret > $secret; done
            chmod -R go-rwx ssl state
            """
            + (user == .same
                ? ""
                : """

                # Where it was built, others may have no access.
                cp '\(GatewayProcess.program)' '\(TestBuild.products)/gotapi-plugin-runner' .
                chown -R 65534:65534 .
                """)
        let prepared = try await TestProcess.run("/bin/sh", ["-c", script])
        try #require(prepared.status == 0, "\(prepared.output)")
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: folder.path + "/plugins",
            more: ", \"plugins\": {\"items\": {\"com.example.probe\": \(settings)}}", prefix: user.prefix,
            program: user == .same ? GatewayProcess.program : folder.path + "/gotapi")
        let list = try await GatewayProcess.list(in: folder)
        let cage = list.array?.first?["cage"]?.array ?? []
        var features: [String: String] = [:]
        for feature in cage { features[feature["name"]?.text ?? ""] = feature["state"]?.text }
        do {
            try await withClient(port: port) { [features] application in
                try await body(
                    Probe(application: application, folder: folder, gateway: process.pid, features: features))
            }
        } catch {
            process.signal(SIGTERM)
            throw error
        }
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
    }

    @Test(arguments: User.possible)
    func whatIsNotThePluginsIsClosedToIt(user: User) async throws {
        try await Self.withProbe(user) { probe in
            try #require(probe.features["files"] == "active", "this kernel has no Landlock")
            let folder = probe.folder.path
            let gateway = "/proc/\(probe.gateway)"
            for path in [
                "/etc/shadow", "\(folder)/ssl/gotapi.key", "\(folder)/config.json", "\(folder)/state/control.key",
                "\(folder)/state/lock", "\(folder)/state/plugins/com.example.other/secret", "/proc/1/environ",
                "\(gateway)/environ", "\(gateway)/mem", "\(gateway)/maps",
            ] {
                #expect(try await probe.open(path) == "EACCES", "\(path)")
            }
            for path in ["/", "/root", "/home", "/tmp", folder, "\(folder)/state", "\(folder)/state/plugins", "/proc"] {
                #expect(try await probe.attempt("list", [("path", path)]) == "EACCES", "\(path)")
            }
            for path in ["/tmp", "/usr", "/etc", "/dev", "/var/tmp", folder, "\(folder)/plugins/probe"] {
                #expect(try await probe.open("\(path)/made-by-probe", "make") == "EACCES", "\(path)")
            }
            #expect(try await probe.open("/proc/sys/kernel/core_pattern", "write") == "EACCES")
            // Programs that it starts are in the same cage.
            let read = try await probe.attempt("program", [("command", "cat '\(folder)/ssl/gotapi.key' 2>/dev/null")])
            #expect(read == "status 1")
        }
    }

    @Test(arguments: User.possible)
    func theGatewayIsOutOfItsReach(user: User) async throws {
        try await Self.withProbe(user) { probe in
            let pid = ("pid", "\(probe.gateway)")
            #expect(try await probe.attempt("trace", [pid]) == "EPERM")
            if probe.features["signals"] == "active" {
                #expect(try await probe.attempt("signal", [pid, ("signal", "0")]) == "EPERM")
                #expect(try await probe.attempt("signal", [pid, ("signal", "9")]) == "EPERM")
            }
            #expect(try await probe.attempt("signal", [("pid", "0"), ("signal", "0")]) == "OK")
            let answer = try await probe.attempt(
                "talk",
                [("path", "\(probe.folder.path)/state/control.sock"), ("line", "{\"command\":\"plugin list\"}")])
            #expect(answer.contains("started by one of its plug-ins"), "\(answer)")
            // Without its parent a process is nobody's in particular; but it has not the key.
            let script = """
                import os, socket, time
                parent = os.getpid()
                if os.fork(): os._exit(0)
                os.setsid()
                while os.getppid() == parent: time.sleep(0.01)
                s = socket.socket(socket.AF_UNIX)
                s.connect('\(probe.folder.path)/state/control.sock')
                s.sendall(b'{}\\n')
                open('heard', 'w').write(s.makefile().readline())
                os.rename('heard', 'said')
                """
            #expect(try await probe.attempt("python", [("script", script)]) == "status 0")
            let said = probe.folder.path + "/state/plugins/com.example.probe/said"
            try await waitUntil { access(said, F_OK) == 0 }
            let text = try await TestProcess.run("/bin/cat", [said]).output
            #expect(text.contains("is not this gateway's key"), "\(text)")
        }
    }

    @Test(arguments: User.possible)
    func whatNoPluginNeedsIsRefused(user: User) async throws {
        try await Self.withProbe(user) { probe in
            try #require(probe.features["calls"] == "active", "this kernel has no seccomp")
            #expect(try await probe.attempt("calls") == "all refused")
            #expect(try await probe.attempt("limit", [("what", "core")]) == "1")
            let descriptors = try await probe.attempt("descriptors").split(separator: " ").sorted()
            #expect(descriptors == ["/dev/null", "anon_inode", "pipe", "pipe", "socket"])
        }
    }

    @Test(arguments: User.possible)
    func whatRealPluginsDoWorks(user: User) async throws {
        try await Self.withProbe(user) { probe in
            let lookup = try await probe.attempt("lookup", [("name", "localhost")])
            #expect(lookup == "OK")
            for name in [
                "data", "temporary", "tcp", "broadcast", "multicast", "mdns", "serial", "random", "thread",
            ] {
                #expect(try await probe.attempt(name) == "OK", "\(name)")
            }
            for kind in ["tcp", "tcp6", "udp", "unix", "route", "uevent"] {
                #expect(try await probe.attempt("socket", [("kind", kind)]) == "OK", "\(kind)")
            }
            #expect(try await probe.attempt("program", [("command", "/bin/true")]) == "status 0")
            #expect(try await probe.attempt("resource", [("name", "resource.txt")]) == "something")
            #expect(try await probe.attempt("timezone", [("zone", "Europe/Paris")]) == "CET UTF-8")
            #expect(try await probe.attempt("memory", [("mebibytes", "100")]) == "OK")
            for path in ["/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/proc/self/status", "/proc/cpuinfo"] {
                // What is not on this machine is not refused either.
                let outcome = try await probe.open(path)
                #expect(["OK", "ENOENT"].contains(outcome), "\(path)")
            }
        }
    }

    @Test func aDeniedNetworkIsClosedAndTheRestIsNot() async throws {
        try await Self.withProbe(settings: "{\"deny\": [\"network\"]}") { probe in
            try #require(probe.features["network"] == "active")
            for kind in ["tcp", "tcp6", "udp", "raw", "packet", "route"] {
                #expect(try await probe.attempt("socket", [("kind", kind)]) == "EACCES", "\(kind)")
            }
            for kind in ["unix", "uevent"] {
                #expect(try await probe.attempt("socket", [("kind", kind)]) == "OK", "\(kind)")
            }
            #expect(try await probe.attempt("lookup", [("name", "localhost")]) == "OK")
            #expect(try await probe.attempt("serial") == "OK")
        }
    }

    @Test func deniedDevicesAreClosedAndTheRestIsNot() async throws {
        try await Self.withProbe(settings: "{\"deny\": [\"devices\"]}") { probe in
            try #require(probe.features["devices"] == "active")
            for path in ["/dev/ptmx", "/dev/tty", "/dev/kmsg"] {
                let outcome = try await probe.open(path, "both")
                #expect(["EACCES", "ENOENT"].contains(outcome), "\(path)")
            }
            #expect(try await probe.attempt("serial") == "EACCES")
            for path in ["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"] {
                #expect(try await probe.open(path, "both") == "OK", "\(path)")
            }
            for name in ["random", "tcp", "data", "thread"] {
                #expect(try await probe.attempt(name) == "OK", "\(name)")
            }
        }
    }

    @Test func bothAreDeniedTogether() async throws {
        try await Self.withProbe(settings: "{\"deny\": [\"network\", \"devices\"]}") { probe in
            try #require(probe.features["network"] == "active" && probe.features["devices"] == "active")
            #expect(try await probe.attempt("socket", [("kind", "udp")]) == "EACCES")
            #expect(try await probe.attempt("socket", [("kind", "uevent")]) == "EACCES")
            #expect(try await probe.attempt("socket", [("kind", "unix")]) == "OK")
            #expect(try await probe.attempt("serial") == "EACCES")
            #expect(try await probe.attempt("data") == "OK")
        }
    }

    @Test func memoryEndsAtTheLimit() async throws {
        try await Self.withProbe(settings: "{\"memory_limit\": 64}") { probe in
            let within = try await probe.attempt("memory", [("mebibytes", "40")])
            #expect(within == "OK")
            // By a control group it would be killed instead.
            guard probe.features["memory"] == "partial" else { return }
            // Room for the stacks of threads is beside the limit.
            #expect(try await probe.attempt("memory", [("mebibytes", "4000")]) == "ENOMEM")
        }
    }

    @Test func theOwnerReadsWhatHoldsEachPlugin() async throws {
        try await Self.withProbe { probe in
            let outcome = try await TestProcess.run(
                GatewayProcess.program,
                ["plugin", "list", "--verbose", "--config", probe.folder.path + "/config.json"])
            #expect(outcome.status == 0)
            let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
            for (name, state) in probe.features {
                #expect(lines.contains { $0.count > 2 && $0[0] == name && $0[1] == state }, "\(name)")
            }
            #expect(probe.features.count >= 9)
        }
    }
}
