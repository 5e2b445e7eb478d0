// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginHost

/// Nothing unverified is loaded at a reload, and what runs goes on.
@Suite(.timeLimit(.minutes(2)))
struct ReloadSignatureTests {
    private let reload = ReloadTests()
    private var test: TestHost { reload.test }

    private var settings: PluginHostSettings {
        var settings = test.settings()
        settings.signatures = SignaturePolicy(trustPath: test.folder.path + "/trust")
        return settings
    }

    private func trust(_ name: String) {
        run("mkdir -p '\(test.folder.path)/trust' && cp '\(SigningKeys.path)/\(name).pem' '\(test.folder.path)/trust/'")
    }

    private func place(_ version: String, signedBy name: String?) {
        ReloadTests.version(version).build(at: test.plugins + "/new")
        if let name { SigningKeys.sign(test.plugins + "/new", "as \(name)") }
        reload.remove(ReloadTests.file + ".p7s", ifThere: true)
        if name != nil { reload.move("new.p7s", to: ReloadTests.file + ".p7s") }
        reload.move("new", to: ReloadTests.file)
    }

    private func expectUntrusted(
        _ words: String, _ host: PluginHost, _ settings: PluginHostSettings,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let report = await host.reload(settings)
        let refusal = report.refused.first
        #expect(refusal?.failure.code == .untrusted, "\(report)", sourceLocation: sourceLocation)
        #expect(refusal?.failure.reason.contains(words) == true, "\(report)", sourceLocation: sourceLocation)
        #expect(refusal?.isServed == true, sourceLocation: sourceLocation)
        #expect(try await reload.answeredVersion() == #"{"data":"1"}"#, sourceLocation: sourceLocation)
        #expect(host.status().map(\.generation) == [1], sourceLocation: sourceLocation)
    }

    @Test func aNewVersionNeedsASignatureThatFits() async throws {
        trust("vendor")
        place("1", signedBy: "vendor")
        try await test.withHost(settings) { host, status async throws in
            #expect(status.map(\.signature?.signer) == ["CN=vendor,O=Example"])
            place("2", signedBy: nil)
            try await expectUntrusted("no signature", host, settings)
            place("2", signedBy: "stranger")
            try await expectUntrusted("does not know", host, settings)
            place("3", signedBy: "vendor")
            ReloadTests.version("4").build(at: test.plugins + "/" + ReloadTests.file)
            try await expectUntrusted("does not fit", host, settings)
            place("5", signedBy: "vendor")
            #expect(await host.reload(settings).replaced.map(\.id) == [ReloadTests.id])
            #expect(try await reload.answeredVersion() == #"{"data":"5"}"#)
        }
    }

    @Test func whatIsNoLongerTrustedIsReportedAndGoesOn() async throws {
        trust("vendor")
        place("1", signedBy: "vendor")
        try await test.withHost(settings) { host, _ async throws in
            let signature = test.plugins + "/" + ReloadTests.file + ".p7s"
            run("mv '\(signature)' '\(signature).away'")
            try await expectUntrusted("no signature", host, settings)
            #expect(host.status().map(\.signature) == [nil])
            run(
                "mv '\(signature).away' '\(signature)'; mv '\(test.folder.path)/trust/vendor.pem' '\(test.folder.path)'"
            )
            trust("stranger")
            try await expectUntrusted("does not know", host, settings)
            trust("vendor")
            #expect(await host.reload(settings).kept.map(\.id) == [ReloadTests.id])
            #expect(host.status().map(\.signature?.signer) == ["CN=vendor,O=Example"])
        }
    }

    @Test func whatIsNoLongerTrustedIsNotStartedAgainBeforeItIs() async throws {
        trust("vendor")
        place("1", signedBy: "vendor")
        var settings = settings
        settings.restartPolicy = RestartPolicy(shortestPause: 1_000_000)
        try await test.withHost(settings) { host, _ async throws in
            run("mv '\(test.folder.path)/trust/vendor.pem' '\(test.folder.path)'")
            try await expectUntrusted("does not know", host, settings)
            #expect(try await test.request("segv") == .crashed)
            while host.status().first?.state != .quarantined { try await letOthersRun() }
            await #expect(throws: PluginStartRefusal.self) { try await host.startPlugin(ReloadTests.id) }
            #expect(test.lines.contains("is not started again: UNTRUSTED"))
            trust("vendor")
            #expect(await host.reload(settings).kept.map(\.id) == [ReloadTests.id])
            while try await reload.answeredVersion() != #"{"data":"1"}"# { try await letOthersRun() }
        }
    }

    @Test func signaturesAreAskedForFromOneReloadToTheNext() async throws {
        trust("vendor")
        place("1", signedBy: nil)
        try await test.withHost(test.settings()) { host, _ async throws in
            try await expectUntrusted("no signature", host, settings)
            SigningKeys.sign(test.plugins + "/" + ReloadTests.file, "as vendor")
            let report = await host.reload(settings)
            #expect(report.kept.map(\.id) == [ReloadTests.id], "the bytes are those that run")
            #expect(host.status().map(\.signature?.signer) == ["CN=vendor,O=Example"])
            #expect(host.status().map(\.generation) == [1])
            #expect(await host.reload(test.settings()).kept.map(\.id) == [ReloadTests.id])
            #expect(host.status().map(\.signature) == [nil])
        }
    }
}
