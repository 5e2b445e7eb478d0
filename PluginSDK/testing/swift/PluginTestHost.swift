// Swift GotAPI · SPDX-License-Identifier: MIT

/// What went wrong in a test's use of a plug-in: it was not started, or gave no answer.
public struct PluginTestProblem: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Runs one plug-in in the test's own process, in the same runtime as the gateway's, without gateway and network.
///
/// ```swift
/// let host = try PluginTestHost(library: ".build/debug/libgotapi-plugin-thermo.so")
/// let answer = try host.request(.get, "/gotapi/temperature?serviceId=com.example.thermo.1")
/// #expect(answer.contains(#""celsius":21.5"#))
/// ```
/// The plug-in's time stands still but for ``advance(milliseconds:)``. All functions are those of gotapi_testing.h, which
/// says more. One thread at a time. The plug-in is stopped when the host goes.
public final class PluginTestHost {
    public enum Method: String, Sendable { case get, post, put, delete }

    /// A message that was sent.
    public struct Message: Hashable, Sendable {
        let number: UInt64
    }

    /// Why subscriptions end: `GOTAPI_REASON_…`.
    public enum Reason: UInt32, Sendable {
        case clientGone = 1
        case tokenEnded = 2
        case stopping = 3
        case limit = 4
    }

    /// What a plug-in pushed, as JSON text, and the request in whose name.
    public struct Push: Hashable, Sendable {
        public let members: String
        public let message: Message
    }

    private let library: TestingLibrary
    private let host: OpaquePointer

    /// Loads a library and starts its plug-in.
    ///
    /// - Parameter configuration: the plug-in's `config`, a JSON object.
    /// - Throws: where that cannot be done.
    public init(library path: String, configuration: String = "{}") throws(PluginTestProblem) {
        let library = try TestingLibrary.shared.get()
        var problem: UnsafePointer<CChar>?
        guard let host = library.load(path, configuration, &problem) else {
            throw PluginTestProblem(problem.map { String(cString: $0) } ?? "the plug-in was not started")
        }
        self.library = library
        self.host = host
    }

    deinit { library.close(host) }

    /// Stops the plug-in; returns what it had not let go of, or `nil`. What it logged can still be read then.
    public func stop() -> String? { library.stop(host).map { String(cString: $0) } }

    /// How long a function waits at most, in milliseconds of real time: 10,000 at first.
    public func setLimit(milliseconds: UInt32) { library.setLimit(host, milliseconds) }

    // MARK: - Requests

    /// Sends a request, "/gotapi/profile/attribute?serviceId=…&name=value", and returns the members of its answer, the
    /// plug-in's JSON text.
    ///
    /// - Throws: where there is none within the limit.
    public func request(_ method: Method, _ target: String) throws(PluginTestProblem) -> String {
        try text(library.request(host, method.rawValue, target))
    }

    /// Asks which services there are: `{"services":[…]}`.
    public func discover() throws(PluginTestProblem) -> String { try text(library.discover(host)) }

    /// The first half of a negotiation for the client: `{"accept":true}`.
    public func askClientID(service: String) throws(PluginTestProblem) -> String {
        try text(library.askClientID(host, service))
    }

    /// The second half.
    public func askAccessToken(service: String) throws(PluginTestProblem) -> String {
        try text(library.askAccessToken(host, service))
    }

    /// Who asks from now on.
    public func setClient(_ client: String, origin: String? = nil) { library.setClient(host, client, origin) }

    /// Sends a request whose answer comes later.
    public func send(_ method: Method, _ target: String) throws(PluginTestProblem) -> Message {
        let number = library.send(host, method.rawValue, target)
        guard number != 0 else { throw problem }
        return Message(number: number)
    }

    /// The answer to a message, once; `nil`: it is not there yet, or there will be none (``problemText``).
    public func answer(to message: Message) -> String? {
        library.answer(host, message.number).map { String(cString: $0) }
    }

    /// Ends a message as if its client had gone.
    public func cancel(_ message: Message) { library.cancel(host, message.number) }

    /// Why the last call gave nothing; `nil` where all was well.
    public var problemText: String? { library.problem(host).map { String(cString: $0) } }

    // MARK: - Time

    /// Moves the plug-in's time; its timers and its messages' deadlines have their turn on the way.
    public func advance(milliseconds: Int64) { library.advance(host, milliseconds) }

    /// Waits in real time for an answer, a push or a line of the log from the plug-in's own threads.
    public func wait(milliseconds: UInt32) -> Bool { library.wait(host, milliseconds) == 1 }

    // MARK: - Subscriptions

    /// The oldest push that was not handed out.
    public func nextPush() -> Push? {
        guard let members = library.nextPush(host) else { return nil }
        return Push(members: String(cString: members), message: Message(number: library.pushedFor(host)))
    }

    /// How many subscriptions there are, of all clients.
    public var subscriptionCount: Int { Int(library.subscriptions(host)) }

    /// Ends all subscriptions of the client; returns how many those were.
    @discardableResult
    public func unsubscribe(_ reason: Reason = .clientGone) -> Int { Int(library.unsubscribe(host, reason.rawValue)) }

    /// Whether the client has a socket.
    public func setReachable(_ isReachable: Bool) { library.setReachable(host, isReachable ? 1 : 0) }

    // MARK: - Around

    /// The oldest line of the log that was not handed out, with its level: "warning: …".
    public func nextLogLine() -> String? { library.logLine(host).map { String(cString: $0) } }

    /// How often the plug-in said that its services have changed.
    public var servicesChangedCount: Int { Int(library.servicesChanged(host)) }

    /// The plug-in's data folder, removed with the host.
    public var dataDirectory: String { String(cString: library.dataDirectory(host)) }

    private func text(_ text: UnsafePointer<CChar>?) throws(PluginTestProblem) -> String {
        guard let text else { throw problem }
        return String(cString: text)
    }

    private var problem: PluginTestProblem { PluginTestProblem(problemText ?? "no reason was given") }
}
