// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// From the folder to what generations are made from; no code of a plug-in runs.
extension PluginHost {
    /// What was found.
    struct Scan: Sendable {
        let source: LibrarySource
        let store: LibraryStore
        /// `nil` where the owner asks for no signatures.
        let signatures: SignatureVerifier?
        /// By path.
        var files: [LibraryFile]
        /// Folders that could not be looked into, by name: what is in them is not known.
        var unreadable: [String: LoadFailure]
    }

    /// Looks for libraries, and warns of what looks like one and is none.
    ///
    /// - Throws: ``LoadFailure`` with `COPY_FAILED` where the folder, or the state folder, cannot be used.
    func scanFolder() async throws(LoadFailure) -> Scan {
        let settings = settings
        let known = store.withLockedValue { $0 }
        do {
            let (scan, content) = try await NIOThreadPool.singleton.runIfActive {
                let source: LibrarySource
                let content: PluginFolder.Content
                do throws(SystemError) {
                    source = try LibrarySource(
                        rootPath: settings.rootPath, requiresSignatures: settings.signatures != nil)
                    content = try PluginFolder(path: source.rootPath).scan()
                } catch { throw LoadFailure.unreadable(settings.rootPath, error) }
                let store = try known ?? LibraryStore(statePath: settings.statePath)
                let scan = Scan(
                    source: source, store: store, signatures: settings.signatures.map { SignatureVerifier($0) },
                    files: content.libraries,
                    unreadable: Dictionary(
                        uniqueKeysWithValues: content.unreadable.map { name, error in
                            (name, .unreadable(settings.rootPath + "/" + name, error))
                        }))
                return (scan, content)
            }
            for path in content.misnamed {
                logger.warning(
                    """
                    \(path.printable) is left out: between libgotapi-plugin- and .so or .json a name has letters, \
                    digits, '-' and '_', and begins with a letter
                    """)
            }
            for (name, error) in content.unreadable.sorted(by: { $0.key < $1.key }) {
                logger.warning("the folder \(name.printable) of plug-ins cannot be looked into: \(error)")
            }
            for problem in scan.signatures?.problems ?? [] { logger.warning("signatures: \(problem)") }
            store.withLockedValue { $0 = scan.store }
            return scan
        } catch { throw LoadFailure(wrapping: error) }
    }

    /// Copies and checks one file.
    func prepare(_ file: LibraryFile, in scan: Scan) async -> Result<PreparedLibrary, LoadFailure> {
        do {
            return .success(
                try await NIOThreadPool.singleton.runIfActive {
                    try PreparedLibrary(file, from: scan.source, into: scan.store, signatures: scan.signatures)
                })
        } catch { return .failure(LoadFailure(wrapping: error)) }
    }

    /// What generations of a library are made from, as the owner wants them now. Makes its folders.
    func plan(
        for library: PreparedLibrary, on eventLoop: any EventLoop
    ) async throws(LoadFailure) -> GenerationPlan {
        let settings = settings
        let id = library.image.note.id
        let wishes = settings.wishes(for: id)
        let suspect = InFlightRecord.Suspect(id: id, sha256: library.copy.content.fingerprint)
        let isolation = isolation(of: suspect, wanted: settings.isolation(of: id))
        if isolation == .none, let failure = library.image.inProcessFailure { throw failure }
        let dataPath = settings.statePath + "/plugins/" + id
        let cage: Cage?
        do {
            cage = try await NIOThreadPool.singleton.runIfActive {
                _ = try PrivateFolder.make(settings.statePath + "/plugins")
                _ = try PrivateFolder.make(dataPath)
                guard isolation == .process else { return nil }
                _ = try PrivateFolder.make(dataPath + "/tmp")
                return Cage(library, dataPath: dataPath, settings)
            }
        } catch { throw LoadFailure(wrapping: error) }
        let instruction = LoadInstruction(
            library: library.loadedPath, description: library.description, id: id, config: wishes.configJSON,
            dataDirectory: dataPath,
            resourceDirectory: library.resourcePath, cage: cage)
        let limits = ControlGroup.Limits(of: id, settings)
        let inlineWatch = hasInlineLane(library.image.note, wishes, isolation) ? inlineWatch : nil
        let mark = isolation == .none ? inFlight.withLockedValue { $0?.mark(suspect) } : nil
        return GenerationPlan(
            library: library, wishes: wishes, hiddenPaths: settings.hiddenPaths, isolation: isolation, mark: mark
        ) { [sink, logger, currentSettings] generation in
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
                hungAfter: {
                    (currentSettings.withLockedValue(\.responseTimeout) + .seconds(10)).nanoseconds
                }, memoryLimit: limits.memory, inlineWatch: inlineWatch,
                logger: logger)
        }
    }

    /// As the owner says; but what may have taken a gateway with it runs in a process of its own.
    private func isolation(of library: InFlightRecord.Suspect, wanted: PluginIsolation) -> PluginIsolation {
        guard wanted == .none, inFlight.withLockedValue({ $0?.suspects.contains(library) ?? false }) else {
            return wanted
        }
        logger.error(
            """
            plug-in \(library.id) was running in the gateway's own process when that died: until its file, or \
            one beside it, changes, it runs in a process of its own
            """)
        return .process
    }

    /// Whether a plug-in gets the inline lane that the owner wants for it.
    private func hasInlineLane(_ note: LibraryNote, _ wishes: PluginSettings, _ isolation: PluginIsolation) -> Bool {
        guard wishes.lane == .inline else { return false }
        guard isolation == .none else {
            logger.warning(
                """
                plug-in \(note.id) has lane "inline" and runs in a process of its own, where only its own thread can call it: \
                lane counts with isolation "none"
                """)
            return false
        }
        guard note.flags.contains(.inline) else {
            logger.warning(
                """
                plug-in \(note.id) has lane "inline", but its author does not promise that on_message may run on several \
                threads at once (GOTAPI_FLAG_INLINE): it is called on its own thread
                """)
            return false
        }
        return true
    }
}
