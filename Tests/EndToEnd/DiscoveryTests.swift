// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPITesting
import Testing

/// The announcement by mDNS, as others see it: with a D-Bus and an Avahi daemon in namespaces of the test's own.
@Suite(.timeLimit(.minutes(1)), .enabled(if: geteuid() == 0, "only root can make network namespaces"))
struct DiscoveryTests {
    @Test func anotherHostFindsTheStewardAlsoAfterTheDaemonWasAway() async throws {
        let folder = try configured(#"["10.77.0.0/24"]"#)
        let outcome = try await run(
            """
            "$gotapi" serve >log 2>&1 & gateway=$!
            until_true grep -q 'has been started' log
            until_true grep -q 'no Avahi daemon answers' log
            start_avahi
            until_true grep -q 'announced by mDNS' log
            avahi-browse -rptk _wss._tcp; avahi-browse -rptk _https._tcp
            kill "$avahi"; wait "$avahi" || true
            start_avahi
            announced_twice() { test "$(grep -c 'announced by mDNS' log)" = 2; }
            until_true announced_twice
            echo again; avahi-browse -rptk _wss._tcp
            kill "$gateway"; wait "$gateway"
            is_withdrawn() { ! avahi-browse -ptk _wss._tcp | grep -q ';steward;'; }
            until_true is_withdrawn
            """, in: folder)
        let parts = outcome.split(separator: "\nagain\n", maxSplits: 1)
        let first = String(parts.first ?? "")
        let uuid = try #require(first.firstMatch(of: /"uuid=([0-9a-f-]{36})"/)?.1)
        let certificate = try await TestProcess.run(
            GatewayProcess.program, ["certificate", "--config", folder.path + "/config.json"])
        let fingerprint = try #require(certificate.output.firstMatch(of: /SHA-256 ([0-9a-f]{16})/)?.1)
        for type in ["_wss._tcp", "_https._tcp"] {
            let line = first.split(separator: "\n").first {
                $0.hasPrefix("=;steward0;IPv4;steward;\(type);local;") && $0.contains(";10.77.0.1;44036;")
            }
            let text = String(try #require(line, "\(outcome)"))
            for item in ["txtvers=1", "uuid=\(uuid)", "name=the house", "path=/native", "fp=\(fingerprint)"] {
                #expect(text.contains("\"\(item)\""), "\(text)")
            }
        }
        #expect(parts.count == 2 && parts[1].contains("uuid=\(uuid)"), "\(outcome)")
    }

    @Test func aNameThatIsTakenIsChanged() async throws {
        let folder = try configured(#"["10.77.0.0/24"]"#)
        let outcome = try await run(
            """
            start_avahi
            avahi-publish -s steward _wss._tcp 1 a=b >taken 2>&1 &
            until_true grep -q Established taken
            "$gotapi" serve >log 2>&1 & gateway=$!
            until_true grep -q 'announced by mDNS' log
            avahi-browse -rptk _wss._tcp
            kill "$gateway"; wait "$gateway"
            """, in: folder)
        #expect(outcome.contains(#"=;steward0;IPv4;steward\032\0352;_wss._tcp;local;"#), "\(outcome)")
        #expect(outcome.contains("10.77.0.1;44036;"), "\(outcome)")
    }

    @Test(arguments: [("[]", ""), (#"["10.77.0.0/24"]"#, #", "mdns": false"#)])
    func nothingIsAnnouncedThatCannotBeReachedOrIsNotWanted(addresses: String, more: String) async throws {
        let folder = try configured(addresses, more: more)
        let outcome = try await run(
            """
            start_avahi
            "$gotapi" serve >log 2>&1 & gateway=$!
            until_true grep -q 'has been started' log
            avahi-browse -rpt _wss._tcp
            kill "$gateway"; wait "$gateway"
            cat log
            """, in: folder)
        #expect(outcome.contains("stopped"))
        #expect(!outcome.contains("steward;") && !outcome.contains("mDNS"), "\(outcome)")
    }

    private func configured(_ addresses: String, more: String = "") throws -> TestFolder {
        let folder = try TestFolder()
        try folder.write(
            """
            {"gotapi_if_ssl_port": 44036, "http_server_document_root": "\(TestBuild.root)/html",
             "plugin_root_path": "\(folder.path)",
             "native_thing": {"allowed_address_list": \(addresses), "name": "the house"\(more)}}
            """, to: "config.json")
        return folder
    }

    /// Runs a script where the machine's network, buses and processes are out of sight, and returns what it prints.
    private func run(_ script: String, in folder: TestFolder) async throws -> String {
        let whole = """
            set -eu
            gotapi=$1
            until_true() { local i; for i in $(seq 300); do if "$@"; then return; fi; sleep 0.1; done; cat log; return 1; }
            start_avahi() {
                rm -f /run/avahi-daemon/pid
                avahi-daemon --no-drop-root --no-chroot --no-rlimits >avahi 2>&1 & avahi=$!
                until_true grep -q 'startup complete' avahi
            }
            ip link set lo up
            ip link add steward0 type veth peer name steward1
            ip address add 10.77.0.1/24 dev steward0
            ip link set steward0 up
            ip link set steward1 up
            mount -t tmpfs tmpfs /run
            mkdir -p /run/dbus /run/avahi-daemon
            dbus-daemon --system --nofork --nopidfile >bus 2>&1 &
            until_true test -S /run/dbus/system_bus_socket
            \(script)
            """
        try folder.write(whole, to: "script.sh")
        // The process namespace ends with its first process, and everything in it.
        let outcome = try await TestProcess.run(
            "/usr/bin/unshare",
            [
                "--net", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child", "bash", "script.sh",
                GatewayProcess.program,
            ], in: folder.path)
        #expect(outcome.status == 0, "\(outcome.output)")
        return outcome.output
    }
}
