// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// What the plug-in's runtime says. From a process of its own it is hostile: whoever breaks the connection's rules is
/// ended. All of it runs on the plug-in's event loop.
extension HostedPlugin: PluginTransportReceiver {
    func received(_ payload: ArraySlice<UInt8>) {
        guard !own.value.lifecycle.isOver else { return }
        if let push = PushFrame(payload) { return pushed(push, size: payload.count) }
        let frame: PluginFrame
        do throws(FrameError) { frame = try PluginFrame(payload) } catch {
            return malformed(reason: "sent something that is no frame")
        }
        switch frame {
        case .loaded(let descriptor): loaded(descriptor)
        case .refused(let failure): handle(.refused(LoadFailure(failure.code, failure.reason.printableLine)))
        case .started: handle(.started)
        case .startFailed(let reason): handle(.startFailed(reason: reason.printableLine))
        case .answer(let message, let members):
            guard isValid(members) else { return }
            if !answer(message, .members(members)) { countStray() }
        case .unanswered(let message):
            if !answer(message, .unanswered) { countStray() }
        case .subscribed(let message, let subscription):
            // Requests come more slowly; what begins and ends subscriptions without end keeps the gateway busy, too.
            countUseless()
            subscribed(subscription, message: message)
        case .push: ()  // Read by ``PushFrame``; not reached.
        case .unsubscribed(let subscription):
            let wasThere = traffic.withLockedValue { $0.subscriptions.remove(subscription) != nil }
            guard wasThere else { return countStray() }
            sink.unsubscribed(self, subscription: subscription)
        case .log(let level, let text): log(text, level: level)
        case .servicesChanged:
            countUseless()
            report(own.value.changes.changed(now: Self.now))
        case .alive(let number):
            countUseless()
            if let blocked = own.value.watch.alive(number, now: Self.now) { cameBack(after: blocked) }
        case .flushed(let number):
            if !finishFlush(number) { countUseless() }
        case .stopped: handle(.stopped)
        case .caged(let features): caged(features)
        }
    }

    func receivedBatch() {
        guard own.value.unreportedPushBytes > 0 else { return }
        send(.pushesRead(bytes: own.value.unreportedPushBytes))
        own.value.unreportedPushBytes = 0
    }

    func malformed(reason: String) { handle(.violation(reason: reason)) }

    func notOpened(reason: String) {
        own.value.hasEnded = true
        handle(.notOpened(reason: reason))
    }

    func ended(_ end: ProcessEnd?, reason: String) {
        own.value.hasEnded = true
        let output = traffic.withLockedValue { traffic in
            traffic.end = end
            return traffic.output
        }
        switch own.value.lifecycle.state {
        case .loading, .loaded, .starting, .running, .ending:
            if !output.isEmpty { logger.error("printed last: \(output.joined(separator: " | "))") }
        case .idle, .stopping, .stopped, .failed, .crashed: ()
        }
        handle(.ended(reason: reason))
    }

    func printed(_ line: String) {
        traffic.withLockedValue { traffic in
            if traffic.output.count == Self.keptLines { traffic.output.removeFirst() }
            traffic.output.append(line)
        }
        let (passes, omitted) = own.value.outputLimit.take(now: Self.now)
        if omitted > 0 { logger.info("\(omitted) printed lines were left out") }
        if passes { logger.info("printed: \(line)") }
    }

    // MARK: - Each in turn

    /// The runner says this before any code of the plug-in runs; who says it again is the plug-in.
    private func caged(_ features: [CageFeature]) {
        let isFirst = traffic.withLockedValue { traffic in
            guard traffic.cage.isEmpty, traffic.state == .loading, (1...32).contains(features.count) else {
                return false
            }
            traffic.cage = features.map { CageFeature($0.name.printableLine, $0.state, $0.line.printableLine) }
            return true
        }
        guard isFirst else { return malformed(reason: "said twice what holds it") }
        for feature in features where feature.state == .unavailable {
            logger.info("\(feature.name.printableLine): \(feature.line.printableLine)")
        }
    }

    private func loaded(_ descriptor: PluginDescriptor) {
        guard own.value.lifecycle.state == .loading else { return handle(.loaded) }
        do throws(LoadFailure) {
            let services = try check(descriptor)
            traffic.withLockedValue {
                $0.descriptor = descriptor
                $0.services = services
            }
            handle(.loaded)
        } catch {
            handle(.refused(error))
        }
    }

    /// Checks again what the runtime has checked in the other process.
    private func check(_ descriptor: PluginDescriptor) throws(LoadFailure) -> [Service] {
        guard descriptor.id == id else {
            throw LoadFailure(
                .badDescriptor, "its descriptor says id \"\(descriptor.id.printableLine)\", its note \"\(id)\"")
        }
        guard descriptor.flags == flags else {
            throw LoadFailure(
                .badDescriptor,
                "its descriptor says flags \(descriptor.flags.rawValue), its note \(flags.rawValue): write the same in both"
            )
        }
        for text in [descriptor.name, descriptor.version, descriptor.vendor] where text.utf8.count > 256 {
            throw LoadFailure(.badDescriptor, "its name, version or vendor is longer than 256 bytes")
        }
        guard descriptor.services.count <= Limits.pluginMembers else {
            throw LoadFailure(.badDescriptor, "its services are longer than 1 MiB")
        }
        do throws(Service.Defect) {
            let list = try Service.list(descriptor.services)
            guard let defect = list.defects.first else { return list.services }
            throw defect
        } catch {
            throw LoadFailure(.badDescriptor, "its services are not well-formed: \(error.reason.printableLine)")
        }
    }

    /// Members that came from this process's own runtime were checked by it.
    private func isValid(_ members: [UInt8]) -> Bool {
        guard transport.isIsolated else { return true }
        // A plug-in with a thousand services says so in each discovery, and nearly always what it said before.
        if members.count >= Self.repeatedLength,
            traffic.withLockedValue({ $0.announcement?.hasSameBytes(as: members) ?? false })
        {
            return true
        }
        guard members.count <= Limits.pluginMembers, Self.isObject(members) else {
            handle(.violation(reason: "sent members that are no JSON object of at most 1 MiB"))
            return false
        }
        return true
    }

    /// From how many bytes on a comparison is worth it.
    private static let repeatedLength = 1 << 10

    private static func isObject(_ members: [UInt8]) -> Bool {
        let first = members.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }
        guard first == UInt8(ascii: "{") else { return false }
        do throws(JSONScanner.SyntaxError) { try JSONScanner.validate(members) } catch { return false }
        return true
    }

    private func subscribed(_ subscription: UInt64, message id: UInt64) {
        let (message, isNew) = traffic.withLockedValue { traffic -> (PluginMessage?, Bool) in
            guard let message = traffic.pending[id], message.kind == .request else { return (nil, true) }
            return (message, traffic.subscriptions.insert(subscription).inserted)
        }
        guard let message else {
            // Its message has expired meanwhile: there is nobody to push to.
            countStray()
            return send(.unsubscribe(subscription: subscription, reason: .clientGone))
        }
        guard isNew, subscription != 0 else { return malformed(reason: "began one subscription twice") }
        guard !sink.subscribed(self, subscription: subscription, message: message) else { return }
        traffic.withLockedValue { _ = $0.subscriptions.remove(subscription) }
        send(.unsubscribe(subscription: subscription, reason: .limit))
        send(.expire(message: id))
        answer(
            id, .overloaded("The application has \(Limits.subscriptionsPerClient) subscriptions already."))
    }

    private func pushed(_ push: PushFrame, size: Int) {
        own.value.unreportedPushBytes += UInt64(size)
        let members = Array(push.members)
        guard isValid(members) else { return }
        let isKnown = traffic.withLockedValue { traffic in
            traffic.counters.pushes += 1
            return traffic.subscriptions.contains(push.subscription)
        }
        guard isKnown else { return countStray() }
        sink.pushed(self, subscription: push.subscription, members: members)
    }

    private func countStray() {
        traffic.withLockedValue { $0.counters.stray += 1 }
        countUseless()
    }

    private func countUseless() {
        guard transport.isIsolated, !own.value.flood.admit(now: Self.now) else { return }
        handle(.violation(reason: "floods the gateway with what serves nobody"))
    }

    private func log(_ text: String, level: UInt32) {
        let (passes, omitted) = own.value.logLimit.take(now: Self.now)
        if omitted > 0 { logger.warning("\(omitted) log lines were left out") }
        guard passes else { return countUseless() }
        let level: Logger.Level =
            switch level {
            case 0: .trace
            case 1: .debug
            case 2: .info
            case 3: .notice
            case 4: .warning
            case 5: .error
            case 6: .critical
            default: .info
            }
        logger.log(level: level, "\(text.printableLine)")
    }

    func report(_ action: ServiceChangeNotice.Action?) {
        switch action {
        case .report: sink.servicesChanged(self)
        case .wait(let nanoseconds):
            eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: nanoseconds))) { [self] in
                guard !own.value.lifecycle.isOver else { return }
                report(own.value.changes.due(now: Self.now))
            }
        case nil: ()
        }
    }
}

extension String {
    /// At most 4 KiB of the text, printable.
    fileprivate var printableLine: String {
        utf8.count <= 4_096 ? printable : String(decoding: utf8.prefix(4_096), as: UTF8.self).printable + "…"
    }
}
