// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Testing

@testable import GotAPIPluginRuntime

@Suite(.timeLimit(.minutes(1)))
struct LifeCycleTests {
    @Test(arguments: [
        (#""fail""#, "start returned 11 (FAILED)"), (#""mine""#, "start returned -5 (the plug-in's own)"),
        (#""odd!""#, "start returned 99 (a number that gotapi_plugin.h does not have)"),
        (#""begin""#, "start returned 11 (FAILED)"),
    ])
    func failedStartIsNamed(config: String, reason: String) async throws {
        let driver = RuntimeDriver()
        try driver.deliver(Fixtures.load(try Fixtures.puppet, config: config))
        _ = try await driver.next()
        try driver.deliver(.start)
        #expect(try await driver.next() == .startFailed(reason: reason))
        // Called for nothing more, and may be tried again.
        try driver.deliver(.message(.request("read", id: 1)))
        #expect(try await driver.next() == .unanswered(message: 1))
        try driver.deliver(.start)
        #expect(try await driver.next() == .startFailed(reason: reason))
        #expect(try await driver.stop() == [.stopped])
    }

    @Test func stopEndsEverythingInOrder() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        try driver.deliver(.message(.request("keep", id: 1)))
        try driver.deliver(.message(.request("subscribe", id: 2)))
        try driver.deliver(.message(.request("timer", id: 3, [("delay", "3600000"), ("user", "8")])))
        _ = try await driver.frames { if case .answer(3, _) = $0 { true } else { false } }
        let frames = try await driver.stop()
        #expect(
            frames == [
                .unanswered(message: 1),
                .log(level: 2, text: "expired answer=4 read=0 release=0 left=0 t"),
                .log(level: 2, text: "unsubscribed 3 push=4 release=4"),
                .log(level: 2, text: "timer 8 4"),
                .log(level: 2, text: "stop timer=4 call=4 subscribe=4 push=4 answer=4"),
                .stopped,
            ])
        #expect(driver.runtime?.isFinished == true)
    }

    @Test func stopDoesNotWaitBehindRequests() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        let gate = try await driver.block("stop", id: 1)
        for id in 2..<10 as Range<UInt64> { try driver.deliver(.message(.request("other", id: id))) }
        try driver.deliver(.stop)
        gate.open()
        let frames = try await driver.frames { $0 == .stopped }
        #expect(frames.contains(.answer(message: 1, members: Array(#"{"blocked":1}"#.utf8))))
        for id in 2..<10 as Range<UInt64> { #expect(frames.contains(.unanswered(message: id))) }
    }

    @Test func stoppedPlugInStartsAgain() async throws {
        let driver = try await RuntimeDriver.running(try Fixtures.puppet)
        for id in 1...3 as ClosedRange<UInt64> {
            try driver.deliver(.message(.request("other", id: id)))
            #expect(try await driver.nextButLog() == .answer(message: id, members: Array(#"{"data":"ok"}"#.utf8)))
            try await driver.stop()
            try driver.deliver(.message(.request("other", id: 10 + id)))
            #expect(try await driver.next() == .unanswered(message: 10 + id))
            try driver.deliver(.start)
            #expect(driver.runtime?.isFinished == false)
            #expect(try await driver.nextButLog() == .started)
        }
    }

    @Test func framesMayComeInOneGo() async throws {
        let driver = RuntimeDriver()
        try driver.deliver(Fixtures.load(try Fixtures.puppet))
        try driver.deliver(.start)
        try driver.deliver(.message(.request("other", id: 1)))
        try driver.deliver(.stop)
        try driver.deliver(.start)
        try driver.deliver(.probe(1))
        let frames = try await driver.frames { $0 == .alive(1) }
        #expect(frames.count { $0 == .started } == 2)
        #expect(frames.count { $0 == .stopped } == 1)
    }

    @Test func stopWithoutALibraryIsStopped() async throws {
        let driver = RuntimeDriver()
        #expect(try await driver.stop() == [.stopped])
        #expect(driver.runtime?.isFinished == true)
    }

    @Test func droppedRuntimeStopsItsPlugIn() async throws {
        let path = "\(try FixtureLibrary.folder.get())/dropped.fifo"
        #expect(mkfifo(path, 0o600) == 0)
        // stop() opens the FIFO: that is how we see it called.
        let library = try FixtureLibrary.build(
            """
            #include "gotapi_plugin.h"
            #include <fcntl.h>
            #include <unistd.h>
            static gotapi_status start(void *c, const gotapi_host *h, void **s) { (void)c; (void)h; (void)s; return 0; }
            static void stop(void *s) { (void)s; close(open("\(path)", O_WRONLY)); }
            static void on_message(void *s, gotapi_message m) { (void)s; (void)m; }
            static const gotapi_plugin plugin = {sizeof(gotapi_plugin), 0, GOTAPI_TEXT("com.example.dropped"), "", 0, "", 0, "", 0,
                GOTAPI_TEXT("[]"), NULL, start, stop, NULL, NULL, NULL, on_message, NULL, NULL, NULL, NULL, NULL};
            const gotapi_plugin *gotapi_plugin_entry(uint32_t a, uint32_t b) { (void)a; (void)b; return &plugin; }
            """, name: "dropped")
        let driver = try await RuntimeDriver.running(library, id: "com.example.dropped")
        driver.drop()
        let file = open(path, O_RDONLY | O_CLOEXEC)
        #expect(file >= 0)
        close(file)
    }

    @Test func hostFunctionsSurviveTheStopUnderFire() async throws {
        let library = try Fixtures.hammer
        let driver = try await RuntimeDriver.running(library, id: "com.example.hammer")
        for id in 1...50 as ClosedRange<UInt64> { try driver.deliver(.message(.request("x", id: id))) }
        try driver.deliver(.probe(1))
        _ = try await driver.frames { $0 == .alive(1) }
        try driver.deliver(.pushesRead(bytes: .max))
        try await driver.stop()

        let image = dlopen(library.path, RTLD_NOW | RTLD_NOLOAD)
        typealias Stopped = @convention(c) () -> Void
        typealias Join = @convention(c) (UnsafeMutablePointer<CInt>) -> Void
        // The fixture's functions have these types.
        unsafeBitCast(try #require(dlsym(image, "hammer_stopped")), to: Stopped.self)()
        var results: [CInt] = [0, 0, 0, 0]
        unsafeBitCast(try #require(dlsym(image, "hammer_join")), to: Join.self)(&results)
        #expect(results[0] == 0)
        #expect(results[1] == 4 * 500 * 23)
        // Each call that was accepted was delivered.
        #expect(results[2] == results[3])
    }

    @Test func transportIsToldOncePerTaking() async throws {
        let announcements = Monitor(0)
        let runtime = PluginRuntime(name: "edge") { announcements.withLock { $0 += 1 } }
        var frame: [UInt8] = []
        HostFrame.stop.append(to: &frame)
        for _ in 0..<3 { try runtime.deliver(frame[4...]) }
        #expect(announcements.withLock { $0 } == 1)
        #expect(!runtime.takeOutgoing().isEmpty)
        #expect(runtime.takeOutgoing().isEmpty)
        try runtime.deliver(frame[4...])
        #expect(announcements.withLock { $0 } == 2)
    }
}
