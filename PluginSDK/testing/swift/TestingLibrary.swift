// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// The functions of libgotapi-plugin-testing.so, looked up when they are needed first: so a package that only has tests
/// needs no linker flags, and the gateway's Swift runtime and the test's stay apart.
///
/// The types are those of gotapi_testing.h. `@unchecked Sendable`: C functions of a library that is never unloaded.
struct TestingLibrary: @unchecked Sendable {
    typealias Host = OpaquePointer
    typealias Text = UnsafePointer<CChar>
    typealias ProblemOut = UnsafeMutablePointer<Text?>

    let load: @convention(c) (Text, Text?, ProblemOut?) -> Host?
    let stop: @convention(c) (Host) -> Text?
    let close: @convention(c) (Host?) -> Void
    let problem: @convention(c) (Host) -> Text?
    let setLimit: @convention(c) (Host, UInt32) -> Void
    let request: @convention(c) (Host, Text, Text) -> Text?
    let discover: @convention(c) (Host) -> Text?
    let askClientID: @convention(c) (Host, Text) -> Text?
    let askAccessToken: @convention(c) (Host, Text) -> Text?
    let setClient: @convention(c) (Host, Text, Text?) -> Void
    let send: @convention(c) (Host, Text, Text) -> UInt64
    let answer: @convention(c) (Host, UInt64) -> Text?
    let cancel: @convention(c) (Host, UInt64) -> Void
    let advance: @convention(c) (Host, Int64) -> Void
    let wait: @convention(c) (Host, UInt32) -> UInt32
    let nextPush: @convention(c) (Host) -> Text?
    let pushedFor: @convention(c) (Host) -> UInt64
    let subscriptions: @convention(c) (Host) -> UInt32
    let unsubscribe: @convention(c) (Host, UInt32) -> UInt32
    let setReachable: @convention(c) (Host, UInt32) -> Void
    let logLine: @convention(c) (Host) -> Text?
    let servicesChanged: @convention(c) (Host) -> UInt32
    let dataDirectory: @convention(c) (Host) -> Text

    static let shared = Result { () throws(PluginTestProblem) in try TestingLibrary() }

    /// The one that GOTAPI_TESTING_LIBRARY names, or where the dynamic linker finds it (ld.so(8)).
    private init() throws(PluginTestProblem) {
        let name = getenv("GOTAPI_TESTING_LIBRARY").map { String(cString: $0) } ?? "libgotapi-plugin-testing.so"
        guard let image = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason"
            throw PluginTestProblem(
                "the host for unit tests cannot be loaded: \(reason); set GOTAPI_TESTING_LIBRARY to its path")
        }
        load = try Self.function("load", in: image)
        stop = try Self.function("stop", in: image)
        close = try Self.function("close", in: image)
        problem = try Self.function("problem", in: image)
        setLimit = try Self.function("set_limit", in: image)
        request = try Self.function("request", in: image)
        discover = try Self.function("discover", in: image)
        askClientID = try Self.function("ask_client_id", in: image)
        askAccessToken = try Self.function("ask_access_token", in: image)
        setClient = try Self.function("set_client", in: image)
        send = try Self.function("send", in: image)
        answer = try Self.function("answer", in: image)
        cancel = try Self.function("cancel", in: image)
        advance = try Self.function("advance", in: image)
        wait = try Self.function("wait", in: image)
        nextPush = try Self.function("next_push", in: image)
        pushedFor = try Self.function("pushed_for", in: image)
        subscriptions = try Self.function("subscriptions", in: image)
        unsubscribe = try Self.function("unsubscribe", in: image)
        setReachable = try Self.function("set_reachable", in: image)
        logLine = try Self.function("log_line", in: image)
        servicesChanged = try Self.function("services_changed", in: image)
        dataDirectory = try Self.function("data_directory", in: image)
    }

    /// The function of the header that `Function` is the type of: that is the header's promise about its name.
    private static func function<Function>(
        _ name: String, in image: UnsafeMutableRawPointer
    ) throws(PluginTestProblem) -> Function {
        guard let symbol = dlsym(image, "gotapi_testing_\(name)") else {
            throw PluginTestProblem("the host for unit tests has no gotapi_testing_\(name): it is of another version")
        }
        return unsafeBitCast(symbol, to: Function.self)
    }
}
