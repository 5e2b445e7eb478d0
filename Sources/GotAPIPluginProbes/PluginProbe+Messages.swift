// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPIPluginDriver
import GotAPIPluginRuntime

extension PluginProbe {
    /// How long the slowest callback took.
    struct Slowest {
        var milliseconds: UInt64 = 0
        var request = ""
        /// It was too long when the same message was sent once more, too.
        var isRepeated = false
    }

    /// Milliseconds on CLOCK_MONOTONIC.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// Sends a message; ends the phase where its callback does not return.
    func send(_ message: PluginMessage, to plugin: DrivenPlugin, _ slowest: inout Slowest) -> UInt64 {
        let words = message.kind == .request ? message.described : "\(message.kind) for \(message.serviceID)"
        record.doing(words)
        let (number, milliseconds) = time(message, plugin)
        drain(plugin, words)
        checkPushes(of: plugin, afterRequests: number)
        var callback = Slowest(milliseconds: milliseconds, request: words)
        if milliseconds >= Self.blockingLimit {
            // Once may be the machine's fault. What has not come back yet is asked nothing more.
            let again = milliseconds < settings.callbackLimit ? time(message, plugin).milliseconds : milliseconds
            if again >= Self.blockingLimit {
                callback.milliseconds = min(milliseconds, again)
                callback.isRepeated = true
                sayBlocking(callback)
                finish()
            }
        }
        if milliseconds > slowest.milliseconds { slowest = callback }
        return number
    }

    private func time(_ message: PluginMessage, _ plugin: DrivenPlugin) -> (number: UInt64, milliseconds: UInt64) {
        let before = Self.now
        let number = plugin.send(message)
        return (number, Self.now - before)
    }

    /// Reads what was logged, as a gateway does; of a plug-in that never stops, a part.
    private func drain(_ plugin: DrivenPlugin, _ request: String) {
        var lines = 0
        while lines < 20_000, plugin.takeLine() != nil { lines += 1 }
        guard lines > 100 else { return }
        found(
            .log, "\(lines) lines are logged for one request: \(request)",
            "log what an owner has to know; more than 1,000 lines a second are left out")
        finish()
    }

    /// A request may begin with a push or a few. What comes beside them, while no time goes by, comes without end.
    private func checkPushes(of plugin: DrivenPlugin, afterRequests requests: UInt64) {
        guard plugin.untimedPushes > 1_000 + 10 * Int(clamping: requests) else { return }
        found(
            .pushes, "\(plugin.untimedPushes) pushes came with \(requests) messages, while no time went by",
            "push when something has changed, and at most as often as people or programs can use it")
        finish()
    }

    /// A callback takes microseconds. From 100 ms on people notice that others wait behind it; where a machine is busy that
    /// may not be the plug-in's fault, from 1 s on, and twice, it is.
    private static let blockingLimit: UInt64 = 1_000

    func sayBlocking(_ slowest: Slowest) {
        guard slowest.milliseconds >= 100 else { return }
        found(
            .blocking, slowest.isRepeated ? .problem : .warning,
            "a callback keeps the plug-in thread for \(slowest.milliseconds) ms: \(slowest.request)",
            "retain the message, give long work to a thread of the plug-in's own, and answer from there")
    }

    /// The services of the plug-in's own answer, or of its descriptor.
    func discover(_ plugin: DrivenPlugin, _ descriptor: PluginDescriptor, _ slowest: inout Slowest) -> [Service] {
        let described = (try? Service.list(descriptor.services))?.services ?? []
        let message = send(PluginMessage(id: 0, kind: .serviceDiscovery, deadline: 0), to: plugin, &slowest)
        guard case .members(let members) = outcome(of: message, plugin) else {
            found(
                .answers, "on_service_discovery gives no answer", "answer it with {\"services\":[…]}, or leave it out")
            return described
        }
        let answer = (try? JSONScanner.members(of: members)) ?? []
        guard let services = answer.first(where: { $0.name == "services" }) else {
            found(.json, "on_service_discovery answers without \"services\"", "answer it with {\"services\":[…]}")
            return described
        }
        do throws(Service.Defect) {
            let (list, defects) = try Service.list(Array(members[services.value]))
            for defect in defects {
                found(.json, "a service that is discovered: \(defect.reason)", "add what is missing")
            }
            return list
        } catch {
            found(.json, "on_service_discovery: \(error.reason)", "give an array of service objects")
            return described
        }
    }

    /// An outcome that the plug-in's threads or its timers may still make: a little real time for the ones and a second of
    /// the plug-in's time for the others, in turns, since this is asked for in each of a hundred cycles.
    private func outcome(of message: UInt64, _ plugin: DrivenPlugin) -> DrivenPlugin.Outcome? {
        let begin = Self.now
        for second: UInt64 in 1...60 {
            let limit = (begin + settings.answerLimit * second / 60) * 1_000_000
            if let outcome = plugin.waitForOutcome(of: message, until: limit) { return outcome }
            guard plugin.advance(milliseconds: 999) else { break }
        }
        return plugin.takeOutcome(of: message)
    }

    // MARK: - One of each

    func probeAnswers() {
        guard let (plugin, descriptor) = makePlugin() else { return }
        let threads = ProcessCounts.threads
        guard start(plugin) else { return }
        var slowest = Slowest()
        let services = discover(plugin, descriptor, &slowest)
        var asked: [(number: UInt64, words: String)] = []
        func ask(_ message: PluginMessage) {
            let words = message.kind == .request ? message.described : "\(message.kind) for \(message.serviceID)"
            asked.append((send(message, to: plugin, &slowest), words))
        }
        for service in services.prefix(8) {
            for kind in [PluginMessage.Kind.clientID, .accessToken] {
                ask(
                    PluginMessage(
                        id: 0, kind: kind, serviceID: service.serviceID, package: "https://app.example",
                        clientID: kind == .accessToken ? "client-1" : "", deadline: 0))
            }
        }
        for request in plainRequests(services) { ask(request) }
        waitForAnswers(asked, plugin)
        sayBlocking(slowest)
        finished(.blocking)
        sayMisdeeds(plugin)
        finished(.answers, .answeredTwice, .json, .handles)
        stopInFlight(plugin, services, &slowest, threadsBefore: threads)
    }

    /// Every method for each service and profile, with a few attributes.
    func plainRequests(_ services: [Service]) -> [PluginMessage] {
        var requests: [PluginMessage] = []
        for service in services.prefix(8) {
            for profile in (service.scopes.isEmpty ? [""] : service.scopes).prefix(8) {
                for method in ["get", "post", "put", "delete"] {
                    for attribute in ["", "state"] {
                        requests.append(
                            PluginMessage(
                                id: 0, kind: .request, method: method, serviceID: service.serviceID, profile: profile,
                                attribute: attribute, package: "https://app.example", clientID: "client-1",
                                accessToken: "token", receiver: "gotapi-check",
                                parameters: [.init(name: "serviceId", value: service.serviceID)], deadline: 0))
                    }
                }
            }
        }
        return requests
    }

    /// First in real time, for the plug-in's own threads, then in the plug-in's time, for its timers.
    private func waitForAnswers(_ asked: [(number: UInt64, words: String)], _ plugin: DrivenPlugin) {
        record.doing("waiting for answers")
        var open = asked
        var unanswered: [String] = []
        let limit = (Self.now + settings.answerLimit) * 1_000_000
        for second in 0..<60 {
            open.removeAll { message in
                let outcome =
                    second == 0
                    ? plugin.waitForOutcome(of: message.number, until: limit) : plugin.takeOutcome(of: message.number)
                if outcome == .unanswered { unanswered.append(message.words) }
                return outcome != nil
            }
            if open.isEmpty { break }
            guard plugin.advance(milliseconds: 999) else { break }
        }
        if let first = open.first {
            found(
                .answers,
                "\(open.count) of \(asked.count) messages get no answer within \(settings.answerLimit) ms and a minute of"
                    + " the plug-in's timers, the first: \(first.words)",
                "answer each message, also where the device does not: gotapi_return_error")
            for message in open { plugin.cancel(message.number) }
        }
        // Answers that were no JSON are told by themselves.
        if let first = unanswered.first, plugin.misdeeds.badMembers == 0 {
            found(
                .answers,
                "\(unanswered.count) of \(asked.count) messages are let go of without an answer, the first: \(first)",
                "answer each message on every path before its callback returns, or retain it and answer later")
        }
    }

    /// What host functions did not accept.
    func sayMisdeeds(_ plugin: DrivenPlugin, ofMembers: Bool = true) {
        let misdeeds = plugin.misdeeds
        if misdeeds.answeredTwice > 0 {
            found(
                .answeredTwice, "\(misdeeds.answeredTwice) messages were answered more than once",
                "return after the answer; the first one stands, the others are lost")
        }
        if ofMembers, misdeeds.badMembers > 0 {
            found(
                .json, "\(misdeeds.badMembers) answers or pushes were refused: \(misdeeds.badMembersReason ?? "")",
                "build them with gotapi_members.h, or a JSON library; at most 1 MiB, UTF-8")
        }
        let reading = ["method", "field", "parameter", "parameterAt", "requestJSON", "timeLeft", "isReplay"]
        for (call, count) in plugin.refusedCalls.sorted(by: { $0.key.function < $1.key.function }) {
            let words = "\(call.function) returned \(call.status), \(count) times"
            switch (call.function, call.status) {
            case ("releaseMessage", "CLOSED"):
                found(.balance, words, "release a message as often as it was retained, and no message that was not")
            case (_, "WRONG_THREAD"):
                found(.handles, words, "start and stop timers on the plug-in thread: call_on_plugin_thread leads there")
            // Bad members, which are told above.
            case ("returnMessage", "INVALID_ARGUMENT"), ("pushMessage", "INVALID_ARGUMENT"): ()
            case (_, "INVALID_ARGUMENT"):
                found(.handles, words, "pass what gotapi_plugin.h asks for, and no NULL")
            case (_, "CLOSED") where reading.contains(call.function):
                found(.handles, words, "use a message only inside its callback, or between retain and release")
            case ("pushMessage", "FULL") where count >= 1_000:
                found(
                    .pushes, words, "push when something has changed; where FULL comes back, wait before the next try")
            default: ()
            }
        }
    }

    /// A first batch has come to the plug-in, which holds what it answers later; a second one is on its way.
    private func stopInFlight(
        _ plugin: DrivenPlugin, _ services: [Service], _ slowest: inout Slowest, threadsBefore: Int
    ) {
        // Enough of them: a slow plug-in has a time limit for all.
        let requests = plainRequests(services).prefix(64)
        for request in requests { _ = send(request, to: plugin, &slowest) }
        for request in requests { plugin.post(request) }
        record.doing("stop with requests in flight")
        stop(plugin, .stopInFlight)
        if plugin.misdeeds.keptReferences > 0 {
            found(
                .balance, "\(plugin.misdeeds.keptReferences) references to messages are left when stop has returned",
                "release each message that was retained, in on_message_expired too")
        }
        finished(.stopInFlight, .balance)
        let refused = plugin.refusedCalls
        record.doing("nothing: the plug-in is stopped")
        // Threads that end need a moment; 50 ms are enough to see one that goes on calling.
        let limit = Self.now + 50
        while Self.now < limit || Self.now < limit + 450 && ProcessCounts.threads > threadsBefore { usleep(5_000) }
        if plugin.refusedCalls != refused {
            found(.afterStop, "host functions are called after stop", "join the plug-in's own threads in stop")
        }
        if ProcessCounts.threads > threadsBefore {
            found(
                .threads, .warning, "\(ProcessCounts.threads - threadsBefore) threads are left after stop",
                "join the plug-in's own threads in stop; a pool that the language's runtime keeps is all right")
        }
        finished(.afterStop)
    }
}
