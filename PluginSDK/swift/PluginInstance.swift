// Swift GotAPI · SPDX-License-Identifier: MIT

/// A started plug-in and the answers that are still to come: what `self` is at the border.
@PluginActor
final class PluginInstance {
    let plugin: any Plugin
    private let table: HostTable
    private var tasks: [UInt64: Task<Void, Never>] = [:]

    init(_ plugin: any Plugin, _ table: HostTable) {
        self.plugin = plugin
        self.table = table
    }

    /// Runs `body` for the instance that `owner`, the border's `self`, points to: retained by start, released by stop.
    nonisolated static func run(
        _ owner: UnsafeMutableRawPointer?, _ body: @PluginActor (PluginInstance) -> Void
    ) {
        guard let owner else { return }
        let instance = Unmanaged<PluginInstance>.fromOpaque(owner).takeUnretainedValue()
        PluginActor.assumeIsolated { body(instance) }
    }

    func answer(_ handle: UInt64) {
        respond(to: handle) { try plugin.answer($0) }
    }

    func discover(_ handle: UInt64) {
        guard let plugin = plugin as? any ServiceDiscovering else { return }
        respond(to: handle) { _ in Answer(content: .members(["services": .array(try plugin.services())])) }
    }

    func accept(_ handle: UInt64) {
        guard let plugin = plugin as? any ClientChoosing else { return }
        respond(to: handle) { request in
            do {
                try plugin.accept(request)
                return Answer(content: .members(["accept": true]))
            } catch let failure as Failure {
                return Answer(content: .members(["accept": false, "errorMessage": .text(failure.message)]))
            }
        }
    }

    func expire(_ handle: UInt64) { tasks[handle]?.cancel() }

    func stop() {
        for task in tasks.values { task.cancel() }
        plugin.stop()
        // What was cancelled gets the chance to end.
        PluginActor.shared.executor.run()
    }

    private func respond(to handle: UInt64, _ body: (Request) throws -> Answer) {
        do {
            let request = Request(reference: try MessageReference(retaining: handle, table))
            finish(request, try Self.members(of: { try body(request) }))
        } catch {
            // The message is let go of without an answer: the application gets an error of the gateway's.
            Host(table: table).log(.error, "a handler failed: \(error)")
        }
    }

    private func finish(_ request: Request, _ content: Answer.Content) {
        switch content {
        case .members(let members): give(members, to: request)
        case .later(let operation):
            let handle = request.reference.handle
            // Stays until the operation ends, and with it the message.
            tasks[handle] = Task { @PluginActor in
                defer { tasks[handle] = nil }
                do {
                    var content = Answer.Content.later(operation)
                    while case .later(let operation) = content {
                        content = try await Self.laterMembers(of: operation)
                    }
                    finish(request, content)
                } catch {
                    if !Task.isCancelled { Host(table: table).log(.error, "a handler failed: \(error)") }
                }
            }
        }
    }

    private func give(_ members: Members, to request: Request) {
        let status = request.reference.answer(members)
        // Too late is no mistake of the plug-in's.
        if status != .ok, status != .closed { Host(table: table).log(.error, "an answer was refused: \(status)") }
    }

    private static func members(of body: () throws -> Answer) throws -> Answer.Content {
        do { return try body().content } catch let failure as Failure { return content(of: failure) }
    }

    private static func laterMembers(
        of operation: @PluginActor @Sendable () async throws -> Answer
    ) async throws -> Answer.Content {
        do { return try await operation().content } catch let failure as Failure { return content(of: failure) }
    }

    private static func content(of failure: Failure) -> Answer.Content {
        Answer.failure(failure.result, failure.message, failure.members).content
    }
}
