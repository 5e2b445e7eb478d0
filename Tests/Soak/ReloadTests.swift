// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPITesting
import Testing

extension Soaks {
    /// Plug-ins that are replaced again and again while applications use them (plugin-abi.md, "Reload").
    @Suite struct ReloadTests {
        /// Of a plug-in whose subscriptions go on, and where it runs.
        struct Case: Sendable, CustomTestStringConvertible {
            let language: String
            let isolation: String

            var testDescription: String { "\(language), isolation \(isolation)" }
        }

        private static var cases: [Case] {
            let all = ["c", "cpp", "swift"].flatMap { language in
                ["process", "none"].map { Case(language: language, isolation: $0) }
            }
            let left = ["cpp none", "swift process"]
            return SoakCounts.current.reloadsAll ? all : all.filter { !left.contains("\($0.language) \($0.isolation)") }
        }

        /// Subscriptions to these end with each reload. The device of the second can be open only once.
        private static let others = ["versions-plain", "versions-exclusive"]
        /// Of the bystander.
        private static let unchanged = 3
        /// What the image of each generation may keep for good, in process: issue 5, in bytes.
        private static let image = 100 << 10

        @Test(.timeLimit(.minutes(60)), arguments: cases)
        func noRequestIsLostAndNoPushIsRepeated(_ kind: Case) async throws {
            let replayable = "versions-\(kind.language)"
            let plugins = [replayable] + Self.others
            let items = plugins.map { "\"com.example.\($0)\": {\"isolation\": \"\(kind.isolation)\"}" }
            let ledger = ReloadLedger(plugins)
            let images = kind.isolation == "none" ? plugins.count * SoakCounts.current.reloads : 0
            try await Soak.run(
                "reloads, \(kind.testDescription)", fixtures: plugins.map { $0 + "-1" },
                more: ", \"plugins\": {\"items\": {\(items.joined(separator: ", "))}}", looksAtPlugins: false,
                keeps: images * Self.image
            ) { soak in
                try await Self.reload(soak.counts.reloadsBefore, soak, ledger, replayable)
            } _: { soak in
                try await Self.reload(soak.counts.reloads, soak, ledger, replayable)
                try await Self.expectNothingLeft(soak, ledger, plugins, isIsolated: kind.isolation == "process")
            }
        }

        private static func reload(
            _ count: Int, _ soak: Soak, _ ledger: ReloadLedger, _ replayable: String
        ) async throws {
            let load = ReloadLoad(soak, ledger, replayable: replayable, others: others)
            let application = try await soak.connect()
            try await load.run {
                for number in 0..<count {
                    try await replace(load.plugins, soak, ledger)
                    if number % 2 == 0 {
                        try await command(load.plugins, soak)
                    } else {
                        try await signal(soak, ledger.reloads(of: replayable))
                    }
                    for plugin in load.plugins { try await load.served(plugin, application) }
                    // Every third follows upon the one before, whatever that has left to do.
                    guard number % 3 != 1 || number == count - 1 else { continue }
                    try await soak.settle { ledger.laggards.isEmpty }
                    #expect(ledger.laggards == [], "after reload \(number)")
                }
            }
            await application.close()
        }

        private static func replace(_ plugins: [String], _ soak: Soak, _ ledger: ReloadLedger) async throws {
            for plugin in plugins {
                let version = ledger.begin(plugin)
                try await soak.folder.move(
                    "\(try TestBuild.fixtures)/libgotapi-plugin-\(plugin)-\(version).so",
                    onto: "\(soak.folder.path)/plugins/libgotapi-plugin-\(plugin)-1.so")
            }
        }

        private static func command(_ plugins: [String], _ soak: Soak) async throws {
            let (status, report) = try await GatewayProcess.reload(in: soak.folder)
            let ids = { (list: String) in report[list]?.array?.compactMap { $0["id"]?.text }.sorted() }
            #expect(status == 0, "\(report)")
            #expect(ids("replaced") == plugins.map { "com.example.\($0)" }.sorted(), "\(report)")
            #expect(ids("kept")?.count == unchanged, "\(report)")
            for list in ["added", "removed", "refused"] { #expect(ids(list) == [], "\(report)") }
        }

        /// - Parameter reloads: how many there are with this one.
        private static func signal(_ soak: Soak, _ reloads: Int) async throws {
            soak.gateway.signal(SIGHUP)
            let isReported = try await soak.settle {
                soak.gateway.output.split(separator: "\n").count { $0.contains("] reloaded in ") } == reloads
            }
            #expect(isReported, "reload \(reloads)")
        }

        private static func expectNothingLeft(
            _ soak: Soak, _ ledger: ReloadLedger, _ plugins: [String], isIsolated: Bool
        ) async throws {
            let runners = unchanged + (isIsolated ? plugins.count : 0)
            #expect(
                try await soak.settle {
                    let children = try await GatewayProcess.children(of: soak.gateway.pid)
                    let copies = try await TestProcess.run(
                        "/usr/bin/find", [soak.folder.path + "/state/libraries", "-mindepth", "2", "-maxdepth", "2"]
                    ).output.split(separator: "\n")
                    return children.count == runners && (copies.count == runners || !isIsolated)
                })
            for plugin in plugins {
                let file = "\(soak.folder.path)/state/plugins/com.example.\(plugin)/commands"
                let executed = try await TestProcess.run("/bin/cat", [file]).output.split(separator: "\n").map(
                    String.init)
                #expect(executed.sorted() == ledger.commands(of: plugin).sorted(), "\(plugin): lost or repeated")
            }
            let list = try await GatewayProcess.list(in: soak.folder).array ?? []
            for plugin in list {
                #expect(plugin["draining"]?.integer == 0 && plugin["crashes"]?.integer == 0, "\(plugin)")
            }
        }
    }
}
