// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIPluginHost
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import GotAPIServer

/// Who asks for a reload, and what is said of it.
@Suite(.timeLimit(.minutes(1)))
struct ReloadTests {
    // MARK: - SIGHUP

    /// What is seen each second, and then at the signal.
    @Test(arguments: [
        // A service, or `setsid`: there never was one.
        (false, [], false, TerminalWatch.Meaning.reload),
        (true, [true], true, .reload),
        (true, [], false, .terminalClosed),
        (true, [true, true], false, .terminalClosed),
        // The second's look may come between the terminal's end and the signal.
        (true, [true, false], false, .terminalClosed),
        // `disown`: the terminal has been away for long.
        (true, [false, false], false, .reload),
        (true, [true, false, false, false], false, .reload),
        // It was away for a moment only.
        (true, [false, true, false], false, .terminalClosed),
    ])
    func aHangUpEndsTheGatewayOnlyWhereItsTerminalCloses(
        hadTerminal: Bool, looks: [Bool], isThere: Bool, meaning: TerminalWatch.Meaning
    ) {
        var watch = TerminalWatch(hasTerminal: hadTerminal)
        for look in looks { watch.look(isThere: look) }
        #expect(watch.hangUp(isThere: isThere) == meaning)
    }

    // MARK: - Requests

    @Test func whatIsWantedDuringAReloadBecomesOneMore() async throws {
        let requests = ReloadRequests()
        let (begun, begin) = AsyncStream<Int>.makeStream()
        let (release, go) = AsyncStream<Void>.makeStream()
        let count = NIOLockedValueBox(0)
        let serving = Task {
            await requests.serve {
                let number = count.withLockedValue { count in
                    count += 1
                    return count
                }
                begin.yield(number)
                for await _ in release { break }
                var report = ReloadReport()
                report.milliseconds = number
                return report
            }
        }
        var beginnings = begun.makeAsyncIterator()
        requests.request()
        #expect(await beginnings.next() == 1)
        // A thousand signals and two commands.
        for _ in 0..<1_000 { requests.request() }
        async let one = requests.report()
        async let two = requests.report()
        while requests.waitingCount < 2 { await Task.yield() }
        go.yield()
        #expect(await beginnings.next() == 2)
        go.yield()
        let reports = await [one?.milliseconds, two?.milliseconds]
        #expect(reports == [2, 2])
        requests.end()
        await serving.value
        #expect(count.withLockedValue { $0 } == 2)
    }

    @Test func whoWaitsWhileTheGatewayStopsIsToldSo() async {
        let requests = ReloadRequests()
        async let report = requests.report()
        while requests.waitingCount < 1 { await Task.yield() }
        requests.end()
        #expect(await report == nil)
        #expect(await requests.report() == nil)
        await requests.serve { ReloadReport() }
    }

    // MARK: - Report

    private var report: ReloadReport {
        var report = ReloadReport()
        report.milliseconds = 12
        report.plugins.added = [.init(id: "com.example.a", file: "libgotapi-plugin-a.so")]
        report.plugins.kept = [.init(id: "com.example.k", file: "libgotapi-plugin-k.so")]
        report.plugins.refused = [
            .init(
                file: "libgotapi-plugin-r.so", id: "com.example.r", failure: LoadFailure(.badELF, "is cut off"),
                isServed: true)
        ]
        report.certificate = .replaced
        report.applied = ["log_level"]
        report.awaitingRestart = ["gotapi_if_port"]
        return report
    }

    @Test func peopleReadALineForEachChange() {
        #expect(
            report.text == """
                reloaded in 12 ms
                  added: com.example.a (libgotapi-plugin-a.so)
                  kept: com.example.k (libgotapi-plugin-k.so)
                  refused: libgotapi-plugin-r.so: BAD_ELF: is cut off; what ran before goes on
                  replaced: the certificate
                  in force: log_level
                  in force after a restart: gotapi_if_port

                """)
        #expect(!report.newsLines.contains { $0.contains("kept") })
    }

    @Test func programsReadAnObject() {
        let expected =
            #"{"added":[{"id":"com.example.a","file":"libgotapi-plugin-a.so"}],"replaced":[],"removed":[],"#
            + #""kept":[{"id":"com.example.k","file":"libgotapi-plugin-k.so"}],"#
            + #""refused":[{"file":"libgotapi-plugin-r.so","id":"com.example.r","code":"BAD_ELF","#
            + #""reason":"is cut off","served":true}],"certificate":{"state":"replaced","reason":null},"#
            + #""configuration":{"applied":["log_level"],"restart":["gotapi_if_port"],"error":null},"milliseconds":12}"#
        #expect(String(decoding: report.json.bytes, as: UTF8.self) == expected)
    }

    @Test func anythingRefusedIsARefusal() {
        #expect(!ReloadReport().hasRefusals)
        #expect(report.hasRefusals)
        var certificate = ReloadReport()
        certificate.certificate = .refused("holds no certificate")
        #expect(certificate.hasRefusals)
        var configuration = ReloadReport()
        configuration.configurationError = "config.json:3: no valid JSON"
        #expect(configuration.hasRefusals)
        #expect(configuration.text.contains("nothing was changed"))
        #expect(configuration.text.contains("config.json:3"))
    }

    // MARK: - Configuration

    @Test func whatTakesARestartStaysAsItWas() {
        let started = Configuration(folder: "/a")
        var new = started
        new.gotapiPort = 1
        new.gotapiTLSPort = 2
        new.httpServerPort = 3
        new.httpsServerPort = 4
        new.isTLSEnabled = false
        new.statePath = "/elsewhere"
        new.nativeThing.isEnabled = false
        new.nativeThing.isSimpleThingEnabled = true
        #expect(new.keepingWhatTakesARestart(from: started) == started)
        new.pluginResponseTimeout = 5
        new.allowedOriginList = ["http://example.com"]
        let kept = new.keepingWhatTakesARestart(from: started)
        #expect(started.changes(to: kept).map(\.key) == ["allowed_origin_list", "plugin_response_timeout"])
        #expect(started.changes(to: kept).allSatisfy { $0.effect != .restart })
    }

    @Test func theLeastLevelOfAllLoggersChangesAtOnce() {
        let lines = NIOLockedValueBox<[String]>([])
        let level = AdjustableLogLevel(.warning)
        let logger = Logger(label: "test") { _ in AdjustableLogHandler(Recorder(lines: lines), level: level) }
        logger.info("no")
        level.set(.debug)
        logger.info("yes")
        level.set(.critical)
        logger.error("no")
        #expect(lines.withLockedValue { $0 } == ["yes"])
    }

    private struct Recorder: LogHandler {
        let lines: NIOLockedValueBox<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.error

        init(lines: NIOLockedValueBox<[String]>) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.withLockedValue { $0.append("\(event.message)") } }
    }
}
