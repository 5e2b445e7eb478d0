// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore
package import Logging
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// Finds the plug-ins' libraries, checks and loads them, and keeps the table of those that run: plugin-abi.md,
/// "Loading".
///
/// All functions may be called from any thread. `start` and `shutDown` are called once each, in this order.
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
        var copy: LibraryStore.Copy?
        var outcome: Outcome
    }

    private struct Table {
        var slots: [Slot] = []
        /// True while ``PluginHost/start()`` waits: it publishes all at once.
        var isStarting = true
        var isPublishing = false
        var publishesAgain = false
        var isShutDown = false
    }

    /// How long the gateway's start waits for slow ones (gotapi-wire.md, "Ports, TLS, listeners").
    static let startPatience = TimeAmount.seconds(1)

    private let settings: PluginHostSettings
    private let group: any EventLoopGroup
    private let sink: any EventSink
    private let logger: Logger
    private let endpointsChanged: @Sendable (EndpointChange) -> Void
    private let table = NIOLockedValueBox(Table())
    private let store = NIOLockedValueBox<LibraryStore?>(nil)
    private let inFlight = NIOLockedValueBox<InFlightRecord?>(nil)

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
        self.settings = settings
        self.group = group
        self.sink = sink
        self.logger = logger
        self.endpointsChanged = endpointsChanged
    }

    // MARK: - Start

    /// Loads and starts all that the plug-ins' folder holds. Returns when each runs or is refused, and does not wait
    /// for a `start` that takes longer than 1 s: such a plug-in appears when it is ready.
    ///
    /// - Returns: what became of each file, in scan order.
    package func start() async -> [PluginStatus] {
        let slots = await load(await prepare())
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

    /// Copies and checks all files; no code of theirs runs.
    private func prepare() async -> [(slot: Slot, library: PreparedLibrary?)] {
        let source: LibrarySource
        let files: [LibraryFile]
        do {
            (source, files) = try await NIOThreadPool.singleton.runIfActive { [settings, logger] in
                let source = try LibrarySource(rootPath: settings.rootPath)
                let content = try PluginFolder(path: source.rootPath).scan()
                for path in content.misnamed {
                    logger.warning(
                        """
                        \(path.printable) is left out: between libgotapi-plugin- and .so a name has letters, digits, \
                        '-' and '_', and begins with a letter
                        """)
                }
                for reason in content.unreadable { logger.warning("a folder of plug-ins is left out: \(reason)") }
                return (source, content.libraries)
            }
        } catch {
            logger.error("no plug-ins are loaded from \(settings.rootPath.printable): \(error)")
            return []
        }
        if settings.requiresSignatures {
            return files.map { (Slot(file: $0, outcome: .refused(.unverifiable)), nil) }
        }
        let store: LibraryStore
        do {
            store = try await NIOThreadPool.singleton.runIfActive { [settings] in
                try LibraryStore(statePath: settings.statePath)
            }
        } catch {
            let failure = LoadFailure(wrapping: error)
            return files.map { (Slot(file: $0, outcome: .refused(failure)), nil) }
        }
        self.store.withLockedValue { $0 = store }
        await openInFlightRecord()
        return await Self.inParallel(files) { file in
            do {
                let library = try await NIOThreadPool.singleton.runIfActive {
                    try PreparedLibrary(file, from: source, into: store)
                }
                return (Slot(library, outcome: .disabled), library)
            } catch {
                return (Slot(file: file, outcome: .refused(LoadFailure(wrapping: error))), nil)
            }
        }
    }

    /// Runs the libraries up to their descriptors, and refuses second ones with the same id or service.
    private func load(_ prepared: [(slot: Slot, library: PreparedLibrary?)]) async -> [Slot] {
        var slots = prepared.map(\.slot)
        var fileByID: [String: String] = [:]
        for (index, library) in prepared.map(\.library).enumerated() {
            guard let library else { continue }
            let id = library.image.note.id
            guard settings.items[id]?.isEnabled ?? true else { continue }
            if let other = fileByID[id] {
                slots[index].outcome = .refused(.repeatedID(id, other: other))
                continue
            }
            fileByID[id] = library.file.path
            slots[index].outcome = await makePlugin(library)
        }
        _ = await Self.inParallel(slots.compactMap(\.hosted)) { plugin in
            await plugin.load().value
        }
        await refuseRepeatedServices(in: slots)
        for slot in slots { log(slot) }
        for slot in slots where slot.hosted == nil { remove(slot) }
        return slots
    }

    private func makePlugin(_ library: PreparedLibrary) async -> Slot.Outcome {
        let id = library.image.note.id
        let isolation = isolation(of: library)
        if isolation == .none, let failure = library.image.inProcessFailure { return .refused(failure) }
        let dataPath = settings.statePath + "/plugins/" + id
        let cage: Cage?
        do {
            cage = try await NIOThreadPool.singleton.runIfActive { [settings] in
                _ = try PrivateFolder.make(settings.statePath + "/plugins")
                _ = try PrivateFolder.make(dataPath)
                guard isolation == .process else { return nil }
                _ = try PrivateFolder.make(dataPath + "/tmp")
                return Cage(library, dataPath: dataPath, settings)
            }
        } catch {
            return .refused(LoadFailure(wrapping: error))
        }
        let eventLoop = group.next()
        let instruction = LoadInstruction(
            library: library.copy.library, id: id, config: settings.items[id]?.configJSON ?? "{}",
            dataDirectory: dataPath, resourceDirectory: library.resourcePath, cage: cage)
        let limits = ControlGroup.Limits(of: id, settings)
        let suspect = InFlightRecord.Suspect(id: id, sha256: library.copy.sha256)
        let mark = isolation == .none ? inFlight.withLockedValue { $0?.mark(suspect) } : nil
        let supervisor = PluginSupervisor(receiver: settings.receiver, policy: settings.restartPolicy) {
            [settings, sink, logger] generation in
            let transport: any PluginTransport =
                switch isolation {
                case .none: InProcessTransport(name: id, activity: mark, eventLoop: eventLoop)
                case .process:
                    RunnerTransport(
                        command: .runner(at: settings.runnerPath, id: id, dataPath: dataPath, limits: limits),
                        eventLoop: eventLoop)
                }
            return HostedPlugin(
                generation: generation, instruction: instruction, flags: library.image.note.flags,
                transport: transport, sink: sink, eventLoop: eventLoop,
                hungAfter: (settings.responseTimeout + .seconds(10)).nanoseconds, memoryLimit: limits.memory,
                logger: logger)
        } changed: { [weak self] in
            self?.publish()
        }
        return .hosted(supervisor)
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

    /// As the owner says; but what may have taken a gateway with it runs in a process of its own.
    private func isolation(of library: PreparedLibrary) -> PluginIsolation {
        let id = library.image.note.id
        let isolation = settings.isolation(of: id)
        let suspect = InFlightRecord.Suspect(id: id, sha256: library.copy.sha256)
        guard isolation == .none, inFlight.withLockedValue({ $0?.suspects.contains(suspect) ?? false }) else {
            return isolation
        }
        logger.error(
            """
            plug-in \(id) was running in the gateway's own process when that died: until its file changes, it runs in \
            a process of its own
            """)
        return .process
    }

    /// Of two plug-ins that serve the same profile of the same service the later one is refused as a whole.
    private func refuseRepeatedServices(in slots: [Slot]) async {
        var ownerByService: [[String]: String] = [:]
        for plugin in slots.compactMap(\.loaded).map(\.current) {
            let own = plugin.services.flatMap { service in service.scopes.map { [service.serviceID, $0] } }
            if let key = own.first(where: { ownerByService[$0] != nil }), let owner = ownerByService[key] {
                let reason =
                    "serves \(key[1].printable) of the service \(key[0].printable), as \(owner) does: remove one"
                await plugin.reject(LoadFailure(.duplicateService, reason)).value
                continue
            }
            for key in own { ownerByService[key] = plugin.id }
        }
    }

    private func started(_ plugin: HostedPlugin) {
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

    /// Removes the copy of a library that no process uses any more.
    private func remove(_ slot: Slot) {
        guard let copy = slot.copy, let store = store.withLockedValue({ $0 }) else { return }
        store.remove(copy)
    }

    // MARK: - Table

    /// Tells the gateway which plug-ins have started. Calls from several threads become one after another.
    private func publish() {
        let isMine = table.withLockedValue { table in
            guard !table.isStarting else { return false }
            table.publishesAgain = true
            defer { table.isPublishing = true }
            return !table.isPublishing
        }
        guard isMine else { return }
        while true {
            let supervisors = table.withLockedValue { table -> [PluginSupervisor]? in
                guard table.publishesAgain else {
                    table.isPublishing = false
                    return nil
                }
                table.publishesAgain = false
                return table.isShutDown ? [] : table.slots.compactMap(\.hosted)
            }
            guard let supervisors else { return }
            let publications = supervisors.map { $0.publication() }
            let plugins = publications.compactMap(\.endpoint)
            endpointsChanged(EndpointChange(plugins, successions: publications.flatMap(\.successions)))
            for plugin in plugins { plugin.wasPublished() }
        }
    }

    /// What became of each file, in scan order.
    package func status() -> [PluginStatus] {
        table.withLockedValue(\.slots).map { slot in
            var status = PluginStatus(slot, isolation: slot.id.map(settings.isolation(of:)))
            if case .hosted(let plugin) = slot.outcome { plugin.fill(&status) }
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
        let slots = table.withLockedValue { table in
            table.isShutDown = true
            return table.slots
        }
        let stopping = slots.compactMap(\.hosted).map { $0.stop(grace: grace) }
        for future in stopping { await future.value }
        publish()
        inFlight.withLockedValue { $0?.close() }
        for slot in slots where slot.hosted?.mayUseLibrary != true { remove(slot) }
    }
}
