// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPIPlugin

/// Simple Clock: tells the time every second. The sample for Swift, and for a plug-in that pushes.
///
///     PUT    /gotapi/clock/ticktack    starts a clock for the client that asks
///     DELETE /gotapi/clock/ticktack    stops that client's clock
///
/// Runs on the plug-in thread (``Plugin`` sees to that), so `clocks` needs no lock.
final class SimpleClock: Plugin {
    nonisolated static let information = PluginInformation(
        id: "com.github.futomi.hello-clock", name: "Simple Clock", version: "1.0.0", vendor: "Swift GotAPI",
        // To start a clock again after a crash, repeating the PUT is right: it commands nothing else.
        flags: .replayable,
        services: [
            [
                "serviceId": "com.github.futomi.hello-clock.clock", "name": "Simple Clock", "online": true,
                "scopes": ["clock"],
            ]
        ])

    /// One client's clock.
    private struct Clock {
        let subscription: Subscription
        let timer: PluginTimer
    }

    private let host: Host
    /// By client: each has one clock, however often it starts it.
    private var clocks: [String: Clock] = [:]

    init(host: Host) { self.host = host }

    func answer(_ request: Request) throws -> Answer {
        // The gateway lets only profiles through that the service names in its scopes: here, "clock".
        guard request.attribute == "ticktack" else { return .failure(400, "Unknow profile was requested.") }
        switch request.method {
        case .put: try start(request)
        case .delete: stop(request.clientID)
        case .get, .post:
            return .failure(400, "The HTTP Method `\(request.method.rawValue)` is not supported.", ["data": nil])
        }
        return .success(["data": nil])
    }

    private func start(_ request: Request) throws {
        // Subscribing may fail, the client being gone, and then there is nothing to start.
        let subscription = try request.subscribe()
        let timer = try host.startTimer(after: .seconds(1), every: .seconds(1)) {
            // A client that has no socket for a moment misses a tick. One that stays away is reported below.
            subscription.push(["data": .text(Self.text(of: time(nil)))])
        }
        stop(request.clientID)
        clocks[request.clientID] = Clock(subscription: subscription, timer: timer)
    }

    private func stop(_ client: String) {
        guard let clock = clocks.removeValue(forKey: client) else { return }
        clock.timer.stop()
        clock.subscription.end()
    }

    /// The client closed its page, or the gateway stops.
    func subscriptionEnded(_ id: Subscription.ID, reason: UnsubscribeReason) {
        guard let client = clocks.first(where: { $0.value.subscription.id == id })?.key else { return }
        stop(client)
    }

    /// The time of day as JavaScript's `toLocaleString` has it: 11/21/2026, 9:05:00 AM.
    static func text(of time: time_t) -> String {
        var time = time
        var local = tm()
        localtime_r(&time, &local)
        let minutesAndSeconds = [local.tm_min, local.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        let hour = local.tm_hour % 12 == 0 ? 12 : local.tm_hour % 12
        return "\(local.tm_mon + 1)/\(local.tm_mday)/\(local.tm_year + 1_900), "
            + "\(hour):\(minutesAndSeconds) \(local.tm_hour < 12 ? "AM" : "PM")"
    }
}
