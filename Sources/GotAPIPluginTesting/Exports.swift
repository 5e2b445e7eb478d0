// Swift GotAPI · SPDX-License-Identifier: MIT

// The names are the header's.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CGotAPITesting
import GotAPICore
import GotAPIPluginDriver
import GotAPIPluginRuntime

// The functions of gotapi_testing.h, which says what each of them does. A `gotapi_testing *` is a retained TestHost.

/// The object behind the pointer, which its maker retained and `gotapi_testing_close` releases.
private func object(_ host: OpaquePointer) -> TestHost {
    Unmanaged<TestHost>.fromOpaque(UnsafeRawPointer(host)).takeUnretainedValue()
}

/// The same for a call that does something: the problem of the call before is forgotten.
private func entered(_ host: OpaquePointer) -> TestHost {
    let host = object(host)
    host.problem(nil)
    return host
}

private func start(
    library: String?, control: TestControl, config: UnsafePointer<CChar>?,
    problem: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> OpaquePointer? {
    problem?.pointee = nil
    do throws(TestHost.Problem) {
        let host = try TestHost.start(
            library: library, control: control, config: config.map { String(cString: $0) } ?? "{}")
        return OpaquePointer(Unmanaged.passRetained(host).toOpaque())
    } catch {
        problem?.pointee = StartProblem.keep(error.words)
        return nil
    }
}

@c(gotapi_testing_load) @implementation
public func gotapi_testing_load(
    _ library: UnsafePointer<CChar>, _ config: UnsafePointer<CChar>?,
    _ problem: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> OpaquePointer? {
    start(library: String(cString: library), control: TestControl(), config: config, problem: problem)
}

@c(gotapi_testing_open) @implementation
public func gotapi_testing_open(
    _ entry: @escaping gotapi_testing_entry, _ config: UnsafePointer<CChar>?,
    _ problem: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> OpaquePointer? {
    start(library: nil, control: TestControl(entry: entry), config: config, problem: problem)
}

@c(gotapi_testing_stop) @implementation
public func gotapi_testing_stop(_ host: OpaquePointer) -> UnsafePointer<CChar>? {
    let host = entered(host)
    return host.stop().map { host.hand($0.utf8) }
}

@c(gotapi_testing_close) @implementation
public func gotapi_testing_close(_ host: OpaquePointer?) {
    guard let host else { return }
    // Retained by `start` above.
    Unmanaged<TestHost>.fromOpaque(UnsafeRawPointer(host)).takeRetainedValue().close()
}

@c(gotapi_testing_problem) @implementation
public func gotapi_testing_problem(_ host: OpaquePointer) -> UnsafePointer<CChar>? { object(host).problemText?.pointer }

@c(gotapi_testing_set_limit) @implementation
public func gotapi_testing_set_limit(_ host: OpaquePointer, _ milliseconds: UInt32) {
    entered(host).plugin.limit = UInt64(milliseconds) * 1_000_000
}

@c(gotapi_testing_request) @implementation
public func gotapi_testing_request(
    _ host: OpaquePointer, _ method: UnsafePointer<CChar>, _ target: UnsafePointer<CChar>
) -> UnsafePointer<CChar>? {
    let host = entered(host)
    return host.wait(for: host.send(String(cString: method), String(cString: target)))
}

@c(gotapi_testing_discover) @implementation
public func gotapi_testing_discover(_ host: OpaquePointer) -> UnsafePointer<CChar>? {
    let host = entered(host)
    return host.wait(for: host.send(.serviceDiscovery, serviceID: ""))
}

@c(gotapi_testing_ask_client_id) @implementation
public func gotapi_testing_ask_client_id(
    _ host: OpaquePointer, _ service_id: UnsafePointer<CChar>
) -> UnsafePointer<CChar>? {
    let host = entered(host)
    return host.wait(for: host.send(.clientID, serviceID: String(cString: service_id)))
}

@c(gotapi_testing_ask_access_token) @implementation
public func gotapi_testing_ask_access_token(
    _ host: OpaquePointer, _ service_id: UnsafePointer<CChar>
) -> UnsafePointer<CChar>? {
    let host = entered(host)
    return host.wait(for: host.send(.accessToken, serviceID: String(cString: service_id)))
}

@c(gotapi_testing_set_client) @implementation
public func gotapi_testing_set_client(
    _ host: OpaquePointer, _ client: UnsafePointer<CChar>, _ origin: UnsafePointer<CChar>?
) {
    let host = entered(host)
    host.client = String(cString: client)
    if let origin { host.origin = String(cString: origin) }
}

@c(gotapi_testing_send) @implementation
public func gotapi_testing_send(
    _ host: OpaquePointer, _ method: UnsafePointer<CChar>, _ target: UnsafePointer<CChar>
) -> UInt64 {
    entered(host).send(String(cString: method), String(cString: target))
}

@c(gotapi_testing_answer) @implementation
public func gotapi_testing_answer(_ host: OpaquePointer, _ message: UInt64) -> UnsafePointer<CChar>? {
    let host = entered(host)
    host.plugin.settle()
    return host.hand(host.plugin.takeOutcome(of: message))
}

@c(gotapi_testing_cancel) @implementation
public func gotapi_testing_cancel(_ host: OpaquePointer, _ message: UInt64) { entered(host).plugin.cancel(message) }

@c(gotapi_testing_advance) @implementation
public func gotapi_testing_advance(_ host: OpaquePointer, _ milliseconds: Int64) {
    entered(host).plugin.advance(milliseconds: milliseconds)
}

@c(gotapi_testing_wait) @implementation
public func gotapi_testing_wait(_ host: OpaquePointer, _ milliseconds: UInt32) -> UInt32 {
    let limit = PluginRuntime.moment(after: UInt64(milliseconds) * 1_000_000)
    return entered(host).plugin.waitForNews(until: limit) ? 1 : 0
}

@c(gotapi_testing_next_push) @implementation
public func gotapi_testing_next_push(_ host: OpaquePointer) -> UnsafePointer<CChar>? {
    let host = entered(host)
    host.plugin.settle()
    guard let push = host.plugin.takePush() else {
        host.problem("there is no push")
        return nil
    }
    host.pushedFor = push.message
    return host.hand(push.members)
}

@c(gotapi_testing_pushed_for) @implementation
public func gotapi_testing_pushed_for(_ host: OpaquePointer) -> UInt64 { object(host).pushedFor }

@c(gotapi_testing_subscriptions) @implementation
public func gotapi_testing_subscriptions(_ host: OpaquePointer) -> UInt32 {
    let host = entered(host)
    host.plugin.settle()
    return UInt32(host.plugin.subscriptionCount)
}

@c(gotapi_testing_unsubscribe) @implementation
public func gotapi_testing_unsubscribe(_ host: OpaquePointer, _ reason: UInt32) -> UInt32 {
    let host = entered(host)
    guard let reason = UnsubscribeReason(rawValue: reason) else {
        host.problem("\(reason) is none of GOTAPI_REASON_…")
        return 0
    }
    return UInt32(host.plugin.unsubscribe(client: host.client, reason: reason))
}

@c(gotapi_testing_set_reachable) @implementation
public func gotapi_testing_set_reachable(_ host: OpaquePointer, _ is_reachable: UInt32) {
    let host = entered(host)
    host.plugin.setReachable(is_reachable != 0, client: host.client)
}

@c(gotapi_testing_log_line) @implementation
public func gotapi_testing_log_line(_ host: OpaquePointer) -> UnsafePointer<CChar>? {
    let host = entered(host)
    host.plugin.settle()
    guard let line = host.plugin.takeLine() else {
        host.problem("nothing was logged")
        return nil
    }
    return host.hand(line.described.utf8)
}

@c(gotapi_testing_services_changed) @implementation
public func gotapi_testing_services_changed(_ host: OpaquePointer) -> UInt32 {
    let host = entered(host)
    host.plugin.settle()
    return UInt32(truncatingIfNeeded: host.plugin.servicesChanged)
}

@c(gotapi_testing_data_directory) @implementation
public func gotapi_testing_data_directory(_ host: OpaquePointer) -> UnsafePointer<CChar> {
    object(host).folderText.pointer
}
