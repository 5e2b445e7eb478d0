// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Reload: plugin-abi.md, "Reload". What is wrong with a new file harms nobody: what ran before goes on.
extension PluginHost {
    /// A file, compared with what runs.
    struct Found: Sendable {
        let file: LibraryFile
        let content: ReloadPlan.Finding.Content
        /// What a new generation would be made from; `nil` where there is no need for one, or no way to one.
        let library: PreparedLibrary?
    }

    /// Compares the plug-ins' folder with what runs, and brings what runs up to date. Returns when the new generations are
    /// served; the old ones go on with what they were asked.
    ///
    /// - Parameter settings: what holds from now on; for a plug-in that runs, from its next generation on.
    package func reload(_ settings: PluginHostSettings) async -> PluginReloadReport {
        use(settings)
        let running = await servedPlugins()
        let scan: Scan
        do throws(LoadFailure) { scan = try await scanFolder() } catch {
            var report = PluginReloadReport()
            report.kept = running.map { .init($0) }
            report.refused = [.init(file: settings.rootPath, id: nil, failure: error, isServed: false)]
            return report
        }
        let found = await examine(scan, running, settings)
        let plan = ReloadPlan(
            findings: found.map { ReloadPlan.Finding(path: $0.file.path, content: $0.content) },
            running: running.map { ReloadPlan.Running(id: $0.id, path: $0.plan.library.file.path) },
            isEnabled: { settings.wishes(for: $0).isEnabled })
        return await bringUp(plan, found, running)
    }

    /// Those that run or will again. The others are forgotten, so that their files are looked at anew.
    private func servedPlugins() async -> [PluginSupervisor] {
        let (served, unserved) = table.withLockedValue { table in
            // Asked once: it may change at any moment.
            let failed = table.slots.compactMap(\.hosted).filter(\.hasFailed)
            table.slots.removeAll { slot in failed.contains { $0 === slot.hosted } }
            return (table.slots.compactMap(\.hosted), failed)
        }
        for plugin in unserved {
            let failure = plugin.current.startFailure
            await plugin.reject(failure).value
            keepMapped(plugin.plan, plugin.current, failure)
        }
        return served
    }

    // MARK: - Files

    /// Compares what is in the files, and copies and checks what is new.
    func examine(
        _ scan: Scan, _ running: [PluginSupervisor], _ settings: PluginHostSettings
    ) async -> [Found] {
        let plugins = Dictionary(running.map { ($0.plan.library.file.path, $0) }) { first, _ in first }
        // What is in a folder that cannot be looked into is there still, as far as anybody knows.
        let hidden = running.map(\.plan.library.file).filter { $0.folder.map { scan.unreadable[$0] != nil } ?? false }
        let files = (scan.files + hidden).sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return await Self.inParallel(files) { [self] file in
            if let failure = file.folder.flatMap({ scan.unreadable[$0] }) {
                return Found(file: file, content: .unusable(failure), library: nil)
            }
            if let plugin = plugins[file.path], await isUnchanged(plugin.plan, in: scan, settings) {
                return await verifyAgain(plugin, in: scan)
            }
            switch await prepareUnlessMapped(file, in: scan) {
            case .success(let library):
                return Found(file: file, content: .other(id: library.image.note.id), library: library)
            case .failure(let failure): return Found(file: file, content: .unusable(failure), library: nil)
            }
        }
    }

    private func isUnchanged(
        _ plan: GenerationPlan, in scan: Scan, _ settings: PluginHostSettings
    ) async -> Bool {
        guard plan.wishes == settings.wishes(for: plan.id) else { return false }
        guard plan.isolation == .none || plan.hiddenPaths == settings.hiddenPaths else { return false }
        return await isThere(plan.library, in: scan)
    }

    /// Whether the file holds what was copied, in the same place.
    private func isThere(_ library: PreparedLibrary, in scan: Scan) async -> Bool {
        // Whatever cannot be read cannot be copied either, which then says why.
        let content = try? await NIOThreadPool.singleton.runIfActive {
            try LibraryContent(of: library.file, from: scan.source)
        }
        return content == library.copy.content
            && scan.source.resourcePath(of: library.file) == library.resourcePath
    }

    /// The bytes are those that run; whom the owner trusts may have changed. Where they are not trusted any more, the report
    /// says so, and what runs goes on, since it was trusted when it was loaded; but it is not started again.
    private func verifyAgain(_ plugin: PluginSupervisor, in scan: Scan) async -> Found {
        let library = plugin.plan.library
        switch await verify(library, in: scan) {
        case .success(let signature):
            await plugin.trust(signature).value
            return Found(file: library.file, content: .same(id: plugin.id), library: nil)
        case .failure(let failure):
            plugin.distrust(failure)
            return Found(file: library.file, content: .unusable(failure), library: nil)
        }
    }

    private func verify(_ library: PreparedLibrary, in scan: Scan) async -> Result<SignatureVerdict?, LoadFailure> {
        do {
            return .success(
                try await NIOThreadPool.singleton.runIfActive {
                    try scan.signatures?.verify(library.copy, of: library.file, from: scan.source)
                })
        } catch { return .failure(LoadFailure(wrapping: error)) }
    }

    // MARK: - What stays in this process

    /// Takes the copy that is mapped already, where the file holds what was refused in this process before: else each reload
    /// would leave another image and another copy behind.
    private func prepareUnlessMapped(_ file: LibraryFile, in scan: Scan) async -> Result<PreparedLibrary, LoadFailure> {
        guard let mapped = table.withLockedValue({ $0.mapped[file.path] }), await isThere(mapped.library, in: scan)
        else {
            return await prepare(file, in: scan)
        }
        guard mapped.isFree else { return .failure(mapped.failure) }
        return await verify(mapped.library, in: scan).map { _ in mapped.library }
    }

    /// Remembers a library that was refused after it was mapped into this process.
    private func keepMapped(_ plan: GenerationPlan, _ plugin: HostedPlugin, _ failure: LoadFailure) {
        guard plan.isolation == .none else { return }
        table.withLockedValue { table in
            table.mapped[plan.library.file.path] = MappedLibrary(
                library: plan.library, failure: failure, isFree: plugin.stoppedInOrder)
        }
    }

    // MARK: - Generations

    /// Loads, starts and swaps what the plan wants.
    private func bringUp(
        _ plan: ReloadPlan, _ found: [Found], _ running: [PluginSupervisor]
    ) async -> PluginReloadReport {
        var round = await candidates(plan, found, running)
        let added = round.candidates.filter { !$0.isReplacement }.map(\.supervisor)
        let leaving = running.filter { plan.removed.contains($0.id) }
        let staying = running.filter { !plan.removed.contains($0.id) }
        let (isShutDown, earlier) = table.withLockedValue { table in
            table.candidates = added
            return (table.isShutDown, table.leaving)
        }

        if isShutDown { await round.attempt { _ in .stopping } }
        await round.attempt { await $0.load() }
        let exclusive = Set(
            round.candidates.filter { $0.isReplacement && $0.supervisor.isExclusive }.map(\.plan.id))
        await refuseConflicts(&round, staying, exclusive)
        await round.attempt(except: exclusive) { candidate in
            // Its device may still be open: it was removed a moment ago.
            for plugin in earlier where plugin.id == candidate.plan.id {
                await plugin.hurry(within: PluginSupervisor.exclusiveGrace).value
            }
            return await candidate.start()
        }
        // Who could not be started keeps the services that it has.
        await refuseConflicts(&round, staying, exclusive)
        await round.attempt(except: exclusive) { await $0.commit() }

        for plugin in leaving { await plugin.retire().value }
        fillTable(plan, found, running, round.failures, added, leaving: leaving)
        await published()
        if !exclusive.isEmpty {
            await round.attempt { exclusive.contains($0.plan.id) ? await $0.supervisor.exchange().failure : nil }
            fillTable(plan, found, running, round.failures, added)
            await published()
        }
        for (candidate, plugin) in round.failed {
            if let plugin { keepMapped(candidate.plan, plugin, round.failures[candidate.index] ?? .stopping) }
        }
        return report(plan, found, running, round.failures)
    }

    private func candidates(
        _ plan: ReloadPlan, _ found: [Found], _ running: [PluginSupervisor]
    ) async -> ReloadRound {
        var round = ReloadRound()
        for (index, verdict) in plan.verdicts.enumerated() {
            guard let library = found[index].library else { continue }
            guard let id = verdict.wantedID else {
                discard(library.copy)
                continue
            }
            let supervisor = running.first { $0.id == id }
            do throws(LoadFailure) {
                let plan = try await self.plan(for: library, on: supervisor?.eventLoop ?? group.next())
                round.add(
                    ReloadRound.Candidate(
                        index: index, supervisor: supervisor ?? self.supervisor(of: plan), plan: plan,
                        isReplacement: supervisor != nil))
            } catch {
                discard(library.copy)
                round.refuse(index, error)
            }
        }
        return round
    }

    /// Who wants a service that another has, or will have, is out.
    ///
    /// - Parameter exclusive: ids of those whose exchange is still to come: until it has succeeded they have both what they
    ///   serve now and what they would serve.
    private func refuseConflicts(
        _ round: inout ReloadRound, _ staying: [PluginSupervisor], _ exclusive: Set<String>
    ) async {
        let candidates = Dictionary(round.candidates.map { ($0.plan.id, $0) }) { first, _ in first }
        let present = staying.filter { candidates[$0.id] == nil || exclusive.contains($0.id) }.map { plugin in
            ServiceClaims.Party(id: plugin.id, present: plugin.current.presentServices, wanted: nil)
        }
        let wanted = round.candidates.map { candidate in
            ServiceClaims.Party(
                id: candidate.plan.id,
                present: candidate.isReplacement ? candidate.supervisor.current.presentServices : nil,
                wanted: candidate.services)
        }
        let refusals = ServiceClaims.refusals(among: present + wanted)
        await round.attempt { refusals[$0.plan.id] }
    }

    // MARK: - Outcome

    private func fillTable(
        _ plan: ReloadPlan, _ found: [Found], _ running: [PluginSupervisor], _ failures: [Int: LoadFailure],
        _ added: [PluginSupervisor], leaving: [PluginSupervisor] = []
    ) {
        let hosted = Dictionary((running + added).map { ($0.id, $0) }) { first, _ in first }
        let slots = zip(found, plan.verdicts).enumerated().map { index, pair in
            let (file, verdict) = (pair.0.file, pair.1)
            var slot = Slot(file: file, outcome: .disabled)
            switch verdict {
            case .kept(let id), .replaced(let id): slot.outcome = hosted[id].map(Slot.Outcome.hosted) ?? .disabled
            case .added(let id):
                slot.outcome =
                    failures[index].map(Slot.Outcome.refused) ?? hosted[id].map(Slot.Outcome.hosted) ?? .disabled
            case .disabled: ()
            case .refused(let failure, let id, let isServed):
                let plugin = id.flatMap { isServed ? hosted[$0] : nil }
                slot.outcome = plugin.map(Slot.Outcome.hosted) ?? .refused(failure)
            }
            slot.id = verdict.id
            if slot.hosted != nil { slot.update = failures[index] ?? verdict.failure }
            return slot
        }
        table.withLockedValue { table in
            table.slots = slots
            table.leaving += leaving
            table.candidates = []
        }
    }

    private func report(
        _ plan: ReloadPlan, _ found: [Found], _ running: [PluginSupervisor], _ failures: [Int: LoadFailure]
    ) -> PluginReloadReport {
        var report = PluginReloadReport()
        for (index, verdict) in plan.verdicts.enumerated() {
            let file = found[index].file.path
            if let failure = failures[index] ?? verdict.failure {
                report.refused.append(
                    .init(
                        file: file, id: verdict.id, failure: failure,
                        isServed: verdict.isServed))
                continue
            }
            switch verdict {
            case .kept(let id): report.kept.append(.init(id: id, file: file))
            case .replaced(let id): report.replaced.append(.init(id: id, file: file))
            case .added(let id): report.added.append(.init(id: id, file: file))
            case .disabled, .refused: ()
            }
        }
        report.removed = running.filter { plan.removed.contains($0.id) }.map { .init($0) }
        return report
    }
}

extension ReloadPlan.Verdict {
    /// Of the plug-in that a new generation is to be made of.
    fileprivate var wantedID: String? {
        switch self {
        case .replaced(let id), .added(let id): id
        case .kept, .disabled, .refused: nil
        }
    }

    fileprivate var id: String? {
        switch self {
        case .kept(let id), .replaced(let id), .added(let id), .disabled(let id): id
        case .refused(_, let id, _): id
        }
    }

    fileprivate var failure: LoadFailure? {
        if case .refused(let failure, _, _) = self { failure } else { nil }
    }

    /// Whether something runs that goes on where the change is not made.
    fileprivate var isServed: Bool {
        switch self {
        case .kept, .replaced: true
        case .added, .disabled: false
        case .refused(_, _, let isServed): isServed
        }
    }
}

extension PluginReloadReport.Plugin {
    fileprivate init(_ plugin: PluginSupervisor) { self.init(id: plugin.id, file: plugin.plan.library.file.path) }
}
