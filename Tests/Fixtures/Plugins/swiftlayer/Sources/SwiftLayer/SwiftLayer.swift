// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import GotAPIPlugin

/// Uses all of the Swift layer, by the request's attribute.
final class SwiftLayer: ServiceDiscovering, ClientChoosing {
    nonisolated static let information = PluginInformation(
        id: "com.example.swiftlayer", name: "swiftlayer", version: "1.0", vendor: "example", flags: .exclusive,
        services: [["serviceId": "swiftlayer", "name": "swiftlayer", "online": true, "scopes": ["t"]]])

    private struct NotOurs: Error {}

    private enum Choice: String, CaseIterable {
        case left
        case right
    }

    private let host: Host
    private var announced: [JSON] = []
    private var subscription: Subscription?
    private var timer: PluginTimer?
    private var count = 0
    private var cancelled = 0
    private var ended: UnsubscribeReason?
    private var released = 0

    /// Tells when a closure was freed.
    private final class Token: Sendable {
        let onDeinit: @Sendable () -> Void
        init(_ onDeinit: @escaping @Sendable () -> Void) { self.onDeinit = onDeinit }
        deinit { onDeinit() }
    }

    init(host: Host) throws {
        if host.configuration == #"{"fail":true}"# { throw Failure(1, "the device is not there") }
        self.host = host
    }

    func services() throws -> [JSON] { announced }

    func accept(_ client: Request) throws {
        switch client.origin {
        case "https://no.example": throw Failure(1, "not you")
        case "https://throw.example": throw NotOurs()
        default: break
        }
    }

    func answer(_ request: Request) throws -> Answer {
        switch request.attribute {
        case "throw": throw NotOurs()
        case "failure": throw Failure(7, "by throwing", ["data": nil])
        case "later":
            return .later {
                await Self.elsewhere()
                return .success(["data": "later"])
            }
        case "laterthrow":
            return .later { throw Failure(8, "later") }
        case "hang":
            return .later { [self] in
                // Ends by cancellation only.
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in
                        host.log(.info, "waiting")
                        waiting = continuation
                    }
                } onCancel: {
                    Task { @PluginActor in
                        self.waiting?.resume()
                        self.waiting = nil
                    }
                }
                cancelled += 1
                return .success()
            }
        case "counts":
            return .success([
                "cancelled": .integer(Int64(cancelled)), "released": .integer(Int64(released)),
                "ended": ended.map { .integer(Int64($0.rawValue)) } ?? nil,
            ])
        case "push":
            let subscription = try request.subscribe()
            self.subscription = subscription
            count = 0
            timer = try host.startTimer(after: .milliseconds(1), every: .milliseconds(1)) { [self] in
                count += 1
                subscription.push(["data": .integer(Int64(count))])
                guard count == 3 else { return }
                timer?.stop()
                subscription.end()
                self.subscription = nil
            }
            return .success(["data": nil])
        case "listen":
            subscription = try request.subscribe()
            return .success()
        case "timer":
            // The closure, and what it holds, is freed after its last call.
            let token = Token { Task { @PluginActor in self.released += 1 } }
            try host.startTimer(after: .zero) { _ = token }
            try host.startTimer(after: .seconds(3_600)) { _ = token }.stop()
            return .success()
        case "announce":
            announced = [["serviceId": "new", "name": "new", "online": false, "scopes": []]]
            host.servicesChanged()
            return .success()
        case "parameters":
            return .success([
                "text": .text(try request.text("text")),
                "integer": .integer(Int64(try request.integer("integer", in: 0...10))),
                "number": .number(try request.number("number", in: 0...1)),
                "boolean": .boolean(try request.boolean("boolean")),
                "absent": .boolean(request["no such"] == nil), "empty": .boolean(request["empty"] == ""),
                "method_": .text(request.method.rawValue), "client": .text(request.clientID),
                "escapes": "\"\\\n\u{1}é", "nan": .number(.nan), "big": 1e22, "array": [1, [true], nil],
            ])
        case "defaults":
            return .success([
                "text": .text(try request.text("text", default: "t")),
                "integer": .integer(Int64(try request.integer("integer", in: 0...10, default: 5))),
                "number": .number(try request.number("number", in: 0...1, default: 0.5)),
                "boolean": .boolean(try request.boolean("boolean", default: true)),
                "choice": .text(try request.choice("choice", default: Choice.left).rawValue),
                "required": .text(try request.choice("required", of: Choice.self).rawValue),
            ])
        default: return .failure(404, "Unknown attribute")
        }
    }

    private var waiting: CheckedContinuation<Void, Never>?

    func subscriptionEnded(_ id: Subscription.ID, reason: UnsubscribeReason) {
        guard id == subscription?.id else { return }
        ended = reason
        subscription = nil
    }

    /// On another thread, Swift's own.
    @concurrent private static func elsewhere() async {}
}

// swift-format-ignore: AlwaysUseLowerCamelCase
@c(gotapi_plugin_entry) @implementation
public func gotapi_plugin_entry(_ hostMajor: UInt32, _ hostMinor: UInt32) -> UnsafePointer<gotapi_plugin>? {
    PluginExport.plugin(SwiftLayer.self, hostMajor: hostMajor)
}

@section(".note.gotapi") @used
private let note: PluginNote = (
    7, 80, 1, (0x47, 0x6f, 0x74, 0x41, 0x50, 0x49, 0, 0), 1, 0, 1, 0,
    [
        0x63, 0x6f, 0x6d, 0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x73, 0x77, 0x69, 0x66,
        0x74, 0x6c, 0x61, 0x79, 0x65, 0x72, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
)
