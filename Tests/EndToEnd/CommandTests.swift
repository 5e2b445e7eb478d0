// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import Testing

/// The program as its owner uses it: a process with options, lines, signals and an exit status.
@Suite(.serialized) struct CommandTests {
    @Test(.timeLimit(.minutes(1)))
    func itPrintsTheReadmesLinesAndEndsCleanlyWithASignal() async throws {
        let folder = try TestFolder()
        let (process, _) = try await GatewayProcess.start(in: folder)
        for line in [
            "- The GotAPI Interface-1 has been woken up.", "- The GotAPI Interface-4 has been woken up.",
            "  - 3 Plug-Ins were found:", "    - Hello World (", "    - Light Emulator (", "    - Simple Clock (",
            "- The GotAPI Interface-5 has been woken up.", "- The HTTP server has been woken up.",
            "The GotAPI Server has been started successfully.",
        ] {
            #expect(process.output.contains(line))
        }
        let runners = try await GatewayProcess.children(of: process.pid)
        #expect(runners.count == 3)
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
        for runner in runners { #expect(kill(runner, 0) == -1, "runner \(runner) was left behind") }
        #expect(access(folder.path + "/state/control.sock", F_OK) == -1)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["process", "none"])
    func requestsInFlightAreAnsweredAndSocketsClosedWhenItEnds(isolation: String) async throws {
        let folder = try TestFolder()
        let plugins = try await folder.install(["\(try TestBuild.fixtures)/libgotapi-plugin-oracle.so"])
        let (process, port) = try await GatewayProcess.start(
            in: folder, plugins: plugins, more: ", \"plugins\": {\"isolation\": \"\(isolation)\"}")
        try await withClient(port: port) { application in
            let socket = try await application.openSocket()
            // Negotiated before, so that the next request is the plug-in's at once.
            _ = try await application.request("GET", "t/x", service: "oracle")
            async let silent = application.request("GET", "t/silent", service: "oracle")
            try await waitUntil {
                try await GatewayProcess.list(in: folder).array?.first?["requests"]?.integer ?? 0 >= 2
            }
            let began = ContinuousClock.now
            process.signal(SIGTERM)
            let answer = try await silent
            #expect(answer.status == 503)
            #expect(try answer.json["errorCode"]?.text == "1")
            #expect(await socket.next() == .closed(code: 1_001))
            #expect(await process.waitForExit() == 0)
            #expect(ContinuousClock.now - began < .seconds(5))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func theLogSaysHowManyPushesASlowClientLost() async throws {
        let folder = try TestFolder()
        let plugins = try await folder.install(["\(try TestBuild.fixtures)/libgotapi-plugin-oracle.so"])
        let (process, port) = try await GatewayProcess.start(in: folder, plugins: plugins)
        try await withClient(port: port) { application in
            let socket = try await application.openSocket()
            try await socket.setReading(false)
            let set = "{\"result\":0,\"data\":\"\(String(repeating: "a", count: 15_000))\"}"
            // 3 MB: more than the kernel takes, and then 1 MiB more than the gateway keeps.
            for _ in 0..<200 {
                let answer = try await application.request(
                    "PUT", "t/push", service: "oracle", parameters: [("set", set)])
                #expect(answer.status == 200)
            }
            try await process.waitForOutput { $0.contains("count=") && $0.contains("lost pushes") }
            await socket.close()
        }
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["stophangs", "blocks"])
    func aPluginThatHangsDoesNotHoldUpTheEnd(name: String) async throws {
        let folder = try TestFolder()
        let plugins = try await folder.install(["\(try TestBuild.fixtures)/libgotapi-plugin-\(name).so"])
        let (process, port) = try await GatewayProcess.start(in: folder, plugins: plugins)
        let runners = try await GatewayProcess.children(of: process.pid)
        try await withClient(port: port) { application in
            async let answer = application.request("GET", "t/hang", service: name)
            try await waitUntil {
                try await GatewayProcess.list(in: folder).array?.first?["requests"]?.integer ?? 0 >= 1
            }
            let began = ContinuousClock.now
            process.signal(SIGTERM)
            _ = try await answer
            #expect(await process.waitForExit() == 0)
            #expect(ContinuousClock.now - began < .seconds(6))
        }
        for runner in runners { #expect(kill(runner, 0) == -1, "runner \(runner) was left behind") }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["process", "none"])
    func aSignalEndsItWhileALibraryHangsInItsConstructor(isolation: String) async throws {
        let folder = try TestFolder()
        try folder.write(
            """
            {"ssl_engine": false, "gotapi_if_port": 0, "http_server_document_root": "\(TestBuild.root)/html",
             "plugin_root_path": "\(try await folder.install(["\(try TestBuild.fixtures)/libgotapi-plugin-loadhangs.so"]))",
             "log_level": "trace", "plugins": {"isolation": "\(isolation)"}}
            """, to: "config.json")
        let process = try TestProcess(GatewayProcess.program, ["serve"], in: folder.path)
        // The private copy is made before the library is loaded; signals are taken over long before that.
        try await waitUntil {
            try await TestProcess.run("/bin/sh", ["-c", "ls state/libraries/*/*"], in: folder.path).status == 0
        }
        let began = ContinuousClock.now
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
        #expect(ContinuousClock.now - began < .seconds(5))
        try await waitUntil {
            // The brackets keep the search from finding itself.
            let search = "grep -sal 'loadhang[s]' /proc/[0-9]*/cmdline"
            return try await TestProcess.run("/bin/sh", ["-c", search]).output.isEmpty
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func noRunnerSurvivesAGatewayThatWasKilled() async throws {
        let folder = try TestFolder()
        let (process, _) = try await GatewayProcess.start(in: folder)
        let runners = try await GatewayProcess.children(of: process.pid)
        #expect(runners.count == 3)
        process.signal(SIGKILL)
        #expect(await process.waitForExit() == 128 + SIGKILL)
        try await waitUntil { runners.allSatisfy { kill($0, 0) == -1 } }
        // What the dead one left behind is no obstacle.
        let (again, _) = try await GatewayProcess.start(in: folder)
        again.signal(SIGTERM)
        #expect(await again.waitForExit() == 0)
    }

    @Test(.timeLimit(.minutes(1)))
    func theListSaysWhatRunsAndWhatWasRefused() async throws {
        let folder = try TestFolder()
        let plugins = try await folder.install([
            "\(try TestBuild.plugins)/libgotapi-plugin-helloworld.so",
            "\(try TestBuild.fixtures)/libgotapi-plugin-textfile.so",
        ])
        let (process, port) = try await GatewayProcess.start(in: folder, plugins: plugins)
        try await withClient(port: port) { application in
            _ = try await application.request(
                "GET", "echo", service: "com.github.futomi.hello-world.echo", parameters: [("msg", "x")])
        }
        let list = try #require(try await GatewayProcess.list(in: folder).array)
        #expect(list.count == 2)
        let hello = list[0]
        #expect(hello["id"]?.text == "com.github.futomi.hello-world")
        #expect(hello["name"]?.text == "Hello World")
        #expect(hello["version"]?.text == "1.0.0")
        #expect(hello["file"]?.text?.hasSuffix("libgotapi-plugin-helloworld.so") == true)
        #expect(hello["sha256"]?.text?.utf8.count == 64)
        #expect(try await GatewayProcess.children(of: process.pid).contains(Int32(hello["pid"]?.integer ?? 0)))
        #expect(hello["generation"]?.integer == 1)
        #expect(hello["state"]?.text == "running")
        #expect(hello["services"]?.array?.map(\.text) == ["com.github.futomi.hello-world.echo"])
        #expect(hello["requests"]?.integer == 1)
        #expect(hello["errors"]?.integer == 0)
        #expect(hello["pushes"]?.integer == 0)
        #expect(list[1]["state"]?.text == "refused")
        #expect(list[1]["failure"]?["code"]?.text == "NOT_A_PLUGIN")
        process.signal(SIGINT)
        #expect(await process.waitForExit() == 0)
    }

    @Test(
        arguments: [
            (["--no-such-option"], 64), (["serve", "--config"], 64), (["no-such-word"], 64),
            (["serve", "--config", "missing.json"], 78), (["check", "--config", "wrong.json"], 78),
            (["plugin", "list"], 1), (["--help"], 0), (["--version"], 0),
        ] as [([String], Int32)])
    func theExitStatusSaysWhatWentWrong(arguments: [String], status: Int32) async throws {
        let folder = try TestFolder()
        try folder.write("{\"plugin_root_pth\": 1}", to: "wrong.json")
        let outcome = try await TestProcess.run(GatewayProcess.program, arguments, in: folder.path)
        #expect(outcome.status == status, "\(outcome.output)")
        #expect(!outcome.output.isEmpty)
    }

    @Test(.timeLimit(.minutes(1)))
    func aPortOrAStateFolderInUseIsNamed() async throws {
        let folder = try TestFolder()
        let (process, port) = try await GatewayProcess.start(in: folder)
        let second = try await TestProcess.run(GatewayProcess.program, ["serve"], in: folder.path)
        #expect(second.status == 1)
        #expect(second.output.contains("process id \(process.pid)"))
        let other = try TestFolder()
        try other.write(
            """
            {"ssl_engine": false, "gotapi_if_port": \(port), "http_server_document_root": "\(TestBuild.root)/html",
             "plugin_root_path": "\(try TestBuild.plugins)"}
            """, to: "config.json")
        let third = try await TestProcess.run(GatewayProcess.program, ["serve"], in: other.path)
        #expect(third.status == 1)
        #expect(third.output.contains("\(port)"))
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == 0)
    }

    @Test func checkLooksAtEveryFileWithoutRunningIt() async throws {
        let folder = try TestFolder()
        let plugins = try await folder.install([
            "\(try TestBuild.plugins)/libgotapi-plugin-helloworld.so",
            "\(try TestBuild.fixtures)/libgotapi-plugin-constructor.so",
            "\(try TestBuild.fixtures)/libgotapi-plugin-otherarchitecture.so",
        ])
        try folder.write(
            "{\"plugin_root_path\": \"\(plugins)\", \"http_server_document_root\": \"\(TestBuild.root)/html\"}",
            to: "config.json")
        let outcome = try await TestProcess.run(GatewayProcess.program, ["check"], in: folder.path)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("config.json: OK"))
        #expect(outcome.output.contains("libgotapi-plugin-helloworld.so: OK (com.github.futomi.hello-world)"))
        #expect(outcome.output.contains("WRONG_ARCHITECTURE"))
    }
}
