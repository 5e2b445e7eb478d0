// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore
package import Logging
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// Finds the plug-ins' libraries, checks and loads them, and keeps the table of those that run: plugin-abi.md,
/// "Loading" and "Reload".
///
/// All functions may be called from any thread. `start` and `shutDown` are called once each, in this order, and `reload` in
/// between, one call after another.
package final class PluginHost: Sendable {
    /// One file, in scan order.
    struct Slot: Sendable {
        enum Outcome: Sendable {
            case refused(LoadFailure)
            case disabled
            case hosted(PluginSupervisor)
        }

        let file: LibraryFile
        var id: String?
        var sha256: String?
        var outcome: Outcome
        /// Why the file's content, or the configuration, is not what runs.
        var update: LoadFailure?
    }

    struct Table {
        var slots: [Slot] = []
        /// Those that a reload loads, and that nobody knows yet.
        var candidates: [PluginSupervisor] = []
        /// Those that are no longer wanted and still have something to finish.
        var leaving: [PluginSupervisor] = []
        /// True while ``PluginHost/start()`` waits: it publishes all at once.
        var isStarting = true
        var isPublishing = false
        var publishesAgain = false
        var isShutDown = false
        /// Told when the gateway knows all that is here now.
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// By path, what was refused in this process and stays mapped.
        var mapped: [String: MappedLibrary] = [:]
        /// By id, the copies that are mapped into this process.
        var images: [String: Set<String>] = [:]
    }

    /// A library that was refused after it was mapped into this process, where nothing is ever unloaded.
    struct MappedLibrary: Sendable {
        let library: PreparedLibrary
        let failure: LoadFailure
        /// No thread is left in its code.
        let isFree: Bool
    }

    /// How long the gateway's start waits for slow ones (gotapi-wire.md, "Ports, TLS, listeners").
    static let startPatience = TimeAmount.seconds(1)

    let group: any EventLoopGroup
    let sink: any EventSink
    let logger: Logger
    private let endpointsChanged: @Sendable (EndpointChange) -> Void
    let currentSettings: NIOLockedValueBox<PluginHostSettings>
    let table = NIOLockedValueBox(Table())
    let store = NIOLockedValueBox<LibraryStore?>(nil)
    let inFlight = NIOLockedValueBox<InFlightRecord?>(nil)
    let inlineWatch = InlineWatch()

    /// - Parameters:
    ///   - group: each plug-in belongs to one of its event loops.
    ///   - sink: hears what plug-ins do of their own accord.
    ///   - endpointsChanged: is given all plug-ins that have started, in scan order, whenever that changes; calls come
    ///     one after another, from any thread. A plug-in that has crashed stays among them, not online, until its next
    ///     generation takes its place.
    package init(
        settings: PluginHostSettings, group: any EventLoopGroup, sink: any EventSink, logger: Logger,
        endpointsChanged: @escaping @Sendable (EndpointChange) -> Void
    ) {
        currentSettings = NIOLockedValueBox(settings)
        self.group = group
        self.sink = sink
        self.logger = logger
        self.endpointsChanged = endpointsChanged
    }

    var settings: PluginHostSettings { currentSettings.withLockedValue { $0 } }

    func use(_ settings: PluginHostSettings) { currentSettings.withLockedValue { $0 = settings } }

    // MARK: - Start

    /// Loads and starts all that the plug-ins' folder holds. Returns when each runs or is refused, and does not wait
    /// for a `start` that takes longer than 1 s: such a plug-in appears when it is ready.
    ///
    /// - Returns: what became of each file, in scan order.
    package func start() async -> [PluginStatus] {
        let slots = await load()
        table.withLockedValue { $0.slots = slots }
        let starting = slots.compactMap(\.loaded).map { plugin in
            let future = plugin.start()
            future.whenComplete { _ in self.started(plugin.current) }
            return future
        }
        let loop = group.next()
        let all = EventLoopFuture.andAllComplete(starting, on: loop)
        let patience = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: Self.startPatience) { patience.succeed() }
        all.whenComplete { _ in
            timer.cancel()
            patience.succeed()
        }
        await patience.futureResult.value
        table.withLockedValue { $0.isStarting = false }
        publish()
        return status()
    }

    /// Copies and checks all files, runs the libraries up to their descriptors, and refuses second ones with the same id or
    /// service.
    private func load() async -> [Slot] {
        let scan: Scan
        do throws(LoadFailure) { scan = try await scanFolder() } catch {
            logger.error("no plug-ins are loaded from \(settings.rootPath.printable): \(error.reason)")
            return []
        }
        await openInFlightRecord()
        var slots: [Slot] = []
        var fileByID: [String: String] = [:]
        for (file, prepared) in zip(scan.files, await Self.inParallel(scan.files) { await self.prepare($0, in: scan) })
        {
            do throws(LoadFailure) {
                let library = try prepared.get()
                let id = library.image.note.id
                var slot = Slot(file: file, id: id, sha256: library.copy.sha256, outcome: .disabled)
                if settings.wishes(for: id).isEnabled {
                    if let other = fileByID[id] {
                        slot.outcome = .refused(.repeatedID(id, other: other))
                    } else {
                        fileByID[id] = file.path
                        slot.outcome = await host(library)
                    }
                }
                if slot.hosted == nil { discard(library.copy) }
                slots.append(slot)
            } catch {
                slots.append(Slot(file: file, outcome: .refused(error)))
            }
        }
        _ = await Self.inParallel(slots.compactMap(\.hosted)) { plugin in
            await plugin.load().value
        }
        await refuseRepeatedServices(in: slots)
        for slot in slots { log(slot) }
        return slots
    }

    private func host(_ library: PreparedLibrary) async -> Slot.Outcome {
        do throws(LoadFailure) {
            return .hosted(supervisor(of: try await plan(for: library, on: group.next())))
        } catch {
            return .refused(error)
        }
    }

    func supervisor(of plan: GenerationPlan) -> PluginSupervisor {
        PluginSupervisor(plan) { [currentSettings] in
            currentSettings.withLockedValue { $0 }
        } changed: { [weak self] in
            self?.publish()
        } retired: { [weak self] plan, isInOrder in
            self?.retired(plan, isInOrder: isInOrder)
        }
    }

    private func openInFlightRecord() async {
        do {
            let record = try await NIOThreadPool.singleton.runIfActive { [settings] in
                try InFlightRecord(statePath: settings.statePath)
            }
            inFlight.withLockedValue { $0 = record }
        } catch {
            logger.warning("a crash in the gateway's own process will not tell which plug-in it was: \(error)")
        }
    }

    /// Of two plug-ins that serve the same profile of the same service the later one is refused as a whole.
    private func refuseRepeatedServices(in slots: [Slot]) async {
        var owners = ServiceClaims()
        for plugin in slots.compactMap(\.loaded).map(\.current) {
            if let failure = owners.add(plugin.services, of: plugin.id) { await plugin.reject(failure).value }
        }
    }

    func started(_ plugin: HostedPlugin) {
        switch plugin.state {
        case .running:
            let place = plugin.transport.pid.map { "as process \($0)" } ?? "in the gateway's process"
            plugin.logger.info("runs \(place), services: \(plugin.services.map(\.serviceID.printable))")
            publish()
        case .failed(let failure): plugin.logger.error("is refused: \(failure)")
        default: ()
        }
    }

    private func log(_ slot: Slot) {
        switch slot.outcome {
        case .refused(let failure): logger.error("plug-in \(slot.file.path.printable) is refused: \(failure)")
        case .hosted(let plugin):
            if case .failed(let failure) = plugin.current.state {
                logger.error("plug-in \(slot.file.path.printable) is refused: \(failure)")
            }
        case .disabled: logger.info("plug-in \(slot.file.path.printable) is disabled by the configuration")
        }
    }

    /// No generation of a plan lives any more. What ran in process stays in memory, and so does its copy on disk.
    func retired(_ plan: GenerationPlan, isInOrder: Bool) {
        if plan.isolation == .none {
            table.withLockedValue { _ = $0.images[plan.id, default: []].insert(plan.library.copy.folder) }
        }
        if let mark = plan.mark, isInOrder { inFlight.withLockedValue { $0?.free(mark) } }
        if plan.isolation == .process { discard(plan.library.copy) }
    }

    /// Removes the copy of a library that no process uses any more.
    func discard(_ copy: LibraryStore.Copy) {
        guard let store = store.withLockedValue({ $0 }) else { return }
        NIOThreadPool.singleton.submit { _ in store.remove(copy) }
    }

    // MARK: - Table

    /// Publishes, and waits until that is done, by whatever thread.
    func published() async {
        await withCheckedContinuation { waiter in
            table.withLockedValue { $0.waiting.append(waiter) }
            publish()
        }
    }

    /// Tells the gateway which plug-ins have started. Calls from several threads become one after another.
    func publish() {
        let isMine = table.withLockedValue { table in
            guard !table.isStarting else { return false }
            table.publishesAgain = true
            defer { table.isPublishing = true }
            return !table.isPublishing
        }
        guard isMine else { return }
        while true {
            typealias Turn = (supervisors: [PluginSupervisor], waiting: [CheckedContinuation<Void, Never>])
            let turn = table.withLockedValue { table -> Turn? in
                guard table.publishesAgain else {
                    table.isPublishing = false
                    return nil
                }
                table.publishesAgain = false
                table.leaving.removeAll(where: \.hasEnded)
                defer { table.waiting = [] }
                return (table.isShutDown ? [] : table.slots.compactMap(\.hosted) + table.leaving, table.waiting)
            }
            guard let (supervisors, waiting) = turn else { return }
            defer { for waiter in waiting { waiter.resume() } }
            let publications = supervisors.map { $0.publication() }
            endpointsChanged(
                EndpointChange(
                    publications.compactMap(\.endpoint), draining: publications.flatMap(\.draining),
                    successions: publications.flatMap(\.successions)))
            for (supervisor, publication) in zip(supervisors, publications) { supervisor.wasPublished(publication) }
        }
    }

    /// What became of each file, in scan order.
    package func status() -> [PluginStatus] {
        table.withLockedValue(\.slots).map { slot in
            var status = PluginStatus(slot, isolation: slot.id.map(settings.isolation(of:)))
            guard case .hosted(let plugin) = slot.outcome else { return status }
            plugin.fill(&status)
            let images = table.withLockedValue { $0.images[plugin.id] ?? [] }
            status.retiredImages = images.subtracting([plugin.plan.library.copy.folder]).count
            return status
        }
    }

    // MARK: - Commands

    /// Starts a plug-in that does not run, at once, and forgets its crashes: `gotapi plugin start ID`.
    ///
    /// - Returns: what was done, in words.
    /// - Throws: ``PluginStartRefusal`` where it does not run now.
    package func startPlugin(_ id: String) async throws -> String {
        let slots = table.withLockedValue(\.slots).filter { $0.id == id }
        guard !slots.isEmpty else { throw PluginStartRefusal("no plug-in has the id \(id): see `gotapi plugin list`") }
        guard let plugin = slots.compactMap(\.hosted).first else {
            let reasons = slots.map { slot in
                if case .refused(let failure) = slot.outcome {
                    "\(slot.file.path.printable) is refused: \(failure)"
                } else {
                    "\(slot.file.path.printable) is disabled by the configuration"
                }
            }
            throw PluginStartRefusal(reasons.joined(separator: "; "))
        }
        switch try await plugin.startNow().get() {
        case .running(let started):
            return "\(id) runs" + (started.transport.pid.map { " as process \($0)" } ?? "")
        case .isStarting: return "\(id) is being started"
        case .wasRunning: return "\(id) runs already; its crashes are forgotten"
        case .failed(let failure): throw PluginStartRefusal("\(id) could not be started: \(failure)")
        }
    }

    // MARK: - End

    /// Stops all plug-ins at once and waits until their processes are reaped.
    ///
    /// - Parameter grace: how long each one's `stop` may take; then it is killed. plugin-abi.md says 2 s.
    package func shutDown(grace: Duration = PluginLifecycle.Timeout.stop) async {
        let plugins = table.withLockedValue { table in
            table.isShutDown = true
            return table.slots.compactMap(\.hosted) + table.candidates + table.leaving
        }
        let stopping = plugins.map { $0.stop(grace: grace) }
        for future in stopping { await future.value }
        publish()
        inFlight.withLockedValue { $0?.close() }
        let store = store.withLockedValue { $0 }
        for plan in plugins.flatMap(\.plansOfEndedProcesses) { store?.remove(plan.library.copy) }
    }
}
