// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIPluginProbes
import Testing

@testable import GotAPIPluginChecker

/// The checker's values, without a library.
struct FindingTests {
    @Test(arguments: [
        ("libgotapi-plugin-thermo.so", true), ("libgotapi-plugin-a-1_b.so", true), ("libgotapi-plugin-1.so", false),
        ("libgotapi-plugin-.so", false), ("thermo.so", false), ("libgotapi-plugin-thermo.so.1", false),
        ("libgotapi-plugin-thérmo.so", false),
    ])
    func aPluginIsKnownByItsFileName(_ name: String, _ isOne: Bool) {
        #expect(StaticChecks.findings(fileName: name, mode: 0o100_644).isEmpty == isOne)
        #expect(StaticChecks.findings(fileName: name, mode: 0o100755).isEmpty == isOne)
    }

    @Test func aFileThatOthersMayWriteToIsAWarning() {
        let findings = StaticChecks.findings(fileName: "libgotapi-plugin-a.so", mode: 0o100775)
        #expect(findings.map(\.severity) == [.warning])
    }

    @Test(arguments: [
        ("\tlinux-vdso.so.1 (0x00007ffc)\n\tlibc.so.6 => /lib/libc.so.6 (0x00007f)\n", []),
        ("\tlibnowhere.so => not found\n", ["libnowhere.so"]),
        ("undefined symbol: nowhere\t(./a.so)\nundefined symbol: never\t(./a.so)\n", ["nowhere, never"]),
        ("./a.so: /lib/libc.so.6: version `GLIBC_9.9' not found (required by ./a.so)\n", ["GLIBC_9.9"]),
    ])
    func theDynamicLinkersWordsAreUnderstood(_ output: String, _ named: [String]) {
        let findings = LinkerTrace.findings(in: output)
        #expect(findings.count == named.count)
        for (finding, name) in zip(findings, named) { #expect(finding.what.contains(name)) }
    }

    @Test func whatWasNotLookedAtHasNotPassed() {
        var report = PluginCheckReport(file: "a.so", seed: 1)
        #expect(!report.hasPassed)
        report.finished(PluginCheck.allCases)
        #expect(report.hasPassed)
        report.add(CheckFinding(.memory, .warning, "grows", remedy: "free"))
        report.add(CheckFinding(.memory, .warning, "grows more", remedy: "free"))
        #expect(report.hasPassed && report.findings.count == 1)
        report.add(CheckFinding(.json, .problem, "none\u{1b}[31m", remedy: "build"))
        #expect(!report.hasPassed && report.state(of: .json) == .failed)
        #expect(report.text.contains("none\\u{1b}[31m"))
        #expect(report.text.contains("failed: 1 problems, 1 warnings"))
    }

    @Test func aProblemTakesThePlaceOfAWarning() {
        var report = PluginCheckReport(file: "a.so", seed: 1)
        report.add(CheckFinding(.threads, .warning, "one thread", remedy: "join"))
        report.add(CheckFinding(.threads, .problem, "20 threads", remedy: "join"))
        report.add(CheckFinding(.threads, .warning, "two threads", remedy: "join"))
        #expect(report.state(of: .threads) == .failed)
        #expect(report.findings.map(\.what) == ["20 threads"])
    }

    @Test func whatOnePhaseHasFoundIsNamedWhole() {
        var report = PluginCheckReport(file: "a.so", seed: 1)
        let findings = ["name", "version", "vendor"].map {
            CheckFinding(.descriptor, .warning, "\($0) is empty", remedy: "say it")
        }
        report.add(findings + findings)
        #expect(report.findings == findings)
        report.add([CheckFinding(.descriptor, .warning, "all is empty", remedy: "say it")])
        #expect(report.findings == findings)
    }

    @Test func theSettingsReachTheChild() {
        var settings = ProbeSettings(seed: .max)
        settings.requests = 17
        settings.attributes = ["on", ""]
        #expect(ProbeSettings(arguments: settings.arguments) == settings)
        #expect(ProbeSettings(arguments: ["1"]) == nil)
    }

    @Test func theSameSeedAsksTheSame() throws {
        let services = try Service.list(
            Array(#"[{"serviceId":"a","name":"A","online":true,"scopes":["t"]}]"#.utf8)
        ).services
        var first = RandomRequests(seed: 3, services: services, words: ["on", "off"])
        var second = RandomRequests(seed: 3, services: services, words: ["on", "off"])
        var other = RandomRequests(seed: 4, services: services, words: ["on", "off"])
        let requests = (0..<500).map { _ in first.request() }
        #expect(requests == (0..<500).map { _ in second.request() })
        #expect(requests != (0..<500).map { _ in other.request() })
        #expect(requests.allSatisfy { ["get", "put", "post", "delete"].contains($0.method) })
    }
}
