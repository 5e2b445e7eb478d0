// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Testing

/// The program `gotapi-plugin-runner`, over a real socket pair.
@Suite(.timeLimit(.minutes(1)))
struct RunnerTests {
    private func running() throws -> RunnerProcess {
        let runner = try RunnerProcess()
        try runner.send(Fixtures.load(try Fixtures.puppet), .start)
        guard case .loaded = try runner.next() else { throw RunnerProcess.Failure(text: "not loaded") }
        #expect(try runner.next() == .started)
        return runner
    }

    @Test func pluginIsServedAndEndsWithTheSocket() throws {
        let runner = try running()
        for id in 1...3 as ClosedRange<UInt64> {
            try runner.send(.message(.request("other", id: id)))
            #expect(try runner.next() == .answer(message: id, members: Array(#"{"data":"ok"}"#.utf8)))
        }
        try runner.send(.stop)
        #expect(try runner.next() == .stopped)
        runner.closeSocket()
        #expect(runner.end() == 0)
    }

    @Test func refusalIsSentBeforeTheEnd() throws {
        let runner = try RunnerProcess()
        try runner.send(Fixtures.load(try Fixtures.puppet, id: "com.example.else"))
        guard case .refused(let failure) = try runner.next() else { throw RunnerProcess.Failure(text: "not refused") }
        #expect(failure.code == .badDescriptor)
        runner.closeSocket()
        #expect(runner.end() == 0)
    }

    @Test func manyFramesComeWholeWhenTheGatewayReadsLate() throws {
        let runner = try running()
        // 6 answers of 1 MiB are more than the socket holds: the rest waits in the runner.
        for id in 1...6 as ClosedRange<UInt64> {
            try runner.send(.message(.request("long", id: id, [("length", "1048576")])))
        }
        // It waits at the gate behind them: all were made before anything is read.
        let gate = try Gate("late")
        try runner.send(.message(.request("block", id: 7, [("fifo", gate.path)])))
        gate.open()
        for id in 1...6 as ClosedRange<UInt64> {
            guard case .answer(id, let members) = try runner.next() else {
                throw RunnerProcess.Failure(text: "no answer")
            }
            #expect(members.count == 1 << 20)
        }
        #expect(try runner.next() == .answer(message: 7, members: Array(#"{"blocked":1}"#.utf8)))
    }

    @Test func plugInIsStoppedWhenTheGatewayIsGone() throws {
        let path = "\(try FixtureLibrary.folder.get())/gone"
        let runner = try RunnerProcess()
        let library = try FixtureLibrary.build(
            """
            #include "gotapi_plugin.h"
            #include <fcntl.h>
            #include <unistd.h>
            static gotapi_status start(void *c, const gotapi_host *h, void **s) { (void)c; (void)h; (void)s; return 0; }
            static void stop(void *s) { (void)s; close(open("\(path)", O_WRONLY | O_CREAT, 0600)); }
            static void on_message(void *s, gotapi_message m) { (void)s; (void)m; }
            static const gotapi_plugin plugin = {sizeof(gotapi_plugin), 0, GOTAPI_TEXT("com.example.gone"), "", 0, "", 0, "", 0,
                GOTAPI_TEXT("[]"), NULL, start, stop, NULL, NULL, NULL, on_message, NULL, NULL, NULL, NULL, NULL};
            const gotapi_plugin *gotapi_plugin_entry(uint32_t a, uint32_t b) { (void)a; (void)b; return &plugin; }
            """, name: "gone")
        try runner.send(Fixtures.load(library, id: "com.example.gone"), .start)
        while try runner.next() != .started {}
        runner.closeSocket()
        #expect(runner.end() == 0)
        #expect(access(path, F_OK) == 0)
    }

    @Test func programThatThePlugInStartedEndsWithTheRunner() throws {
        let runner = try RunnerProcess(leadsGroup: true)
        let library = try FixtureLibrary.build(
            """
            #include "gotapi_plugin.h"
            #include <unistd.h>
            static gotapi_status start(void *c, const gotapi_host *h, void **s) {
                (void)c; (void)h; (void)s;
                if (fork() == 0) { execlp("sleep", "sleep", "600", (char *)NULL); _exit(1); }
                return 0;
            }
            static void stop(void *s) { (void)s; }
            static void on_message(void *s, gotapi_message m) { (void)s; (void)m; }
            static const gotapi_plugin plugin = {sizeof(gotapi_plugin), 0, GOTAPI_TEXT("com.example.forks"), "", 0, "", 0, "", 0,
                GOTAPI_TEXT("[]"), NULL, start, stop, NULL, NULL, NULL, on_message, NULL, NULL, NULL, NULL, NULL};
            const gotapi_plugin *gotapi_plugin_entry(uint32_t a, uint32_t b) { (void)a; (void)b; return &plugin; }
            """, name: "forks")
        try runner.send(Fixtures.load(library, id: "com.example.forks"), .start)
        while try runner.next() != .started {}
        runner.closeSocket()
        #expect(runner.end() == -SIGKILL)
        // Ends only once the program, which has inherited the runner's standard error, is gone too.
        #expect(runner.errorText() == "")
    }

    @Test func plugInThatHangsHasTwoSeconds() throws {
        let runner = try running()
        let gate = try Gate("hang")
        try runner.send(.message(.request("push-block", id: 1, [("fifo", gate.path)])))
        #expect(try runner.next() == .answer(message: 1, members: Array(#"{"answered":"before"}"#.utf8)))
        let clock = ContinuousClock()
        let begin = clock.now
        runner.closeSocket()
        #expect(runner.end() == 0)
        #expect(clock.now - begin >= .seconds(1.9))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGPIPE])
    func signalsAreTheGatewaysBusiness(signal: CInt) throws {
        let runner = try running()
        kill(runner.pid, signal)
        try runner.send(.message(.request("other", id: 1)))
        #expect(try runner.next() == .answer(message: 1, members: Array(#"{"data":"ok"}"#.utf8)))
    }

    @Test func crashIsACrash() throws {
        let runner = try running()
        try runner.send(.message(.request("crash", id: 1)))
        #expect(try runner.next() == nil)
        #expect(runner.end() == -SIGABRT)
    }

    @Test func programThatIsNotStartedByTheGatewaySaysSo() throws {
        let runner = try RunnerProcess(arguments: [], input: "/dev/null")
        #expect(runner.end() == 64)
        #expect(runner.errorText().contains("started by gotapi"))
    }

    @Test func runnerOfAGatewayThatIsGoneEnds() throws {
        // Process 1 is not this runner's parent.
        let runner = try RunnerProcess(arguments: ["com.example.puppet", "1"])
        #expect(try runner.next() == nil)
        #expect(runner.end() == 0)
    }

    @Test(
        arguments: [
            [1, 0, 0, 0, 99], [0, 0, 0, 0], [255, 255, 255, 255, 1], [2, 0, 0, 0, 2, 2],
        ] as [[UInt8]])
    func bytesThatAreNoFrameEndTheRunner(bytes: [UInt8]) throws {
        let runner = try RunnerProcess()
        try runner.send(bytes)
        #expect(try runner.next() == nil)
        #expect(runner.end() == 1)
        #expect(runner.errorText().contains("no frame"))
    }
}
